import { openStore } from "../../src/db/store.ts"
import { importLeads } from "../../src/leads/import/import.ts"
import { openLeadFile } from "../../src/leads/import/lead-file.ts"

/** A process that imports a file, and tells its parent how many rows it has read. */
const [path = "", file = ""] = process.argv.slice(2)
const store = openStore(path)
const opened = await openLeadFile(file)
if (opened.kind === "refused") throw new Error(opened.message)
await importLeads(store, opened.rows, {
  actor: "human:ada",
  source: opened.source,
  note: "leads.csv",
  clock: () => new Date(),
  onBatch: ({ read }) => process.send?.(read),
})
await store.close()
