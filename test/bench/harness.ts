import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { enableCompileCache } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs, promisify } from "node:util"
import { type Answer, type ModelRequestBody, startMessagesServer } from "../harness/messages-server.ts"
import { agents } from "./harness-agents.ts"

// What the harness costs, beside a spawned agent CLI and an in-process library, all against one local server:
// `node test/bench/harness.ts`. The others are installed into a temporary folder for as long as it runs; `--modules DIR`
// takes them from a folder where they are installed already.

const contenders = ["bare", "client", "ours", "ai", "sdk"] as const
type Contender = (typeof contenders)[number]
const names: Record<Contender, string> = {
  bare: "HTTP alone (fetch)",
  client: "@anthropic-ai/sdk alone, nothing stored",
  ours: "Small Giant, stored durably",
  ai: "ai + @ai-sdk/anthropic, nothing stored",
  sdk: "Claude Agent SDK (a process per agent)",
}
/** Turns of the long conversation, and agents at once. */
const sizes: Record<Contender, { turns: number; agents: number }> = {
  bare: { turns: 200, agents: 100 },
  client: { turns: 200, agents: 100 },
  ours: { turns: 200, agents: 100 },
  ai: { turns: 200, agents: 100 },
  sdk: { turns: 30, agents: 5 },
}
const packages = ["ai@7", "@ai-sdk/anthropic", "@anthropic-ai/claude-agent-sdk", "zod@4"]
/** In milliseconds. */
const longestJob = 120_000

const { values: args } = parseArgs({
  options: {
    contender: { type: "string" },
    job: { type: "string" },
    url: { type: "string" },
    modules: { type: "string" },
    server: { type: "boolean" },
  },
})
const children = new Set<ChildProcess>()
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL")
})

if (args.server) await serve()
else if (args.contender) await contend(args.contender)
else await compare()

type Row = { firstMs: number; turnMs: number; cpuMs: number; memoryMb: number; agents: number }

async function compare(): Promise<void> {
  const server = spawnSelf(["--server"])
  const { url = "" } = await lineFrom(server)
  const modules = args.modules ?? (await installed())
  const rows = new Map<Contender, Row>()
  for (const contender of contenders) {
    if (modules === null && (contender === "ai" || contender === "sdk")) continue
    const common = ["--contender", contender, "--url", url, "--modules", modules ?? ""]
    try {
      const first: number[] = []
      for (let n = 0; n < 5; n += 1) first.push((await jobOf([...common, "--job", "first"])).ms)
      const { ms: turnMs, cpu: cpuMs } = await jobOf([...common, "--job", "turns"])
      const { mb: memoryMb } = await jobOf([...common, "--job", "memory"])
      rows.set(contender, { firstMs: median(first), turnMs, cpuMs, memoryMb, agents: sizes[contender].agents })
    } catch (error) {
      console.error(`${names[contender]} could not be measured: ${error instanceof Error ? error.message : error}`)
    }
  }
  server.kill()
  if (modules && modules !== args.modules) rmSync(modules, { recursive: true, force: true })
  print(rows)
  await printStore()
}

function print(rows: Map<Contender, Row>): void {
  const bare = rows.get("bare")
  const client = rows.get("client")
  const ours = rows.get("ours")
  if (!bare || !client || !ours) return
  const times = (a: number, b: number) => (a > 0 && b > 0 ? `(${(a / b).toFixed(1)}x)` : "")
  const table = [...rows].map(([contender, row]) => ({
    harness: names[contender],
    "first answer": `${row.firstMs.toFixed(0)} ms ${times(row.firstMs, ours.firstMs)}`,
    "a turn over HTTP": `${(row.turnMs - bare.turnMs).toFixed(2)} ms ${times(row.turnMs - bare.turnMs, ours.turnMs - bare.turnMs)}`,
    "of it CPU": Number.isNaN(row.cpuMs) ? "elsewhere" : `${(row.cpuMs - bare.cpuMs).toFixed(2)} ms`,
    "memory an agent": `${row.memoryMb.toFixed(2)} MB of ${row.agents} ${times(row.memoryMb, ours.memoryMb)}`,
  }))
  console.table(table)
  const [turn, cpu] = [ours.turnMs - client.turnMs, ours.cpuMs - client.cpuMs]
  console.log(
    `A turn of ours takes ${turn.toFixed(2)} ms more than the SDK alone, ${cpu.toFixed(2)} ms of it CPU (reach: 2 ms).`,
  )
}

/** What a commit costs on this disk that waits for it, as an action's does, and one that does not, as a turn's two; and what the day's limit costs to keep when thousands of
 * runs have been made that day. */
async function printStore(): Promise<void> {
  const { openStore } = await import("../../src/db/store.ts")
  const { tables } = await import("../../src/db/tables.ts")
  const { reserve } = await import("../../src/harness/budget.ts")
  const folder = mkdtempSync(join(tmpdir(), "giant-bench-"))
  const store = openStore(join(folder, "giant.db"))
  const now = new Date()
  const run = { agent: "a", model: "m", prompt: "p".repeat(200), person: "ada", startedAt: now.toISOString() }
  const paidOn = run.startedAt.slice(0, 10)
  const ended = { ...run, endedAt: run.startedAt, costUsd: 0.01, paidOn, dayUsd: 0.01 }
  const [first] = await store.write((db) => db.insert(tables.runs).values(run).returning())
  const limits = { usd: 1_000, tokens: 1e9, turns: 1_000, minutes: 60 }
  const price = { input: 1, cacheWrite: 1, cacheRead: 1, output: 1 }
  const wish = { runId: first?.id ?? 0, limits, dayUsd: 1e6, price, turn: 1, promptTokens: 100, maxTokens: 5_000 }
  const each = async (work: () => Promise<unknown>) => {
    const began = performance.now()
    for (let n = 0; n < 50; n += 1) await work()
    return `${((performance.now() - began) / 50).toFixed(2)} ms`
  }
  console.log(`a commit on this disk: ${await each(() => store.write((db) => db.insert(tables.runs).values(ended)))}`)
  console.log(
    `one that does not wait for it: ${await each(() => store.jot((db) => db.insert(tables.runs).values(ended)))}`,
  )
  for (let n = 0; n < 100; n += 1) {
    await store.write((db) => db.insert(tables.runs).values(Array.from({ length: 100 }, () => ended)))
  }
  console.log(
    `a reservation on a day with 10,000 runs: ${await each(() => store.jot((db) => reserve(db, wish, now)))} with its commit`,
  )
  await store.close()
  rmSync(folder, { recursive: true })
}

/** Null if npm cannot install the others; that is said. */
async function installed(): Promise<string | null> {
  const folder = mkdtempSync(join(tmpdir(), "giant-bench-modules-"))
  writeFileSync(join(folder, "package.json"), '{"private":true,"type":"module"}')
  try {
    await promisify(execFile)("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...packages], {
      cwd: folder,
      timeout: 300_000,
    })
    return folder
  } catch (error) {
    console.error(`The others could not be installed: ${error instanceof Error ? error.message : error}`)
    rmSync(folder, { recursive: true, force: true })
    return null
  }
}

/** The scripted model: notes for as many turns as the prompt asks for, or never answers. */
async function serve(): Promise<void> {
  const { url } = await startMessagesServer(answer, { isStrict: false })
  console.log(JSON.stringify({ url }))
}

function answer(body: ModelRequestBody): Answer {
  const first = JSON.stringify(body.messages[0] ?? "")
  if (first.includes("HOLD")) return { text: "Half", breaks: "stall" }
  const turns = Number(/NOTE (\d+)/.exec(first)?.[1] ?? 0)
  const made = JSON.stringify(body.messages).split('"type":"tool_result"').length - 1
  const tool = body.tools?.find(({ name }) => name.endsWith("note"))
  if (!tool || made >= turns) return { text: "Done." }
  return { calls: [{ name: tool.name, input: { text: "a thing" } }] }
}

type Job = { ms: number; mb: number; cpu: number }

/** Runs a job in a process of its own. `first` is timed from the process's start. */
async function jobOf(options: string[]): Promise<Job> {
  const began = performance.timeOrigin + performance.now()
  const child = spawnSelf(options)
  const result = await lineFrom(child)
  child.kill("SIGKILL")
  const ms = "at" in result ? Number(result.at) - began : Number(result.ms)
  return { ms, mb: Number(result.mb), cpu: Number(result.cpu ?? Number.NaN) }
}

function spawnSelf(options: string[]): ChildProcess {
  const child = spawn(process.execPath, ["--expose-gc", fileURLToPath(import.meta.url), ...options], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" },
  })
  children.add(child)
  child.once("exit", () => children.delete(child))
  return child
}

async function lineFrom(child: ChildProcess): Promise<Record<string, string>> {
  const ended = Promise.race([
    once(child, "exit"),
    new Promise((resolve) => setTimeout(resolve, longestJob).unref()),
  ]).then(() => {
    child.kill("SIGKILL")
    throw new Error("it ended, or went on for two minutes, without a word")
  })
  const [chunk] = await Promise.race([child.stdout ? once(child.stdout, "data") : ended, ended])
  ended.catch(() => {})
  return JSON.parse(String(chunk))
}

async function contend(name: string): Promise<void> {
  const contender = contenders.find((one) => one === name) ?? "bare"
  const { turns, agents: atOnce } = sizes[contender]
  enableCompileCache(join(tmpdir(), "giant-bench-compiled"))
  const agent = await agents[contender](args.url ?? "", args.modules ?? "")
  if (args.job === "first") {
    await agent("NOTE 0")
    return say({ at: performance.timeOrigin + performance.now() })
  }
  if (args.job === "turns") {
    await agent("NOTE 3")
    const began = performance.now()
    const cpu = process.cpuUsage()
    await agent(`NOTE ${turns}`)
    const { user, system } = process.cpuUsage(cpu)
    const used = contender === "sdk" ? Number.NaN : (user + system) / 1_000 / (turns + 1)
    return say({ ms: (performance.now() - began) / (turns + 1), cpu: used })
  }
  void agent("HOLD").catch(() => {})
  await quiet(contender)
  const before = memoryOf(contender)
  for (let n = 0; n < atOnce; n += 1) void agent("HOLD").catch(() => {})
  await quiet(contender)
  say({ mb: (memoryOf(contender) - before) / atOnce })
}

function say(result: Record<string, number>): void {
  console.log(JSON.stringify(result))
}

async function quiet(contender: Contender): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, contender === "sdk" ? 12_000 : 2_000))
  global.gc?.()
}

/** MB of this process that are in memory; of a spawned agent the share that belongs to its processes, where memory is shared. */
function memoryOf(contender: Contender): number {
  if (contender !== "sdk") return process.memoryUsage.rss() / 1e6
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name))
  const parents = new Map(pids.flatMap((pid) => parentOf(pid)))
  const isOurs = (pid: number): boolean => pid === process.pid || (parents.has(pid) && isOurs(parents.get(pid) ?? 0))
  return [...parents.keys()].filter(isOurs).reduce((sum, pid) => sum + shareOf(pid), 0)
}

function parentOf(pid: string): [number, number][] {
  const parent = /^PPid:\s+(\d+)/m.exec(readIfThere(`/proc/${pid}/status`))?.[1]
  return parent === undefined ? [] : [[Number(pid), Number(parent)]]
}

function shareOf(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1_000
}

/** A process may end while it is looked at. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

function median(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
}
