import { openStore } from "../../src/db/store.ts"
import { importLeads } from "../../src/leads/import/import.ts"
import { openLeadFile } from "../../src/leads/import/lead-file.ts"
import { readAhead } from "../../src/leads/import/reading.ts"

/** A process that imports a file, and tells its parent how many rows it has read. After so many (`most`) it waits to be killed. */
const [path = "", file = "", most = "Infinity"] = process.argv.slice(2)
const store = openStore(path)
const opened = await openLeadFile(file)
if (opened.kind === "refused") throw new Error(opened.message)
const rows = readAhead(opened, { path: file, options: {} }, () => {})
await importLeads(store, halting(rows), {
  actor: "human:ada",
  source: opened.source,
  note: "leads.csv",
  clock: () => new Date(),
  onBatch: ({ read }) => process.send?.(read),
})
await store.close()

async function* halting(batches: typeof rows) {
  let read = 0
  for await (const batch of batches) {
    yield batch
    read += Array.isArray(batch) ? batch.length : batch.read
    if (read >= Number(most)) await new Promise(() => {})
  }
}
