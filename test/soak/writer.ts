import { openStore } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"

/** A process that adds leads, several at a time, and tells its parent the name of each that was acknowledged. */
const [path = "", from = ""] = process.argv.slice(2)
const store = openStore(path)
const at = "2026-11-01T09:00:00.000Z"
let count = 0

await Promise.all(Array.from({ length: 8 }, addLeads))

async function addLeads() {
  while (process.connected) {
    const name = `Lead ${from}.${count++}`
    const lead = { name, title: "Head of Sales", createdAt: at, updatedAt: at }
    await store.change({ actor: "human:ada", kind: "edit" }, async (db) => {
      const [made] = await db.insert(tables.leads).values(lead).returning({ id: tables.leads.id })
      if (made)
        await db.insert(tables.identities).values({ leadId: made.id, kind: "email", value: name, createdAt: at })
    })
    process.send?.(name)
  }
}
