import { parentPort, workerData } from "node:worker_threads"
import type { Limits } from "./limits.ts"
import type { FromThread, ThreadData, ThreadEnding, ToThread } from "./messages.ts"
import { apiKey } from "./script.ts"
import { packSnapshot, unpackSnapshot } from "./snapshot.ts"
import { openVm, type ScriptVm, type Step, type VmHost } from "./vm.ts"

type Stale = Extract<ThreadEnding, { kind: "stale" }>

// What runs in each thread of the sandbox: many VMs, of which one computes at a time while the others wait for answers.
// An error thrown here ends the thread on purpose; the host moves its scripts elsewhere.
const { engine, gauge }: ThreadData = workerData
const scripts = new Map<number, Promise<ScriptVm | Stale>>()
parentPort?.on("message", (message: ToThread) => void receive(message))

async function receive(message: ToThread): Promise<void> {
  const { id } = message
  switch (message.kind) {
    case "start": {
      const { script, limits } = message
      scripts.set(id, openVm(script.api, script.now, hostOf(id, limits)))
      return proceed(id, (vm) => vm.start(script))
    }
    case "resume":
      scripts.set(id, restore(message))
      return proceed(id, (vm) => vm.answer(message.answers))
    case "answer":
      return proceed(id, (vm) => vm.answer([[message.call, message.answer]]))
    case "drop": {
      const opened = scripts.get(id)
      scripts.delete(id)
      const vm = await opened
      if (vm && !("kind" in vm)) vm.close()
    }
  }
}

function hostOf(id: number, limits: Limits): VmHost {
  return {
    ...{ id, engine, gauge, limits },
    call: (call, name, args) => tell({ kind: "call", id, call, name, args }),
    print: (text) => tell({ kind: "printed", id, text }),
  }
}

/** Messages of one script are worked in the order in which they came, also those that came before its VM was ready. */
async function proceed(id: number, work: (vm: ScriptVm) => Step): Promise<void> {
  const vm = await scripts.get(id)
  if (vm === undefined || !scripts.has(id)) return
  if ("kind" in vm) return end(id, 0, vm)
  const step = work(vm)
  if (step === null) return
  const calls = vm.calls()
  if (step.kind !== "pausing") {
    vm.close()
    return end(id, calls, step)
  }
  const paused = vm.snapshot()
  vm.close()
  end(id, calls, { kind: "paused", snapshot: await packSnapshot(paused), waiting: paused.header.waiting })
}

async function restore(message: ToThread & { kind: "resume" }): Promise<ScriptVm | Stale> {
  const { id, snapshot, api, now, limits, answers } = message
  const paused = await unpackSnapshot(snapshot, limits.memoryBytes * 2)
  if (paused === null) return stale("unreadable", "The stored script cannot be read.")
  const { header } = paused
  if (header.engine !== engine.key)
    return stale("engine", "The stored script belongs to another version of the engine.")
  if (header.api !== apiKey(api)) return stale("api", "The actions have changed since the script was stored.")
  const waiting = new Set(header.waiting.map((call) => call.id))
  const unknown = answers.find(([call]) => !waiting.has(call))
  if (unknown) return stale("answer", `The stored script does not wait for call ${unknown[0]}.`)
  const host = hostOf(id, limits)
  host.print(header.printed)
  return openVm(api, now, host, paused).catch(() => stale("unreadable", "The stored script cannot be read."))
}

function stale(reason: Stale["reason"], what: string): Stale {
  return { kind: "stale", reason, message: `${what} Run it again from its beginning.` }
}

function end(id: number, calls: number, ending: ThreadEnding): void {
  scripts.delete(id)
  tell({ kind: "ended", id, calls, ending })
}

function tell(message: FromThread): void {
  parentPort?.postMessage(message)
}
