import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { eq } from "drizzle-orm"
import { expect, test } from "vitest"
import { endLostAnswers, type PersonsAnswer, type ResumeDeps, resumeWaiting } from "../../src/actions/questions.ts"
import { apiOf } from "../../src/actions/scripts.ts"
import type { Store } from "../../src/db/store.ts"
import { type Question, tables } from "../../src/db/tables.ts"
import { readConversation } from "../../src/harness/transcript.ts"
import { importedLead } from "../leads/fixture.ts"
import { type Bench, machines, newRun, newStore, now, openBench, runRow } from "./bench.ts"

const shared = machines()

/** A script that has come to a merge which its run may not do by itself. */
async function asked(options: { taskId?: number } = {}) {
  const store = newStore()
  const keep = await importedLead(store, { name: "Ada Example", email: "ada@acme.example" })
  const drop = await importedLead(store, { name: "A. Example" })
  const bench = await openBench(shared, { store, ...(options.taskId ? { run: { taskId: options.taskId } } : {}) })
  const result = await bench.execute(`const found = await leads.find({ q: "example" })
print("found", found.length)
let said
try { said = await leads.merge(${keep}, ${drop}) } catch (error) { said = error.message }
return { said, left: await leads.count().then(({ total }) => total) }`)
  const question = await questionRow(store, 1)
  return { ...bench, keep, drop, result, question }
}

async function questionRow(store: Store, id: number): Promise<Question> {
  const [row] = await store.read((db) => db.select().from(tables.questions).where(eq(tables.questions.id, id)))
  if (!row) throw new Error(`There is no question ${id}.`)
  return row
}

function resuming({ store, gate, deps, context, settled }: Bench): ResumeDeps {
  const before = settled.length
  return {
    ...{ store, gate, sandbox: shared.sandbox, api: apiOf(deps.catalogue), clock: () => now },
    settled: () => settled.slice(before).at(-1) ?? null,
    signal: context.signal,
  }
}

const yes = ({ seal }: Question): PersonsAnswer => ({ kind: "approved", by: "human:ada", seal })

test("a call that needs a person stops the script, and the run ends as waiting", async () => {
  const { store, runId, result, question, keep, drop } = await asked()
  expect(result.text).toMatch(/^Waits for a person \(question 1\): leads\.merge: This run has, or may have, read text/)
  expect(result.ends).toMatchObject({ answer: { question: 1 } })
  expect(question).toMatchObject({ runId, answer: null, calls: [{ action: "leads.merge", arguments: [keep, drop] }] })
  expect(await runRow(store, runId)).toMatchObject({ outcome: "waiting", summary: "Waits for a person: leads.merge." })
  expect((await store.read((db) => db.select().from(tables.leads))).every((lead) => lead.mergedInto === null)).toBe(
    true,
  )
})

test("approved, the call is made as it was asked, and the script goes on", async () => {
  const bench = await asked()
  const resumed = await resumeWaiting(resuming(bench), 1, yes(bench.question))
  const value = { said: { keep: bench.keep }, left: 1 }
  expect(resumed).toEqual({ kind: "finished", printed: "found 2\n", value, isShown: false, goesOn: bench.runId })
  expect(await questionRow(bench.store, 1)).toMatchObject({ answer: "approved", answeredBy: "human:ada" })
  const merge = (await bench.calls()).filter(({ action }) => action === "leads.merge")
  expect(merge.map(({ verdict, reason }) => `${verdict}: ${reason}`)).toEqual([
    expect.stringMatching(/^ask: /),
    expect.stringMatching(/^allowed: human:ada agreed: /),
  ])
})

test("denied, the call is refused inside the script, which goes on without it", async () => {
  const bench = await asked()
  const resumed = await resumeWaiting(resuming(bench), 1, { ...yes(bench.question), kind: "denied" })
  expect(resumed).toMatchObject({
    kind: "finished",
    value: { said: "human:ada did not agree to leads.merge.", left: 2 },
  })
})

test("an answer counts once", async () => {
  const bench = await asked()
  const answers = await Promise.all([1, 2].map(() => resumeWaiting(resuming(bench), 1, yes(bench.question))))
  expect(answers.map(({ kind }) => kind).toSorted()).toEqual(["finished", "refused"])
  expect(await resumeWaiting(resuming(bench), 1, yes(bench.question))).toEqual({
    kind: "refused",
    reason: "Question 1 was approved already, by human:ada.",
  })
  expect(await resumeWaiting(resuming(bench), 9, yes(bench.question))).toMatchObject({
    reason: "There is no question 9.",
  })
})

test.each([
  ["other arguments", { calls: [{ id: 2, action: "leads.merge", arguments: [2, 1], reason: "" }] }],
  ["another script", { snapshot: Buffer.from("another") }],
  ["another run", { runId: 77 }],
  ["another seal", { seal: "0".repeat(64) }],
])("an approval does not hold for %s than the person saw", async (_, change) => {
  const bench = await asked()
  await bench.store.write((db) => db.update(tables.questions).set(change).where(eq(tables.questions.id, 1)))
  expect(await resumeWaiting(resuming(bench), 1, yes(bench.question))).toMatchObject({
    kind: "refused",
    reason: expect.stringContaining("is not what the person saw any more"),
  })
  expect(
    (await bench.store.read((db) => db.select().from(tables.leads))).every((lead) => lead.mergedInto === null),
  ).toBe(true)
})

test("when the actions have changed since, nothing is done", async () => {
  const bench = await asked()
  const deps = resuming(bench)
  const changed = { ...deps, api: { ...deps.api, version: "another" } }
  expect(await resumeWaiting(changed, 1, yes(bench.question))).toMatchObject({
    kind: "refused",
    reason: expect.stringContaining("The actions have changed"),
  })
  expect(await questionRow(bench.store, 1)).toMatchObject({ answer: null })
})

test("what the run may not do is not done, although a person agreed", async () => {
  const bench = await asked()
  const narrow = await openBench(shared, { store: bench.store, grant: { deny: ["leads.merge"] } })
  const resumed = await resumeWaiting({ ...resuming(bench), gate: narrow.gate }, 1, yes(bench.question))
  expect(resumed).toMatchObject({ value: { said: "leads.merge is denied to this run." } })
})

test("a script may ask again", async () => {
  const bench = await openBench(shared, { grant: { ask: ["leads.note"] } })
  const ids = [await importedLead(bench.store, { name: "Ada" }), await importedLead(bench.store, { name: "Bo" })]
  await bench.execute(`for (const id of [${ids}]) await leads.note(id, "Hello")\nreturn "both"`)
  expect(await resumeWaiting(resuming(bench), 1, yes(await questionRow(bench.store, 1)))).toEqual({
    kind: "asks",
    question: 2,
  })
  expect(await runRow(bench.store, bench.runId)).toMatchObject({ outcome: "waiting" })
  expect(await resumeWaiting(resuming(bench), 2, yes(await questionRow(bench.store, 2)))).toMatchObject({
    kind: "finished",
    value: "both",
  })
})

test("what came of it is the last word of the conversation, which goes on with it", async () => {
  const bench = await asked()
  await resumeWaiting(resuming(bench), 1, yes(bench.question))
  expect(await runRow(bench.store, bench.runId)).toMatchObject({
    outcome: "interrupted",
    summary: "Question 1: human:ada agreed to leads.merge. It goes on in another run.",
  })
  const { messages } = await readConversation(bench.store, bench.runId)
  expect(JSON.stringify(messages.at(-1))).toContain("agreed to leads.merge. What waited for it went on")
})

test("where the conversation has gone on meanwhile, its newest turn hears of it", async () => {
  const bench = await asked()
  const later = new Date(now.getTime() + 60_000).toISOString()
  const next = await newRun(bench.store, { parentId: bench.runId, startedAt: later, endedAt: later, outcome: "done" })
  expect(await resumeWaiting(resuming(bench), 1, yes(bench.question))).toMatchObject({ goesOn: next })
  const [message] = await bench.store.read((db) => db.select().from(tables.messages))
  expect(message).toMatchObject({ runId: next, role: "user" })
})

test("a script that shows something has nothing left to say to its model", async () => {
  const bench = await openBench(shared, { grant: { ask: ["leads.note"] } })
  const id = await importedLead(bench.store, { name: "Ada" })
  await bench.execute(`await leads.note(${id}, "Hello")\nreturn show([{ id: ${id} }])`)
  expect(await resumeWaiting(resuming(bench), 1, yes(await questionRow(bench.store, 1)))).toMatchObject({
    kind: "finished",
    isShown: true,
    goesOn: null,
  })
  expect(await runRow(bench.store, bench.runId)).toMatchObject({ outcome: "done" })
})

test("a question of an agent that was asked is told to its asker", async () => {
  const { store, ...rest } = await openBench(shared)
  const at = now.toISOString()
  const end = { endedAt: new Date(now.getTime() + 9_000).toISOString(), outcome: "done" } as const
  await store.write((db) => db.update(tables.runs).set(end).where(eq(tables.runs.id, rest.runId)))
  const sub = await openBench(shared, {
    store,
    grant: { ask: ["leads.note"] },
    run: { parentId: rest.runId, startedAt: at },
  })
  const id = await importedLead(store, { name: "Ada" })
  await sub.execute(`return await leads.note(${id}, "Hello")`)
  expect(await resumeWaiting(resuming(sub), 1, yes(await questionRow(store, 1)))).toMatchObject({ goesOn: rest.runId })
})

/** A task in hand whose script waits for a person. */
async function askedInTask(end: string) {
  const at = now.toISOString()
  const bench = await openBench(shared, { grant: { ask: ["leads.note"] }, run: { taskId: 1 } })
  const id = await importedLead(bench.store, { name: "Ada" })
  await bench.execute(`await leads.note(${id}, "Hello")\n${end}`)
  const task = { id: 1, kind: "enrich", state: "waiting", notBefore: "9999", createdAt: at, updatedAt: at } as const
  await bench.store.write((db) => db.insert(tables.tasks).values(task))
  await resumeWaiting(resuming(bench), 1, yes(await questionRow(bench.store, 1)))
  const [row] = await bench.store.read((db) => db.select().from(tables.tasks))
  return { bench, row }
}

test("a task waits with its question, and is open for an agent to go on after the answer", async () => {
  const { bench, row } = await askedInTask("return 1")
  expect(bench.settled).toMatchObject([{ kind: "waiting", until: null }])
  expect(row).toMatchObject({ state: "open", notBefore: now.toISOString() })
})

test("a task that its script ends after the answer is done", async () => {
  const { bench, row } = await askedInTask('return await tasks.done("Noted.")')
  expect(row).toMatchObject({ state: "done", outcome: "Noted." })
  expect(await runRow(bench.store, bench.runId)).toMatchObject({ outcome: "done", summary: "Noted." })
})

/** A task whose question was answered, and no more. */
async function leftInTask() {
  const at = now.toISOString()
  const bench = await asked({ taskId: 1 })
  const task = { id: 1, kind: "enrich", state: "waiting", notBefore: "9999", createdAt: at, updatedAt: at } as const
  await bench.store.write((db) => db.insert(tables.tasks).values(task))
  const left = async () => {
    const [row] = await bench.store.read((db) => db.select().from(tables.tasks))
    const { messages } = await readConversation(bench.store, bench.runId)
    const { outcome } = await questionRow(bench.store, 1)
    return { task: row?.state, run: (await runRow(bench.store, bench.runId)).outcome, outcome, messages }
  }
  return { bench, left }
}

const unknown = expect.stringContaining("it is not known what of it was done")

test("a script that breaks off after the answer leaves its task open, and says so", async () => {
  const { bench, left } = await leftInTask()
  const resume = () => Promise.reject(new Error("The thread is gone."))
  const broken = { ...resuming(bench), sandbox: { ...shared.sandbox, resume } }
  expect(await resumeWaiting(broken, 1, yes(bench.question))).toMatchObject({ kind: "failed", reason: unknown })
  expect(await left()).toMatchObject({ task: "open", run: "interrupted", outcome: unknown })
})

test("what was answered in a process that is gone is concluded once, and not while one is at work on it", async () => {
  const { bench, left } = await leftInTask()
  const answer = { answer: "approved", answeredBy: "human:ada", answeredAt: now.toISOString() } as const
  await bench.store.write((db) => db.update(tables.questions).set(answer))
  await endLostAnswers(bench.store, () => true, now)
  expect(await left()).toMatchObject({ task: "waiting", run: "waiting", outcome: null })
  for (let start = 0; start < 2; start += 1) await endLostAnswers(bench.store, () => false, now)
  const { messages, ...rest } = await left()
  expect(rest).toEqual({ task: "open", run: "interrupted", outcome: unknown })
  expect(JSON.stringify(messages).match(/not known what of it was done/g)).toHaveLength(1)
})

test("a question is answered in another process", async () => {
  const bench = await asked()
  const child = fileURLToPath(new URL("answer-child.ts", import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [child, bench.store.path, "1", bench.question.seal])
  expect(JSON.parse(stdout)).toMatchObject({ kind: "finished", value: { said: { keep: bench.keep }, left: 1 } })
})
