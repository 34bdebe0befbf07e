import { setTimeout as sleep } from "node:timers/promises"
import { eq } from "drizzle-orm"
import { openStore } from "../../src/db/store.ts"
import { type Lead, tables } from "../../src/db/tables.ts"
import { learnFromProfile, startRun } from "../viewer/sample.ts"

const agents = 10

await work(process.argv[2] ?? "")

/** What ten agents write who enrich leads: each says something, calls something, reads a page and learns ten facts from it. Told a
 * number of milliseconds, each of them takes so long for a lead; told to rest, they rest. A model needs ten seconds for a lead at the
 * very least: to choose the page, to have it read, to write down what it says and to end. */
async function work(path: string) {
  const store = openStore(path)
  const last = (await store.read((db) => db.$count(tables.leads))) - 1
  let enriched = 0
  let order: number | "rest" | "stop" = "rest"
  let wake = Promise.withResolvers<void>()
  process.on("message", (said: typeof order) => {
    order = said
    wake.resolve()
    wake = Promise.withResolvers()
  })
  const agent = async (nth: number) => {
    const run = await startRun(store, { startedAt: new Date().toISOString(), leadId: nth })
    while (order !== "stop") {
      if (order === "rest") {
        await wake.promise
        // They did not all begin at the same moment.
        if (typeof order === "number") await sleep((order * nth) / agents)
        continue
      }
      const began = performance.now()
      const id = 1 + ((enriched * 7_919 + nth * 104_729) % last)
      const [lead] = await store.read((db) => db.select().from(tables.leads).where(eq(tables.leads.id, id)))
      if (lead) await enrich(lead)
      if (typeof order === "number") {
        await Promise.race([sleep(Math.max(0, order - (performance.now() - began))), wake.promise])
      }
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
      enriched += 1
      await learnFromProfile(store, lead, run, profile(enriched), createdAt)
    }
  }
  const all = Array.from({ length: agents }, (_, nth) => agent(nth))
  process.send?.("there")
  await Promise.all(all)
  await store.close()
  process.send?.(enriched)
  process.disconnect?.()
}

/** No two alike, whenever they were made: an address or a handle belongs to one lead. */
function profile(nth: number): Record<string, string> {
  const name = `${Date.now().toString(36)}${nth}`
  return {
    title: `Head of ${nth}`,
    location: `Place ${nth}`,
    country: nth % 2 === 0 ? "Portugal" : "Norway",
    headline: `Heads ${nth} and likes it`,
    about: `Has been at it for ${nth} days.`,
    bio: `Person ${nth} of many`,
    followers: String(nth),
    website: `https://${name}.example/`,
    email: `${name}@people.example`,
    x_handle: `@p${name}`,
  }
}
