import { setTimeout as sleep } from "node:timers/promises"
import { eq } from "drizzle-orm"
import { openStore } from "../../src/db/store.ts"
import { type Lead, tables } from "../../src/db/tables.ts"
import { learnFromProfile, startRun } from "../viewer/sample.ts"

await work(process.argv[2] ?? "")

/** What ten agents write who enrich leads: each says something, calls something, reads a page and learns from it every two seconds, which
 * is several times what they do with a model. */
async function work(path: string) {
  const store = openStore(path)
  const last = (await store.read((db) => db.$count(tables.leads))) - 1
  let written = 0
  let order = "rest"
  process.on("message", (said: string) => {
    order = said
  })
  const agent = async (nth: number) => {
    await sleep(nth * 200)
    const run = await startRun(store, { startedAt: new Date().toISOString(), leadId: nth })
    while (order !== "stop") {
      await sleep(1_900 + nth * 20)
      if (order !== "work") continue
      const id = 1 + ((written * 7_919 + nth * 104_729) % last)
      const [lead] = await store.read((db) => db.select().from(tables.leads).where(eq(tables.leads.id, id)))
      if (lead) await enrich(lead)
    }
    const endedAt = new Date().toISOString()
    await store.write((db) =>
      db.update(tables.runs).set({ endedAt, outcome: "done" }).where(eq(tables.runs.id, run.id)),
    )

    async function enrich(lead: Lead) {
      const createdAt = new Date().toISOString()
      const said = { runId: run.id, role: "assistant" as const, createdAt }
      await store.jot((db) =>
        db.insert(tables.messages).values({ ...said, content: [{ type: "text", text: "I look." }] }),
      )
      const called = { action: "leads.learn", effect: "write" as const, arguments: { id: lead.id } }
      const allowed = { verdict: "allowed" as const, reason: "granted", createdAt }
      await store.jot((db) => db.insert(tables.calls).values({ runId: run.id, ...called, ...allowed }))
      written += 2
      await learnFromProfile(store, lead, run, { title: `Head of ${written}`, location: `Place ${written}` }, createdAt)
    }
  }
  const all = Array.from({ length: 10 }, (_, nth) => agent(nth))
  process.send?.("there")
  await Promise.all(all)
  await store.close()
  process.send?.(written)
  process.disconnect?.()
}
