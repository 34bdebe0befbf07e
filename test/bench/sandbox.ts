import { openSandbox } from "../../src/sandbox/sandbox.ts"

/** Prints what a script costs: `node test/bench/sandbox.ts`. */
const api = { actions: ["leads.find", "leads.learn"], markers: ["show"] }
const call = async () => ({ kind: "value" as const, value: { id: 1, name: "Ada Example" } })
const rows: Record<string, { median: string; p99: string; runs: number }> = {}

const cold: number[] = []
for (let index = 0; index < 5; index++) {
  const fresh = openSandbox({ workers: 1 })
  cold.push(await timed(() => fresh.run({ source: "return 1", api, now: 0, seed: 0 }, call)))
  await fresh.close()
}
report("cold start (thread and engine)", cold)

const sandbox = openSandbox()
await measure("warm script", 500, "return 1")
await measure("warm script, 100 calls", 100, "for (let i = 0; i < 100; i++) await leads.find({ i })")
await measure("one call of those", 100, "for (let i = 0; i < 100; i++) await leads.find({ i })", 100)
await measure(
  "10,000 rows made and returned",
  20,
  "return Array.from({ length: 1e4 }, (_, id) => ({ id, name: 'Ada', score: id / 3 }))",
)
await measure("pause and snapshot", 50, "await leads.learn(1)", 1, true)
await measureKill("end of an endless loop after its 200 ms", "while (true) {}")
await measureKill("end of one long operation after its 200 ms", "return String(2n ** 1000000n).length")
report("100 scripts at once, 10 calls each", [
  await timed(() =>
    Promise.all(Array.from({ length: 100 }, () => run("for (let i = 0; i < 10; i++) await leads.find({ i })"))),
  ),
])
await sandbox.close()
console.table(rows)
console.log(`memory of the process: ${Math.round(process.memoryUsage.rss() / 1e6)} MB`)

async function measure(name: string, runs: number, source: string, per = 1, pause = false) {
  const times: number[] = []
  for (let index = 0; index < runs; index++) times.push((await timed(() => run(source, pause))) / per)
  report(name, times)
}

async function measureKill(name: string, source: string) {
  const times: number[] = []
  for (let index = 0; index < 10; index++) {
    await run("return 1")
    times.push((await timed(() => run(source))) - 200)
  }
  report(name, times)
}

function run(source: string, pause = false) {
  const paused = async () => ({ kind: "pause" as const })
  return sandbox.run({ source, api, now: 0, seed: 0 }, pause ? paused : call, { limits: { cpuMs: 200 } })
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function report(name: string, times: number[]) {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => `${(sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(2)} ms`
  rows[name] = { median: at(0.5), p99: at(0.99), runs: times.length }
}
