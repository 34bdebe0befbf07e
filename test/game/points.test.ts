import { eq } from "drizzle-orm"
import { afterEach, beforeEach, expect, test } from "vitest"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { levelOf, readGame, startOfWeek } from "../../src/game/points.ts"
import { readQuests } from "../../src/game/quests.ts"
import { readStats } from "../../src/game/stats.ts"
import { acceptSuggestion } from "../../src/leads/suggestions.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { ada, addLeads, learnFromProfile, openSample, startRun } from "../viewer/sample.ts"

const now = new Date("2026-11-18T12:00:00.000Z")
const thisWeek = "2026-11-17T09:00:00.000Z"
const lastWeek = "2026-11-13T09:00:00.000Z"

let store: Store
let close: () => Promise<void>

beforeEach(() => {
  ;({ store, close } = openSample())
})
afterEach(() => close())

const readBoard = async (now: Date) => (await readGame(store, now)).board
const profile = (name: string) => `https://www.linkedin.com/in/${name.toLowerCase()}-example`
const add = (...names: string[]) =>
  addLeads(
    store,
    names.map((name) => ({ name, linkedinUrl: profile(name) })),
    lastWeek,
  )

async function enrich(name: string, fields: Record<string, string>, at: string) {
  const [lead] = await store.read(async (db) => db.select().from(tables.leads).where(eq(tables.leads.name, name)))
  if (!lead) throw new Error(`There is no ${name}.`)
  const run = await startRun(store, { startedAt: at, endedAt: at, outcome: "done" })
  await learnFromProfile(store, lead, run, fields, at)
  return run
}

test("observed values that stand make points, harder ones more, by week and for all time", async () => {
  await add("Ines", "Jon")
  await enrich("Ines", { title: "CTO", location: "Porto, Portugal" }, thisWeek)
  await enrich("Jon", { title: "CFO" }, lastWeek)
  expect(await readBoard(now)).toMatchObject([{ actor: "agent:enricher", week: 4, points: 7, values: 3 }])
})

test("an undone run gives its points back", async () => {
  await add("Ines")
  const run = await enrich("Ines", { title: "CTO" }, thisWeek)
  const [changeset] = await store.read(async (db) =>
    db.select().from(tables.changesets).where(eq(tables.changesets.runId, run.id)),
  )
  await undoChangeset(store, { actor: "human:ada" }, changeset?.id ?? 0, { preview: false })
  expect(await readBoard(now)).toEqual([])
  expect((await readStats(store, now)).undone).toMatchObject([{ actor: "human:ada", of: "agent:enricher" }])
})

test("inferred values make no points", async () => {
  await add("Ines")
  await store.change({ actor: "agent:enricher", kind: "run" }, async (db) => {
    const fact = { entity: "lead", entityId: 1, field: "title", state: "current", createdAt: thisWeek } as const
    await db.insert(tables.facts).values({ ...fact, value: "CTO", basis: "inferred" })
  })
  expect(await readBoard(now)).toEqual([])
})

test("a person scores for what is typed and still stands, and for stages reached", async () => {
  await add("Ines", "Jon")
  const { leads } = tables
  const edit = (id: number, values: Partial<typeof leads.$inferInsert>) =>
    store.change(ada, async (db) => db.update(leads).set(values).where(eq(leads.id, id)))
  await edit(1, { email: "ines@larkspur.example" })
  await edit(1, { title: "CTO" })
  await edit(1, { title: null })
  await edit(2, { status: "won" })
  expect(await readBoard(new Date())).toMatchObject([{ actor: "human:ada", points: 105, values: 1, stages: 1 }])
})

test("what an undo brings back is again the work of who did it", async () => {
  await add("Ines", "Jon")
  const { leads } = tables
  const change = (actor: string, id: number, values: Partial<typeof leads.$inferInsert>) =>
    store.change({ actor, kind: "edit" }, async (db, changeset) => {
      await db.update(leads).set(values).where(eq(leads.id, id))
      return changeset
    })
  const undo = async (id: number) => {
    const done = await undoChangeset(store, { actor: "human:bo" }, id, { preview: false })
    return done.kind === "undone" ? (done.plan.undoneBy ?? 0) : 0
  }
  await change("human:ada", 1, { status: "won" })
  await undo(await change("human:bo", 1, { status: "lost" }))
  expect(await readBoard(new Date())).toMatchObject([{ actor: "human:ada", points: 100, stages: 1 }])
  await undo(await undo(await change("human:cleo", 2, { mergedInto: 1 })))
  expect(await readBoard(new Date())).toMatchObject([{ points: 100 }, { actor: "human:cleo", points: 3, merges: 1 }])
})

test("a value that a check found wrong gives its points back", async () => {
  await add("Ines")
  await enrich("Ines", { title: "CTO", location: "Porto" }, thisWeek)
  const check = {
    factId: 1,
    source: "linkedin.profile",
    field: "title",
    verdict: "wrong",
    createdAt: thisWeek,
  } as const
  await store.change(ada, async (db) => db.insert(tables.checks).values(check))
  expect(await readBoard(now)).toMatchObject([{ points: 1, values: 1 }])
  expect((await readStats(store, now)).precision).toMatchObject([{ source: "linkedin.profile", checked: 1, wrong: 1 }])
})

test("whoever merges a duplicate scores for it", async () => {
  await add("Ines", "Ines")
  await store.change({ actor: "human:ada", kind: "merge" }, async (db) =>
    db.update(tables.leads).set({ mergedInto: 1 }).where(eq(tables.leads.id, 2)),
  )
  expect(await readBoard(new Date())).toMatchObject([{ actor: "human:ada", points: 3, merges: 1 }])
})

test("a season has twelve weeks, a best one, and a goal a little above the usual", async () => {
  await add("Ines", "Jon")
  await enrich("Ines", { title: "CTO" }, lastWeek)
  await enrich("Jon", { title: "CFO", location: "Oslo" }, thisWeek)
  const { season, board } = await readGame(store, now)
  expect(season.weeks).toHaveLength(12)
  expect(season.weeks.slice(-2).map(({ points }) => points)).toEqual([3, 4])
  expect(season.best).toEqual({ monday: "2026-11-16", points: 4 })
  expect(season.goal).toBe(25)
  expect(board[0]?.best).toEqual({ monday: "2026-11-16", points: 4 })
})

test("a badge is earned by what stands, and lost with it", async () => {
  await add(...Array.from({ length: 20 }, (_, nth) => `Lead ${nth}`))
  const earned = async () => {
    const { badges } = await readStats(store, now)
    return badges.filter(({ name, isEarned }) => isEarned && name !== "A good week").map(({ name }) => name)
  }
  expect(await earned()).toEqual([])
  await store.change(ada, async (db) => db.update(tables.leads).set({ title: "CTO", status: "won" }))
  expect((await earned()).toSorted()).toEqual(["On every card", "Shaking hands", "Somebody home"])
  await store.change(ada, async (db) => db.update(tables.leads).set({ title: null }))
  expect(await earned()).not.toContain("On every card")
})

test("imported stages are nobody's success", async () => {
  await addLeads(store, [{ name: "Ines", status: "won" }], lastWeek)
  expect(await readBoard(now)).toEqual([])
})

test("levels rise with points, and the last has nothing above", () => {
  expect(levelOf(0)).toEqual({ name: "Pebble", from: 0, next: { name: "Stone", from: 25 } })
  expect(levelOf(25).name).toBe("Stone")
  expect(levelOf(1_000_000)).toMatchObject({ name: "Giant", next: null })
})

test("a week begins on Monday", () => {
  expect(startOfWeek(new Date("2026-11-22T23:00:00.000Z"))).toBe("2026-11-16T00:00:00.000Z")
  expect(startOfWeek(new Date("2026-11-16T00:00:00.000Z"))).toBe("2026-11-16T00:00:00.000Z")
})

test("quests come from gaps, and none from an empty database", async () => {
  expect(await readQuests(store, now)).toEqual([])
  await add("Ines", "Jon")
  const quests = await readQuests(store, now)
  expect(quests.find(({ path }) => path === "/?missing=title")).toMatchObject({
    title: "2 leads have no title",
    count: 2,
    minutes: 1,
    command: 'giant enrich --where "title="',
  })
})

test("statistics count what is there", async () => {
  await add("Ines", "Jon")
  await enrich("Ines", { title: "CTO" }, thisWeek)
  const stats = await readStats(store, now)
  expect(stats).toMatchObject({ leads: 2, bases: [{ basis: "observed", facts: 1 }], work: { runs: 1, costUsd: 0 } })
  expect(stats.coverage.find(({ field }) => field === "title")).toEqual({ field: "title", known: 1 })
  expect(stats.funnel[0]).toEqual({ status: "new", leads: 2 })
  expect(stats.days).toHaveLength(84)
  expect(stats.days.find(({ day }) => day === "2026-11-17")).toMatchObject({ facts: 1, leads: 1, runs: 1, costUsd: 0 })
})

const bo = { actor: "human:bo", kind: "draft" }
const writer = { actor: "agent:writer", kind: "run" }

/** A draft by the agent, approved by a person as it stands then. */
async function draftFor(leadId: number, edits: string[] = []) {
  const { drafts, approvals } = tables
  const message = { channel: "email", recipient: "ines@larkspur.example", body: "Hello", author: writer.actor } as const
  const [draft] = await store.change(writer, (db) =>
    db
      .insert(drafts)
      .values({ leadId, ...message, createdAt: thisWeek, updatedAt: thisWeek })
      .returning(),
  )
  if (!draft) throw new Error("No draft was stored.")
  for (const body of edits) {
    await store.change(bo, (db) => db.update(drafts).set({ body }).where(eq(drafts.id, draft.id)))
  }
  await store.change(bo, async (db) => {
    const approval = {
      draftId: draft.id,
      leadId,
      person: bo.actor,
      seal: "0",
      expiresAt: thisWeek,
      createdAt: thisWeek,
    }
    await db.insert(approvals).values(approval)
    await db.update(drafts).set({ state: "approved" }).where(eq(drafts.id, draft.id))
  })
  return draft.id
}

test("a draft that a person accepts as it was written scores for its author, and gives it back when it comes back", async () => {
  await add("Ines", "Jon")
  const draft = await draftFor(1)
  await draftFor(2, ["Dear Jon"])
  expect(await readBoard(now)).toMatchObject([{ actor: "agent:writer", points: 3, week: 3, drafts: 1 }])
  await store.change(bo, (db) => db.update(tables.drafts).set({ state: "rejected" }).where(eq(tables.drafts.id, draft)))
  expect(await readBoard(now)).toEqual([])
})

test("approving one's own words scores nothing", async () => {
  await add("Ines")
  const draft = await draftFor(1)
  await store.change(bo, (db) => db.update(tables.drafts).set({ author: bo.actor }).where(eq(tables.drafts.id, draft)))
  expect(await readBoard(now)).toEqual([])
})

test("a reply scores for who wrote what it answers, whoever noted it, and a deal for who closed it", async () => {
  await add("Ines", "Jon")
  const draftId = await draftFor(1, ["Dear Ines"])
  const { sends, leads } = tables
  const message = { channel: "email", recipient: "ines@larkspur.example", body: "Dear Ines", person: bo.actor } as const
  await store.change(bo, (db) =>
    db.insert(sends).values({ draftId, leadId: 1, approvalId: 1, ...message, outcome: "sent", startedAt: thisWeek }),
  )
  await store.change({ actor: "system", kind: "reply" }, (db) =>
    db.update(leads).set({ status: "replied" }).where(eq(leads.id, 1)),
  )
  await store.change(ada, (db) => db.update(leads).set({ status: "won" }).where(eq(leads.id, 2)))
  const board = await readBoard(new Date())
  expect(board.map(({ actor, points }) => [actor, points])).toEqual([
    ["human:ada", 100],
    ["agent:writer", 10],
  ])
})

test("a suggestion that a person decides scores once, as long as the decision stands", async () => {
  await add("Ines")
  await store.change(writer, (db) =>
    db.insert(tables.facts).values({
      ...{ entity: "lead", entityId: 1, field: "title", value: "CTO", basis: "inferred", state: "suggested" },
      createdAt: thisWeek,
    }),
  )
  const before = await store.read((db) => db.$count(tables.changesets))
  await acceptSuggestion(store, { actor: "human:ada", kind: "suggestion" }, 1, now)
  expect(await readBoard(new Date())).toMatchObject([{ actor: "human:ada", points: 1, decisions: 1 }])
  await undoChangeset(store, { actor: "human:ada" }, before + 1, { preview: false })
  expect(await readBoard(new Date())).toEqual([])
  await acceptSuggestion(store, { actor: "human:ada", kind: "suggestion" }, 1, now)
  expect(await readBoard(new Date())).toMatchObject([{ actor: "human:ada", points: 1, decisions: 1 }])
})
