import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { eq } from "drizzle-orm"
import { expect, onTestFinished, test } from "vitest"
import { callAsPerson } from "../../src/actions/as-person.ts"
import { catalogue } from "../../src/actions/catalogue.ts"
import { declare, typesOf } from "../../src/actions/declarations.ts"
import { tables } from "../../src/db/tables.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { keepBookmark } from "../../src/team/bookmarks.ts"
import { hiddenFromViews } from "../../src/views/asking.ts"
import { chooseVersion, listViews, seeView, shareView, versionsOf } from "../../src/views/views.ts"
import { machines, newStore, now, openBench } from "../actions/bench.ts"
import { openStore } from "../engine.ts"
import { importedLead } from "../leads/fixture.ts"

const shared = machines()
const ada = { actor: "human:ada", kind: "edit" }
const todo = { sql: "SELECT id AS lead_id, name, status FROM leads WHERE status = 'new'" }
const qualify = { call: "leads.stage", args: ["$lead_id", "qualified"], label: "Qualify" }
const board = {
  title: "New leads",
  queries: { todo },
  actions: { qualify },
  parts: [{ type: "table", query: "todo", actions: ["qualify"] }],
}

async function bench() {
  const store = newStore()
  await importedLead(store, { name: "Ada Example" })
  return openBench(shared, { store })
}

test("what a model has to know to make a view is at most 2,400 characters", () => {
  const make = catalogue.filter(({ name }) => name === "views.make")
  const [action] = make
  if (!action) throw new Error("There is no views.make.")
  const text = [action.summary, declare(action), action.example, typesOf(make)].join("\n")
  expect(text.length).toBeLessThanOrEqual(2_400)
  for (const word of ["table", "cards", "review", "form", "stat", "chart", "board", "html"])
    expect(text).toContain(word)
})

test("the example that a model is given makes a view", async () => {
  const { execute } = await bench()
  const example = catalogue.find(({ name }) => name === "views.make")?.example ?? ""
  const made = await execute(example)
  expect(made).toMatchObject({ isError: false, ends: { answer: { view: 1, path: "/views/1", version: 1 } } })
})

test.each<[string, object, RegExp]>([
  ["a query that does not compile", { queries: { todo: { sql: "SELEC 1" } } }, /queries\.todo: .*syntax/],
  [
    "a table that views do not read",
    { queries: { todo: { sql: "SELECT * FROM messages" } } },
    /queries\.todo: .*SELECT/,
  ],
  ["a query that changes something", { queries: { todo: { sql: "DELETE FROM leads" } } }, /queries\.todo: /],
  [
    "an input that is not there",
    { queries: { todo: { sql: "SELECT id FROM leads WHERE status = :s" } } },
    /:s is no input/,
  ],
  ["a part of another query", { parts: [{ type: "table", query: "other" }] }, /there is no query other; there is todo/],
  [
    "a column that is not there",
    { parts: [{ type: "table", query: "todo", columns: ["title"] }] },
    /no column title; it has lead_id/,
  ],
  [
    "an action that is not there",
    { actions: { qualify: { ...qualify, call: "leads.stge" } } },
    /leads\.stge cannot be offered .* leads\.stage/,
  ],
  ["an action that is for no view", { actions: { qualify: { ...qualify, call: "sql.query" } } }, /cannot be offered/],
  ["an action of another run", { actions: { qualify: { ...qualify, call: "facts.judge" } } }, /cannot be offered/],
  ["a variable that is not there", { actions: { qualify: { ...qualify, args: ["$id", "qualified"] } } }, /needs \$id/],
  [
    "arguments of a wrong type",
    { actions: { qualify: { ...qualify, args: ["$lead_id", "gone"] } } },
    /tried with \[1,"gone"\]/,
  ],
])("%s is said before anybody sees the view", async (_, change, words) => {
  const { gate, store } = await bench()
  const called = await gate.call("views.make", [JSON.parse(JSON.stringify({ ...board, ...change }))])
  expect(called).toMatchObject({ kind: "failed", reason: expect.stringMatching(words) })
  expect(await store.read((db) => db.select().from(tables.views))).toEqual([])
})

test("nothing in a view can be an address, and nothing unknown gets in", async () => {
  const { gate } = await bench()
  for (const part of [
    { type: "table", query: "todo", href: "https://evil.example" },
    { type: "image", src: "https://evil.example" },
    { type: "link", url: "https://evil.example" },
  ]) {
    const called = await gate.call("views.make", [JSON.parse(JSON.stringify({ ...board, parts: [part] }))])
    expect(called.kind).toBe("denied")
  }
})

test("a run offers in a view only what it may do itself", async () => {
  const store = newStore()
  await importedLead(store, { name: "Ada Example" })
  const { gate } = await openBench(shared, { store, grant: { actions: ["views.*", "leads.find"] } })
  const called = await gate.call("views.make", [JSON.parse(JSON.stringify(board))])
  expect(called).toMatchObject({
    kind: "failed",
    reason: expect.stringMatching(/leads\.stage cannot be offered in a view of this run/),
  })
})

test("views read no table that was not opened to them", () => {
  for (const name of [
    "messages",
    "questions",
    "sessions",
    "users",
    "memories",
    "views",
    "view_versions",
    "approvals",
  ]) {
    expect(hiddenFromViews).toContain(name)
  }
})

test("neither a view nor a query shows what others said to an agent or keep for themselves; what runs cost, they do", async () => {
  const { gate } = await bench()
  const reading = (sql: string) => ({
    title: "Runs",
    queries: { runs: { sql } },
    parts: [{ type: "table", query: "runs" }],
  })
  const costs = "SELECT agent, outcome, sum(cost_usd) AS usd FROM runs GROUP BY agent, outcome"
  for (const sql of ["SELECT person, prompt FROM runs", "SELECT summary FROM runs"]) {
    expect((await gate.call("views.make", [reading(sql)])).kind).toBe("failed")
    expect((await gate.call("sql.query", [sql])).kind).toBe("failed")
  }
  for (const table of ["bookmarks", "views", "view_versions"]) {
    expect((await gate.call("sql.query", [`SELECT * FROM ${table}`])).kind).toBe("failed")
  }
  expect((await gate.call("views.make", [reading(costs)])).kind).toBe("done")
  expect((await gate.call("sql.query", [costs])).kind).toBe("done")
})

test("a view is private, is shared in one version, changes beside it, and goes back", async () => {
  const { gate, store } = await bench()
  await gate.call("views.make", [board])
  expect(await listViews(store, "human:ben")).toEqual([])
  expect(await seeView(store, "human:ben", 1)).toBeNull()
  expect(
    await shareView(store, { actor: "human:ben", kind: "edit" }, 1, { version: 1, inNavigation: false }, now),
  ).toMatchObject({ kind: "refused" })
  expect(
    await shareView(store, { actor: "agent:sales", kind: "run" }, 1, { version: 1, inNavigation: false }, now),
  ).toMatchObject({ kind: "refused" })
  expect(await shareView(store, ada, 1, { version: 1, inNavigation: true }, now)).toMatchObject({ kind: "changed" })
  expect((await seeView(store, "human:ben", 1))?.manifest.title).toBe("New leads")

  await gate.call("views.change", [1, { ...board, title: "Newest leads" }])
  expect((await seeView(store, "human:ben", 1))?.manifest.title).toBe("New leads")
  expect((await seeView(store, "human:ada", 1))?.manifest.title).toBe("Newest leads")
  expect(await seeView(store, "human:ben", 1, 2)).toMatchObject({ version: { version: 1 } })
  await chooseVersion(store, ada, 1, 1, now)
  expect((await seeView(store, "human:ada", 1))?.version.version).toBe(1)
  await gate.call("views.change", [1, { ...board, title: "Third" }])
  expect((await versionsOf(store, 1)).map(({ version }) => version)).toEqual([3, 2, 1])
})

test("an agent of one person neither sees nor changes what is another's", async () => {
  const { gate, store } = await bench()
  await gate.call("views.make", [board])
  await store.write((db) => db.update(tables.views).set({ owner: "human:ben" }))
  expect(await gate.call("views.find", [])).toMatchObject({ kind: "done", value: [] })
  expect(await gate.call("views.get", [1])).toMatchObject({ kind: "failed" })
  expect(await gate.call("views.change", [1, board])).toMatchObject({ kind: "failed" })
})

test("what a person clicks goes through the gate as theirs, and is journalled as theirs", async () => {
  const { store, context } = await bench()
  const click = { person: "human:ada", view: { id: 1, title: "New leads" }, words: "Qualify" }
  const means = { store, catalogue, services: context.services, clock: () => now }
  expect(await callAsPerson(means, { ...click, name: "leads.stage", args: [1, "qualified"] })).toMatchObject({
    kind: "done",
  })
  expect(await callAsPerson(means, { ...click, name: "leads.set", args: [1, "title", "CTO"] })).toMatchObject({
    kind: "done",
  })
  expect(await callAsPerson(means, { ...click, name: "leads.stage", args: [1, "gone"] })).toMatchObject({
    kind: "denied",
  })
  const made = await store.read((db) => db.select().from(tables.changesets))
  expect(made.slice(-2).map(({ actor, note }) => [actor, note])).toEqual([
    ["human:ada", "New leads: Qualify"],
    ["human:ada", "New leads: Qualify"],
  ])
  const calls = await store.read((db) => db.select().from(tables.calls))
  expect(calls.map(({ action, verdict }) => [action, verdict])).toEqual([
    ["leads.stage", "allowed"],
    ["leads.set", "allowed"],
    ["leads.stage", "denied"],
  ])
})

test("a click names its own changeset, whatever else its person changes meanwhile", async () => {
  const { store, context } = await bench()
  const click = { person: "human:ada", view: { id: 1, title: "New leads" }, words: "Qualify", name: "leads.stage" }
  const means = { store, catalogue, services: context.services, clock: () => now }
  const keep = (name: string) => keepBookmark(store, ada, { name, path: "/", isShared: false }, now)
  for (const [at, status] of ["qualified", "contacted", "won"].entries()) {
    const [called] = await Promise.all([callAsPerson(means, { ...click, args: [1, status] }), keep(`mark ${at}`)])
    const changeset = called.kind === "done" ? called.changeset : null
    const made = await store.read((db) =>
      db
        .select()
        .from(tables.changes)
        .where(eq(tables.changes.changesetId, changeset ?? 0)),
    )
    expect(made.map(({ tableName }) => tableName)).toEqual(["leads", "timeline"])
  }
  const same = await callAsPerson(means, { ...click, args: [1, "won"] })
  expect(same).toMatchObject({ kind: "done", changeset: null })
})

test("an agent cannot set values as people do", async () => {
  const { gate } = await bench()
  expect(await gate.call("leads.set", [1, "title", "CTO"])).toMatchObject({
    kind: "failed",
    reason: expect.stringMatching(/person/),
  })
})

test("a view survives a restart", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "giant-views-")), "giant.db")
  const store = openStore(path)
  const { gate } = await openBench(shared, { store })
  await gate.call("views.make", [board])
  await store.close()
  const again = openStore(path)
  onTestFinished(() => again.close())
  expect(await seeView(again, "human:ada", 1)).toMatchObject({
    manifest: board,
    version: { rights: ["do leads.stage", "read leads"] },
  })
})

test("undoing the run takes its view away", async () => {
  const { gate, store, runId } = await bench()
  await gate.call("views.make", [board])
  const made = await store.read((db) => db.select().from(tables.changesets))
  const own = made.find((one) => one.runId === runId)
  await undoChangeset(store, { actor: "human:ada" }, own?.id ?? 0, { preview: false })
  expect(await seeView(store, "human:ada", 1)).toBeNull()
})
