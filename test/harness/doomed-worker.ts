import { openStore } from "../../src/db/store.ts"
import { systemClock } from "../../src/harness/clock.ts"
import { openModel } from "../../src/harness/model.ts"
import { openRateGate } from "../../src/harness/rate-gate.ts"
import { workTasks } from "../../src/harness/workers.ts"

// Works the queue of a database until it is killed. Arguments: the database, the model's address.
const [path = "", baseURL = ""] = process.argv.slice(2)
const random = Math.random
const clock = systemClock
const gate = openRateGate({ clock, random })
const model = openModel({ model: "claude-opus-5-5", apiKey: "any", baseURL })

await workTasks(
  {
    store: openStore(path),
    gate,
    clock,
    random,
    dayUsd: 100,
    worker: "doomed",
    person: "ada",
    prepare: async (task) => ({
      kind: "job",
      agent: { name: "enricher", system: "You enrich.", budget: { usd: 1, tokens: 100_000, turns: 5, minutes: 5 } },
      model,
      prompt: `Enrich lead ${task.leadId}.`,
      tools: () => [],
      judge: async () => ({ kind: "done", outcome: "ok" }),
    }),
  },
  { parallel: 3, signal: new AbortController().signal, until: "forever", leaseSeconds: 1 },
)
