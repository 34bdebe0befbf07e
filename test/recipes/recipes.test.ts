import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { eq } from "drizzle-orm"
import { expect, test } from "vitest"
import { catalogue } from "../../src/actions/catalogue.ts"
import { openGate } from "../../src/actions/gate.ts"
import { type Recipe as RecipeRow, tables } from "../../src/db/tables.ts"
import { recipeStats } from "../../src/game/recipes.ts"
import { editValue } from "../../src/leads/edit.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { acceptRecipe, proposeRecipe, rejectRecipe, trialCounts, trialText } from "../../src/recipes/proposals.ts"
import { findRecipe, newestVersion, recipeShape, recipesInForce, versionsOf } from "../../src/recipes/recipe.ts"
import { type Replay, replay, withInput } from "../../src/recipes/replay.ts"
import { tryVersion } from "../../src/recipes/trial.ts"
import { trialState, triedLeads } from "../../src/recipes/trial-report.ts"
import { everything, machines, newStore, now, openBench, type Page, runRow } from "../actions/bench.ts"
import { importedLead } from "../leads/fixture.ts"

const shared = machines()
const builtIn = join(import.meta.dirname, "../../agents/recipes")
const ada = { actor: "human:ada", kind: "recipe" }
const adaUrl = "https://www.linkedin.com/in/ada-example"
const adaPage: Page = {
  fields: { name: "Ada Example", title: "Head of Data", company: "Acme", location: "Leeds" },
  quotes: { name: "Ada Example", title: "Head of Data", company: "Acme", location: "Leeds" },
}
const noteHello = {
  ...{ name: "hello", purpose: "Says hello.", inputs: {}, actions: ["leads.note"], reason: null },
  script: "await leads.note(input.lead, 'Hello')",
}

/** A store with one imported lead, and a way to replay recipes over an invented web. */
async function openReplays(pages: Record<string, Page> = {}, imported: Parameters<typeof importedLead>[1] = {}) {
  const store = newStore()
  const lead = await importedLead(store, { name: "Ada Example", linkedinUrl: adaUrl, ...imported })
  const run = (over: Partial<Replay> & Pick<Replay, "recipe">, actions = catalogue) =>
    replay(
      {
        ...{ store, sandbox: shared.sandbox, catalogue, clock: () => now },
        gate({ runId, recipe, heard }) {
          const { settle, handOver } = heard
          const grant = { ...everything, actions: [...recipe.actions, "recipes.handOver"], leadId: over.leadId ?? null }
          const services = { ...bench.context.services, handOver }
          const author = { actor: `agent:recipe:${recipe.name}`, kind: "run", runId }
          return openGate(actions, grant, { ...bench.context, runId, author, services, settle })
        },
      },
      {
        ...{ input: { lead }, person: "human:ada", taskId: null, leadId: lead },
        signal: new AbortController().signal,
        ...over,
      },
    )
  const bench = await openBench(shared, { store, pages })
  return { store, lead, run }
}

test("every built-in recipe can be read, calls only actions that exist, and its script has no mistake", async () => {
  const recipes = await recipesInForce(newStore(), [builtIn])
  expect(recipes.map(({ name }) => name)).toEqual(["enrich", "find-duplicates", "find-stale", "score"])
  expect(recipes).toHaveLength(readdirSync(builtIn).length)
  const names = catalogue.map(({ name }) => name)
  for (const { actions, script } of recipes) {
    expect(actions.filter((action) => !names.includes(action))).toEqual([])
    expect(await shared.checker.check(withInput(script, {}))).toEqual({ kind: "right" })
  }
})

test("a recipe is replayed under the gate without a model, as a run of its own that costs nothing", async () => {
  const { store, lead, run } = await openReplays({ "www.linkedin.com/in/ada-example": adaPage })
  const recipe = await findRecipe(store, [builtIn], "enrich")
  const replayed = await run({ recipe })
  expect(replayed).toMatchObject({ kind: "done", outcome: expect.stringContaining("4 facts learned.") })
  expect(await runRow(store, replayed.runId)).toMatchObject({
    ...{ agent: "recipe:enrich", model: "none", outcome: "done", costUsd: 0, inputTokens: 0, requests: 0 },
    ...{ leadId: lead, tainted: true },
  })
  const calls = await store.read((db) => db.select().from(tables.calls).where(eq(tables.calls.runId, replayed.runId)))
  expect(calls.map(({ action }) => action)).toContain("linkedin.profile")
  expect(calls.every(({ verdict }) => verdict === "allowed")).toBe(true)
  const [known] = await store.read((db) => db.select().from(tables.leads))
  expect(known).toMatchObject({ title: "Head of Data", company: "Acme", location: "Leeds" })
})

test("an address that leads to somebody else is handed over with what was seen, and nothing of it is kept", async () => {
  const other = { ...adaPage, fields: { ...adaPage.fields, name: "Bruno Otherwise" } }
  const { store, run } = await openReplays({ "www.linkedin.com/in/ada-example": other })
  const replayed = await run({ recipe: await findRecipe(store, [builtIn], "enrich") })
  expect(replayed).toMatchObject({
    kind: "handed-over",
    reason: "The address leads to Bruno Otherwise, and the lead is called Ada Example.",
    known: { linkedin: { name: "Bruno Otherwise", title: "Head of Data" } },
  })
  expect(await store.read((db) => db.select().from(tables.facts))).toEqual([])
  expect(await runRow(store, replayed.runId)).toMatchObject({ outcome: "handed-over" })
})

test("a role that the headline contradicts is left to an agent, and the rest of the page is learned", async () => {
  const page: Page = {
    fields: { ...adaPage.fields, headline: "Head of Data at Oldworks" },
    quotes: { ...adaPage.quotes, headline: "Head of Data at Oldworks" },
  }
  const { store, run } = await openReplays({ "www.linkedin.com/in/ada-example": page }, { company: "Oldworks" })
  const replayed = await run({ recipe: await findRecipe(store, [builtIn], "enrich") })
  expect(replayed).toMatchObject({ kind: "handed-over", reason: expect.stringContaining("still names Oldworks") })
  const [lead] = await store.read((db) => db.select().from(tables.leads))
  expect(lead).toMatchObject({ company: "Oldworks", title: null, location: "Leeds" })
})

test("a page that is not to be had puts the task aside with its reason", async () => {
  const { store, run } = await openReplays()
  const replayed = await run({ recipe: await findRecipe(store, [builtIn], "enrich") })
  expect(replayed).toMatchObject({ kind: "waiting", outcome: "That page is not part of this test." })
})

test("a script that fails, loops or needs a person's yes is handed over, never lost", async () => {
  const { store, lead, run } = await openReplays()
  const recipe = (script: string, actions: string[]) => ({
    ...noteHello,
    script,
    actions,
    version: 1,
    from: { kind: "kept" as const, id: 1 },
  })
  expect(await run({ recipe: recipe("throw new Error('no')", ["leads.note"]) })).toMatchObject({
    kind: "handed-over",
    reason: "The script failed: no",
  })
  const merging = `await leads.get(${lead})\nreturn await leads.merge(input.lead, 99)`
  expect(await run({ recipe: recipe(merging, ["leads.get", "leads.merge"]), leadId: null })).toMatchObject({
    kind: "handed-over",
    reason: expect.stringContaining("A person has to agree to leads.merge"),
  })
  expect(await run({ recipe: recipe("await leads.stage(input.lead, 'won')", ["leads.note"]) })).toMatchObject({
    kind: "handed-over",
    reason: expect.stringContaining("not in this run's grant"),
  })
  const [row] = await store.read((db) => db.select().from(tables.leads))
  expect(row?.status).toBe("new")
})

test("inputs are data, whatever is written in them", async () => {
  const { run } = await openReplays()
  const recipe = { ...noteHello, script: "return input.lead", version: 1, from: { kind: "kept" as const, id: 1 } }
  const hostile = '"); await leads.stage(1, "won"); ("\u2028</script>`'
  expect(await run({ recipe, input: { lead: hostile, ["__proto__"]: 1 } })).toMatchObject({
    kind: "done",
    value: hostile,
  })
})

test("an agent proposes a recipe; it does nothing until a person accepts it", async () => {
  const store = newStore()
  const { gate, isTainted } = await openBench(shared, { store, promptIsForeign: true })
  const { reason: _, ...recipe } = noteHello
  expect(await gate.call("recipes.keep", [recipe])).toEqual({
    kind: "done",
    value: { recipe: "hello@1", state: "proposed" },
  })
  expect(await gate.call("recipes.keep", [recipe])).toEqual({
    kind: "done",
    value: { recipe: "hello@1", state: "proposed" },
  })
  expect(await isTainted()).toBe(true)
  expect(await recipesInForce(store, [])).toEqual([])
  const [row] = await versionsOf(store, "hello")
  expect(row).toMatchObject({ author: "agent:tester", state: "proposed" })
  expect(await acceptRecipe(store, ada, row?.id ?? 0, now)).toMatchObject({ kind: "done" })
  expect((await recipesInForce(store, [])).map(({ name }) => name)).toEqual(["hello"])
  expect(await gate.call("recipes.handOver", ["Mine."])).toMatchObject({ kind: "failed" })
})

test("the team's own file goes before the built-in one, and an accepted version before both", async () => {
  const store = newStore()
  const own = join(mkdtempSync(join(tmpdir(), "giant-recipes-")), "recipes")
  mkdirSync(own)
  writeFileSync(
    join(own, "enrich.ts"),
    "/*\nname: enrich\nversion: 3\npurpose: Ours.\ninputs: { lead: its number }\nactions: [leads.get]\n*/\nreturn 1\n",
  )
  expect(await findRecipe(store, [own, builtIn], "enrich")).toMatchObject({
    purpose: "Ours.",
    version: 3,
    script: "return 1",
  })
  expect(await newestVersion(store, [own, builtIn], "enrich")).toBe(3)
  const kept = await proposeRecipe(store, [own, builtIn], ada, { ...noteHello, name: "enrich" }, now)
  expect(kept.version).toBe(4)
  await acceptRecipe(store, ada, kept.id, now)
  expect(await findRecipe(store, [own, builtIn], "enrich")).toMatchObject({ version: 4 })
  expect(await findRecipe(store, [own, builtIn], "enrich@1")).toMatchObject({ version: 1 })
  await rejectRecipe(store, ada, kept.id, "Rude.", now)
  expect(await findRecipe(store, [own, builtIn], "enrich")).toMatchObject({ version: 3 })
})

test("the same recipe is proposed once; one with other actions or inputs is another, and so are all that are proposed at once", async () => {
  const store = newStore()
  const propose = (change: Partial<typeof noteHello> = {}) =>
    proposeRecipe(store, [], ada, { ...noteHello, ...change }, now)
  const same = await Promise.all([propose(), propose(), propose()])
  expect(same.map(({ version }) => version)).toEqual([1, 1, 1])
  expect(await propose({ actions: ["leads.get", "leads.note"] })).toMatchObject({
    version: 2,
    actions: ["leads.get", "leads.note"],
  })
  expect(await propose({ inputs: { lead: "its number" } })).toMatchObject({
    version: 3,
    inputs: { lead: "its number" },
  })
  const others = await Promise.all(["return 1", "return 2", "return 3"].map((script) => propose({ script })))
  expect(others.map(({ version }) => version).toSorted()).toEqual([4, 5, 6])
})

test("accepting a version retires the one before, and undo brings that back", async () => {
  const store = newStore()
  const first = await proposeRecipe(store, [], ada, noteHello, now)
  await acceptRecipe(store, ada, first.id, now)
  const second = await proposeRecipe(store, [], ada, { ...noteHello, script: "return 2" }, now)
  await acceptRecipe(store, ada, second.id, now)
  expect((await versionsOf(store)).map(({ version, state }) => [version, state])).toEqual([
    [2, "accepted"],
    [1, "retired"],
  ])
  const [last] = (await store.read((db) => db.select().from(tables.changesets))).toSorted((a, b) => b.id - a.id)
  await undoChangeset(store, ada, last?.id ?? 0, { preview: false })
  expect((await versionsOf(store)).map(({ version, state }) => [version, state])).toEqual([
    [2, "proposed"],
    [1, "accepted"],
  ])
})

test("a trial changes nothing, and a version that would learn otherwise cannot be accepted", async () => {
  const { store, lead, run } = await openReplays({ "www.linkedin.com/in/ada-example": adaPage })
  const enrich = await findRecipe(store, [builtIn], "enrich")
  await run({ recipe: enrich })
  const before = await stateOf()
  const draft = { ...noteHello, name: "enrich", inputs: { lead: "its number" }, actions: enrich.actions }
  const right = await proposeRecipe(store, [builtIn], ada, { ...draft, script: `${enrich.script} // as before` }, now)
  const wrong = await proposeRecipe(
    store,
    [builtIn],
    ada,
    { ...draft, script: 'await leads.learn(input.lead, [{ field: "title", value: "King", reason: "I like it." }])' },
    now,
  )
  expect(await acceptRecipe(store, ada, right.id, now)).toMatchObject({
    kind: "refused",
    reason: expect.stringContaining("not tried"),
  })
  const clock = () => now
  const trials = { store, clock, catalogue, replay: (one: Replay, actions: typeof catalogue) => run(one, actions) }
  const options = { person: "human:ada", leads: 5, signal: new AbortController().signal }
  for (const row of [right, wrong]) await tryVersion(trials, row, options)
  expect(await stateOf()).toEqual(before)
  const [wrongRow, rightRow]: (RecipeRow | undefined)[] = await versionsOf(store, "enrich")
  if (!rightRow?.trial || !wrongRow?.trial) throw new Error("Nothing was tried.")
  expect(trialCounts(rightRow.trial)).toEqual({ leads: 1, agree: 4, differ: [], more: 0 })
  expect(trialCounts(wrongRow.trial)).toEqual({ leads: 1, agree: 0, differ: [{ lead, field: "title" }], more: 0 })
  expect(wrongRow.reason).toBe(trialText(wrongRow.trial))
  expect(await triedLeads(store, wrongRow.trial)).toEqual([
    {
      ...{ lead, name: "Ada Example", runId: expect.any(Number), outcome: "done", summary: expect.any(String) },
      fields: [{ field: "title", verdict: "differs", learned: "King", known: "Head of Data" }],
    },
  ])
  expect(await runRow(store, wrongRow.trial.runId)).toMatchObject({ agent: "trial:enrich", outcome: "done" })
  expect(await acceptRecipe(store, ada, wrong.id, now)).toMatchObject({ kind: "refused" })
  expect(await acceptRecipe(store, ada, right.id, now)).toMatchObject({ kind: "done" })

  async function stateOf() {
    const { leads, facts, timeline, companies } = tables
    return store.read(async (db) => [
      await db.select().from(leads),
      await db.select().from(facts),
      await db.select().from(timeline),
      await db.select().from(companies),
    ])
  }
})

test("a page that says what it said before agrees, although a person set another value; one that says otherwise differs", async () => {
  const page: Page = { fields: { ...adaPage.fields }, quotes: { ...adaPage.quotes } }
  const { store, lead, run } = await openReplays({ "www.linkedin.com/in/ada-example": page })
  const enrich = await findRecipe(store, [builtIn], "enrich")
  await run({ recipe: enrich })
  await editValue(store, ada, { entity: "lead", id: lead }, { field: "title", value: "Chief of Data" }, now)
  const { from: _, version: __, ...kept } = enrich
  const draft = { ...kept, script: `${enrich.script} // as before`, reason: null }
  const row = await proposeRecipe(store, [builtIn], ada, draft, now)
  const trials = {
    ...{ store, clock: () => now, catalogue },
    replay: (one: Replay, actions: typeof catalogue) => run(one, actions),
  }
  const options = { person: "human:ada", leads: 5, signal: new AbortController().signal }
  expect(trialCounts(await tryVersion(trials, row, options))).toEqual({ leads: 1, agree: 4, differ: [], more: 0 })
  page.fields = { ...adaPage.fields, title: "Head of Sales" }
  page.quotes = { ...adaPage.quotes, title: "Head of Sales" }
  expect(trialCounts(await tryVersion(trials, row, options)).differ).toEqual([{ lead, field: "title" }])
})

test("a trial that is stopped says how far it came, and nothing is accepted on it", async () => {
  const { store, run } = await openReplays({ "www.linkedin.com/in/ada-example": adaPage })
  const enrich = await findRecipe(store, [builtIn], "enrich")
  await run({ recipe: enrich })
  const { from: _, version: __, ...kept } = enrich
  const row = await proposeRecipe(store, [builtIn], ada, { ...kept, script: "return 1", reason: null }, now)
  const stopping = new AbortController()
  const trials = { store, clock: () => now, catalogue, replay: (one: Replay) => run(one) }
  await tryVersion(trials, row, {
    ...{ person: "human:ada", leads: 5, signal: stopping.signal },
    onBegin: () => stopping.abort(),
  })
  const [stopped] = await versionsOf(store, "enrich")
  expect(stopped?.trial).toMatchObject({ of: 1, isDone: false, leads: [] })
  expect(await trialState(store, stopped?.trial ?? null, now)).toMatchObject({ kind: "cut-off", done: 0, of: 1 })
  expect(await acceptRecipe(store, ada, row.id, now)).toMatchObject({ kind: "refused" })
})

test("leads are scored by the fields that decide it, with the reason; what no field decides is said", async () => {
  const { store, lead, run } = await openReplays(
    {},
    { title: "Chief Technology Officer", location: "Leeds, England", company: "Acme" },
  )
  const other = await importedLead(store, {
    name: "Bo Example",
    title: "Head of Data",
    company: "Beta",
    location: "Porto",
  })
  const recipe = await findRecipe(store, [builtIn], "score")
  const profile = "CTO or Head of Data in Leeds; companies that love Kubernetes"
  const replayed = await run({ recipe, input: { leads: [lead, other], profile }, leadId: null })
  expect(replayed).toMatchObject({
    kind: "handed-over",
    reason: "No field decides: that love kubernetes. 2 leads are scored by the rest.",
  })
  const rows = await store.read((db) =>
    db.select({ id: tables.leads.id, score: tables.leads.score }).from(tables.leads),
  )
  expect(rows).toEqual([
    { id: lead, score: 100 },
    { id: other, score: 50 },
  ])
  const [fact] = await store.read((db) => db.select().from(tables.facts).where(eq(tables.facts.field, "score")))
  expect(fact).toMatchObject({
    basis: "inferred",
    reason: expect.stringContaining("title Chief Technology Officer fits (cto or head of data)"),
  })
})

test.each([
  ["CTOs or heads of data with 50-200 employees", [100, 75, 0]],
  ["German software companies", [100, 25, 75]],
  ["not CFOs or recruiters", [100, 100, 0]],
  ["CTOs at European software companies, not CFOs", [100, 25, 0]],
  ["software companies with over 1000 employees", [50, null, 100]],
])('the ideal customer "%s" is told by titles, places and what a list brought along', async (profile, expected) => {
  const { store, lead, run } = await openReplays({}, { title: "CTO", location: "Berlin, Germany" })
  const list = (custom: object) => store.change(ada, (db) => db.update(tables.leads).set({ custom: { ...custom } }))
  await list({ Industry: "Software", "Company size": "51-200 employees" })
  const others = [
    await importedLead(store, { name: "Bo Example", title: "Head of Data", location: "Porto, Portugal" }),
    await importedLead(store, {
      name: "Cy Example",
      title: "CFO",
      custom: { Branche: "Software", Mitarbeiter: "1001-5000" },
    }),
  ]
  const recipe = await findRecipe(store, [builtIn], "score")
  await run({ recipe, input: { leads: [lead, ...others], profile }, leadId: null })
  const rows = await store.read((db) => db.select().from(tables.leads))
  expect(rows.map(({ score }) => score)).toEqual(expected)
})

test("duplicates and stale leads are shown, and nothing is merged", async () => {
  const { store, run } = await openReplays({}, { company: "Acme" })
  await importedLead(store, { name: "Ada  Example", company: "Acme", linkedinUrl: "https://www.linkedin.com/in/ada-e" })
  await store.write((db) => db.update(tables.leads).set({ enrichedAt: "2026-01-01T00:00:00.000Z" }))
  const duplicates = await run({
    recipe: await findRecipe(store, [builtIn], "find-duplicates"),
    leadId: null,
    input: {},
  })
  expect(duplicates).toMatchObject({ kind: "done", isShown: true })
  const stale = await run({
    recipe: await findRecipe(store, [builtIn], "find-stale"),
    leadId: null,
    input: { enrich: true },
  })
  expect(stale).toMatchObject({ kind: "done", value: [{ name: "Ada Example" }, { name: "Ada  Example" }] })
  expect(await store.read((db) => db.select().from(tables.tasks))).toHaveLength(2)
})

test("the numbers say what recipes did, what they left, and what that saved", async () => {
  const store = newStore()
  const run = { model: "none", prompt: "", person: "human:ada", startedAt: now.toISOString(), taskId: 1 }
  await store.write((db) =>
    db.insert(tables.runs).values([
      { ...run, agent: "recipe:enrich", outcome: "done" },
      { ...run, agent: "recipe:enrich", outcome: "done" },
      { ...run, agent: "recipe:enrich", outcome: "handed-over" },
      { ...run, agent: "trial:enrich", outcome: "done", taskId: null },
      { ...run, agent: "enricher", outcome: "done", inputTokens: 900, outputTokens: 100, costUsd: 0.01 },
    ]),
  )
  expect(await recipeStats(store)).toEqual([
    { recipe: "enrich", done: 2, handedOver: 1, waiting: 0, saved: { tokens: 2_000, usd: 0.02 } },
  ])
})

test("what is no recipe is refused with what is wrong", async () => {
  expect(recipeShape.safeParse({ ...noteHello, name: "../x", reason: undefined }).success).toBe(false)
  const folder = mkdtempSync(join(tmpdir(), "giant-recipes-"))
  writeFileSync(join(folder, "odd.ts"), "return 1")
  await expect(recipesInForce(newStore(), [folder])).rejects.toMatchObject({ code: "recipe_file_invalid" })
  await expect(findRecipe(newStore(), [], "nothing")).rejects.toMatchObject({ code: "recipe_not_found" })
})
