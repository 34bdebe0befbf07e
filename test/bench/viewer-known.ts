import { eq } from "drizzle-orm"
import { openStore } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { learnFromProfile, startRun } from "../viewer/sample.ts"

/** A lead about which much is known, so that its page has something to show. */
export async function makeKnown(path: string, id: number) {
  const store = openStore(path)
  const known = await store.read((db) => db.$count(tables.facts, eq(tables.facts.entityId, id)))
  const [lead] = await store.read((db) => db.select().from(tables.leads).where(eq(tables.leads.id, id)))
  if (known === 0 && lead) {
    const at = "2026-11-01T09:00:00.000Z"
    const run = await startRun(store, { startedAt: at, endedAt: at, outcome: "done", leadId: id })
    for (const [nth, title] of ["Buyer", "Head of Buying", "Chief Buyer"].entries()) {
      const said = { title, location: "Porto, Portugal", headline: `${title} and sailor`, x_handle: `@lead${id}` }
      await learnFromProfile(store, lead, run, said, `2026-11-0${nth + 2}T09:00:00.000Z`)
    }
    await store.change({ actor: "human:ada", kind: "edit" }, (db) =>
      db
        .insert(tables.timeline)
        .values({ leadId: id, kind: "note", text: "Met at the fair.", actor: "human:ada", at, createdAt: at }),
    )
  }
  await store.close()
}
