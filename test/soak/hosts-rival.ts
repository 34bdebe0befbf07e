import { randomInt } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { spend } from "../../src/browser/ledger.ts"
import { openStore } from "../../src/db/store.ts"
import { reserve, settle } from "../../src/harness/budget.ts"
import { claimTasks, finishTask } from "../../src/harness/tasks.ts"
import { startRun } from "../../src/harness/transcript.ts"
import { beginSend } from "../../src/outreach/send.ts"

/** One machine that wants as much as it can get of everything there is only so much of; what it got is printed. */
const [, , url = "", name = "", dayUsd = "1", drafts = "[]"] = process.argv
const store = openStore(url)
const limits = { usd: 1_000, tokens: 1e9, turns: 1e6, minutes: 60 }
const price = { input: 2, cacheWrite: 2.5, cacheRead: 0.1, output: 10 }
const got = { loads: [] as string[], tasks: [] as number[], sends: [] as number[], requests: 0, refused: 0 }

const agents = Array.from({ length: 5 }, async () => {
  const run = { agent: "rival", model: "claude-sonnet-5-5", prompt: "more", person: `human:${name}` }
  const runId = await startRun(store, run, store.now())
  for (let turn = 1; ; turn += 1) {
    const wish = { runId, limits, dayUsd: Number(dayUsd), price, turn, promptTokens: 1_000, maxTokens: 4_000 }
    const hold = await store.jot((db) => reserve(db, wish, store.now()))
    if (hold.kind === "over-budget") return
    got.requests += 1
    await sleep(randomInt(5))
    // One in ten is a request whose process died: what was set aside stays spent.
    if (randomInt(10) === 0) continue
    const usage = {
      input: randomInt(1_000),
      cacheWrite: 0,
      cacheRead: 0,
      output: randomInt(Math.min(4_000, hold.maxTokens)),
    }
    await store.jot((db) => settle(db, hold, price, usage))
  }
})
const loads = Array.from({ length: 5 }, async () => {
  for (let wish = 0; wish < 60; wish += 1) {
    const load = { account: "web:rivals", page: "company.site", url: `https://${name}.example` }
    const spent = await spend(store, load, [{ loads: 10, windowMs: 1_000 }], 1, store.now)
    if (spent.kind === "spent") got.loads.push(store.now().toISOString())
    else got.refused += 1
    await sleep(20)
  }
})
const tasks = (async () => {
  for (let claims = 1; ; claims += 1) {
    const claimed = await claimTasks(store, { leasedBy: `${name}/${claims}`, count: 3, leaseSeconds: 60 }, store.now)
    if (claimed.length === 0) return
    for (const task of claimed) {
      const isDone = await store.write((db) => finishTask(db, task, { kind: "done", outcome: name }, store.now()))
      if (isDone) got.tasks.push(task.id)
    }
  }
})()
const sends = Promise.all(
  (JSON.parse(drafts) as number[]).map(async (draft) => {
    const deciding = { homeKey: () => "k".repeat(64), mailFrom: "team@rivals.example" }
    const author = { actor: `human:${name}`, kind: "send" }
    const begun = await beginSend(store, author, draft, deciding, store.now())
    if (begun.kind === "begun") got.sends.push(draft)
  }),
)
await Promise.all([...agents, ...loads, tasks, sends])
console.log(JSON.stringify(got))
await store.close()
