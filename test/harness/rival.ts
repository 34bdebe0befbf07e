import { once } from "node:events"
import { openStore } from "../../src/db/store.ts"
import { reserve } from "../../src/harness/budget.ts"
import { startRun } from "../../src/harness/transcript.ts"

/** A machine whose runs, once it is told to begin, set aside all that they can get of a day's money; tells how often they got some. */
const [address = "", dayUsd = "0"] = process.argv.slice(2)
const store = openStore(address)
await store.opened()
process.send?.("ready")
await once(process, "message")
const limits = { usd: 1_000, tokens: 1e9, turns: 1e6, minutes: 60 }
const price = { input: 2, cacheWrite: 2.5, cacheRead: 0.1, output: 10 }
const agents = [1, 2, 3].map(async () => {
  const run = { agent: "rival", model: "claude-sonnet-5-5", prompt: "more", person: "human:ada" }
  const runId = await startRun(store, run, store.now())
  for (let got = 0; ; got += 1) {
    const wish = { runId, limits, dayUsd: Number(dayUsd), price, turn: got, promptTokens: 1_000, maxTokens: 4_000 }
    const hold = await store.jot((db) => reserve(db, wish, store.now()))
    if (hold.kind === "over-budget") return got
  }
})
process.send?.((await Promise.all(agents)).reduce((sum, got) => sum + got, 0))
await store.close()
process.disconnect?.()
