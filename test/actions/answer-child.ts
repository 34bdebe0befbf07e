import { catalogue } from "../../src/actions/catalogue.ts"
import { openGate } from "../../src/actions/gate.ts"
import { resumeWaiting } from "../../src/actions/questions.ts"
import { apiOf } from "../../src/actions/scripts.ts"
import { openStore } from "../../src/db/store.ts"
import { openSandbox } from "../../src/sandbox/sandbox.ts"

// Run as a process of its own: a person's yes to a question, with its outcome as JSON.
const [path = "", question = "", seal = ""] = process.argv.slice(2)
const store = openStore(path)
const sandbox = openSandbox()
const gate = openGate(
  catalogue,
  { effects: ["read", "write"], actions: null, maxCalls: 100, leadId: null },
  {
    store,
    services: {
      read: async () => ({ kind: "refused", reason: "There is no web here." }),
      query: async () => ({ kind: "refused", reason: "There is no SQL here." }),
      snapshot: async () => ({ kind: "refused", reason: "There is no web here." }),
      sources: {
        ...{ sources: [], off: [], resolver: null },
        takeCall: async () => ({ kind: "spent" }),
        pay: async () => ({ kind: "paid" }),
      },
      ask: async () => ({ kind: "refused", reason: "There is nobody to ask." }),
      skillFolders: [],
      views: {
        queries: { ask: async () => ({ kind: "refused", reason: "There is no SQL here." }), close() {} },
        mayOffer: () => "There are no views here.",
        tryArguments: () => null,
        tryHtml: async () => [],
      },
    },
    author: { actor: "agent:tester", kind: "run", runId: 1 },
    ...{ runId: 1, person: "human:ada", taskId: null, leadId: null, promptIsForeign: false },
    settle() {},
    clock: () => new Date(),
    signal: new AbortController().signal,
  },
)
const deps = {
  store,
  sandbox,
  gate,
  api: apiOf(catalogue),
  clock: () => new Date(),
  settled: () => null,
  signal: new AbortController().signal,
}
const resumed = await resumeWaiting(deps, Number(question), { kind: "approved", by: "human:ada", seal })
process.stdout.write(JSON.stringify(resumed))
await sandbox.close()
await store.close()
