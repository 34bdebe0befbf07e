import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, test } from "vitest"
import type { CallOutcome, Json, Outcome } from "../../src/sandbox/outcome.ts"
import { api, echo, scripts } from "./fixture.ts"

const { run, sandbox } = scripts()

/** Asks a person about `leads.learn`, answers all else. */
async function cautious(name: string, args: Json[]): Promise<CallOutcome> {
  return name === "leads.learn" ? { kind: "pause" } : echo(name, args)
}

function paused(outcome: Outcome): Outcome & { kind: "paused" } {
  if (outcome.kind !== "paused") throw new Error(`expected a pause, got ${JSON.stringify(outcome)}`)
  return outcome
}

const source = `
  const total = new Map([["found", 1]])
  const before = await leads.find(1)
  print("before", Math.random())
  let learned
  try { learned = await leads.learn(5, { title: "CTO" }) } catch (error) { learned = error.message }
  print("after")
  total.set("learned", learned)
  const after = await leads.find(2)
  return { total, before: before.args, after: after.args, now: Date.now() }`

test("a script pauses at a call, and goes on with its answer", async () => {
  const pause = paused(await run(source, cautious))
  expect(pause.waiting).toEqual([{ id: 2, name: "leads.learn", args: [5, { title: "CTO" }] }])
  expect(pause.printed).toMatch(/^before 0\.\d+\n$/)
  const answers = { 2: { kind: "value", value: "saved" } } as const
  const outcome = await sandbox.resume(pause.snapshot, answers, cautious, { api, now: 99 })
  expect(outcome).toEqual({
    ...{ kind: "returned", marker: null, calls: 3, printed: `${pause.printed}after\n` },
    value: { total: { found: 1, learned: "saved" }, before: [1], after: [2], now: 99 },
  })
})

test("a stored script may be answered with an error, and more than once", async () => {
  const pause = paused(await run(source, cautious))
  const refusal = { 2: { kind: "error", message: "A person said no." } } as const
  for (let round = 0; round < 2; round++) {
    const outcome = await sandbox.resume(pause.snapshot, refusal, cautious, { api, now: 0 })
    expect(outcome).toMatchObject({ kind: "returned", value: { total: { learned: "A person said no." } } })
  }
})

test("a stored script goes on in another process", async () => {
  const pause = paused(await run(source, cautious))
  const folder = await mkdtemp(join(tmpdir(), "sandbox-"))
  const file = join(folder, "snapshot")
  await writeFile(file, pause.snapshot)
  const child = fileURLToPath(new URL("resume-child.ts", import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [child, file, "2", JSON.stringify(api)])
  await rm(folder, { recursive: true })
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ kind: "returned", printed: `${pause.printed}after\n` },
    value: { total: { learned: "from another process" }, after: [2] },
  })
})

test("several calls may wait, and are answered one after the other", async () => {
  const both = "return await Promise.all([leads.learn(1), leads.find(2), leads.learn(3)])"
  const pause = paused(await run(both, cautious))
  expect(pause.waiting.map(({ id }) => id)).toEqual([1, 3])
  const first = { 3: { kind: "value", value: "third" } } as const
  const again = paused(await sandbox.resume(pause.snapshot, first, cautious, { api, now: 0 }))
  expect(again.waiting.map(({ id }) => id)).toEqual([1])
  const second = { 1: { kind: "value", value: "first" } } as const
  const outcome = await sandbox.resume(again.snapshot, second, cautious, { api, now: 0 })
  expect(outcome).toMatchObject({ kind: "returned", value: ["first", { args: [2] }, "third"] })
})

test("a stored script is refused when the actions have changed, or the answer or the bytes are not its own", async () => {
  const { snapshot } = paused(await run(source, cautious))
  const answers = { 2: { kind: "value", value: 1 } } as const
  const resume = (bytes: Uint8Array, given: Record<number, CallOutcome>, otherApi = api) =>
    sandbox.resume(bytes, given, echo, { api: otherApi, now: 0 })
  expect(await resume(snapshot, answers, { ...api, version: "2" })).toMatchObject({ kind: "stale", reason: "api" })
  expect(await resume(snapshot, answers, { ...api, actions: ["leads.find"] })).toMatchObject({ reason: "api" })
  expect(await resume(snapshot, { 9: { kind: "pause" } })).toMatchObject({ kind: "stale", reason: "answer" })
  expect(await resume(snapshot.subarray(0, 1_000), answers)).toMatchObject({ kind: "stale", reason: "unreadable" })
  expect(await resume(new Uint8Array(50), answers)).toMatchObject({ kind: "stale", reason: "unreadable" })
  expect(await resume(snapshot, answers)).toMatchObject({ kind: "returned" })
})

test("a resumed script keeps its limits", async () => {
  const loop = "await leads.learn(); while (true) {}"
  const { snapshot } = paused(await run(loop, cautious))
  const limits = { cpuMs: 200 }
  const answers = { 1: { kind: "value", value: 1 } } as const
  expect(await sandbox.resume(snapshot, answers, echo, { api, now: 0, limits })).toMatchObject({ kind: "timeout" })
})

test("a failure that nothing awaited comes before a pause", async () => {
  const outcome = await run("leads.find(); await leads.learn()", async (name) =>
    name === "leads.find" ? { kind: "error", message: "lost" } : { kind: "pause" },
  )
  expect(outcome).toMatchObject({ kind: "failed", message: "Nothing awaited this failure: lost" })
})
