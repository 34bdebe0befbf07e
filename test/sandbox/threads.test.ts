import { setTimeout as sleep } from "node:timers/promises"
import { expect, test } from "vitest"
import { openSandbox } from "../../src/sandbox/sandbox.ts"
import { api, echo, scripts } from "./fixture.ts"

const { run } = scripts({ workers: 2 })

test("fifty scripts on two threads wait for their calls at once", async () => {
  const everyone = Promise.withResolvers<void>()
  let waiting = 0
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, (_, id) =>
      run(`const a = await leads.find(${id}); return a.args[0]`, async (name, args) => {
        waiting += 1
        if (waiting === 50) everyone.resolve()
        await everyone.promise
        return echo(name, args)
      }),
    ),
  )
  const values = outcomes.map((outcome) => outcome.kind === "returned" && outcome.value)
  expect(values).toEqual(Array.from({ length: 50 }, (_, id) => id))
})

test("when one script breaks its thread, the others go on where they were and call nothing twice", async () => {
  const alone = openSandbox({ workers: 1 })
  const calls: string[] = []
  const source = `
    print("started", Math.random())
    const first = await leads.find(id, 1)
    print("then")
    const second = await leads.find(id, 2)
    return [first.args, second.args]`
  const bystanders = [1, 2, 3].map((id) =>
    alone.run({ source: source.replaceAll("id", String(id)), api, now: 0, seed: id }, async (name, args) => {
      calls.push(JSON.stringify(args))
      await sleep(args[1] === 1 ? 50 : 800)
      return echo(name, args)
    }),
  )
  await sleep(300)
  for (const source of ["return String(2n ** 1000000n).length", "(".repeat(100_000)]) {
    const outcome = await alone.run({ source, api, now: 0, seed: 0 }, echo, { limits: { cpuMs: 100 } })
    expect(["timeout", "failed"]).toContain(outcome.kind)
  }
  const outcomes = await Promise.all(bystanders)
  for (const [index, outcome] of outcomes.entries()) {
    const id = index + 1
    expect(outcome).toMatchObject({
      kind: "returned",
      calls: 2,
      value: [
        [id, 1],
        [id, 2],
      ],
    })
    expect(outcome.printed).toMatch(/^started 0\.\d+\nthen\n$/)
  }
  expect(calls.toSorted()).toEqual(["[1,1]", "[1,2]", "[2,1]", "[2,2]", "[3,1]", "[3,2]"])
  await alone.close()
})

test("a busy script does not keep others from a free thread", async () => {
  const control = new AbortController()
  const busy = run("while (true) {}", echo, { cpuMs: 600_000 }, control.signal)
  await sleep(100)
  const first = await Promise.race([busy, run("return 1")])
  expect(first).toMatchObject({ kind: "returned", value: 1 })
  control.abort()
  expect(await busy).toMatchObject({ kind: "aborted" })
})

test("a signal aborts a script, whether it waits, computes or sits in one long operation", async () => {
  const sources = ["await leads.find()", "while (true) {}", "String(2n ** 1000000n)"]
  for (const source of sources) {
    const controller = new AbortController()
    const running = run(source, () => new Promise(() => {}), { cpuMs: 30_000 }, controller.signal)
    setTimeout(() => controller.abort(), 150)
    expect(await running).toMatchObject({ kind: "aborted" })
  }
  expect(await run("return 1", echo, {}, AbortSignal.abort())).toMatchObject({ kind: "aborted" })
  expect(await run("return 1")).toMatchObject({ kind: "returned" })
})

test("a script that waits too long for an action ends", async () => {
  const outcome = await run("await leads.find()", () => new Promise(() => {}), { wallMs: 2_000 })
  expect(outcome).toMatchObject({ kind: "timeout", limit: "wallMs", calls: 1 })
})

test("a call that rejects is the host's bug, and is thrown to the host", async () => {
  const broken = async () => {
    throw new RangeError("a bug of the host")
  }
  await expect(run("try { await leads.find() } catch { return 1 }", broken)).rejects.toThrow(RangeError)
})

test("closing a sandbox aborts what runs in it", async () => {
  const sandbox = openSandbox({ workers: 1 })
  const running = sandbox.run({ source: "while (true) {}", api, now: 0, seed: 0 }, echo)
  await sleep(100)
  await sandbox.close()
  expect(await running).toMatchObject({ kind: "aborted" })
})
