import { availableParallelism } from "node:os"
import { loadEngine } from "./engine.ts"
import { defaultLimits, type Limits } from "./limits.ts"
import type { Answer, ToThread } from "./messages.ts"
import type { CallOutcome, Outcome } from "./outcome.ts"
import { openPool, type Pool } from "./pool.ts"
import { answerOf, type Call, openRun, type Run } from "./run.ts"
import { type Api, checkApi, type Script } from "./script.ts"

type RunOptions = { limits?: Partial<Limits>; signal?: AbortSignal }

export type Sandbox = {
  /** Runs a script to its end or its pause. What a script does wrong is an outcome. Throws BadApiName, SandboxBroken, CourseChanged. */
  run(script: Script, call: Call, options?: RunOptions): Promise<Outcome>
  /**
   * Goes on with a paused script, also in another process. `answers` are keyed by the ids of its waiting calls; a call
   * without an answer waits on. `api` must be the one that the script was started with; `now` is its clock from here on.
   */
  resume(
    snapshot: Uint8Array,
    answers: Readonly<Record<number, CallOutcome>>,
    call: Call,
    options: RunOptions & { api: Api; now: number },
  ): Promise<Outcome>
  /** Aborts what still runs and ends the threads. */
  close(): Promise<void>
}

/** The threads of the sandbox cannot run, whatever the script. */
export class SandboxBroken extends Error {
  constructor(cause: Error) {
    super(`The sandbox's threads keep ending: ${cause.message}`, { cause })
    this.name = "SandboxBroken"
  }
}

/** A script that was told to more threads is not the victim of others: the threads themselves are broken. */
const mostThreads = 4

/**
 * A sandbox for scripts that a model wrote. Each gets a VM of its own. Threads are started as they are needed and shared:
 * a script that awaits a host call occupies none. A script that cannot be interrupted costs its thread; the others on it
 * are replayed from their recorded answers on another thread and notice nothing, and no action is called twice.
 * While one script computes, the others on its thread wait, at the most for what it has left of its `cpuMs`.
 * Memory is bounded per script, so whoever runs many at once bounds how many.
 */
export function openSandbox({ workers = Math.min(4, Math.max(2, availableParallelism())) } = {}): Sandbox {
  const runs = new Map<number, Run>()
  let opening: Promise<Pool> | undefined
  let lastId = 0
  let closed = false

  return {
    async run(script, call, options = {}) {
      checkApi(script.api)
      const limits = { ...defaultLimits, ...options.limits }
      return carryOut({ kind: "start", id: nextId(), script, limits }, call, options.signal)
    },
    async resume(snapshot, answers, call, { api, now, ...options }) {
      checkApi(api)
      const limits = { ...defaultLimits, ...options.limits }
      const given = Object.entries(answers).map(([id, outcome]): [number, Answer] => [
        Number(id),
        answerOf(`Call ${id}`, outcome, limits),
      ])
      const begin = { kind: "resume" as const, id: nextId(), snapshot, answers: given, api, now, limits }
      return carryOut(begin, call, options.signal)
    },
    async close() {
      closed = true
      for (const run of runs.values()) run.end({ kind: "aborted", message: "The sandbox was closed." })
      const pool = await opening
      await pool?.close()
    },
  }

  function nextId(): number {
    lastId += 1
    return lastId
  }

  async function carryOut(
    begin: ToThread & { kind: "start" | "resume" },
    call: Call,
    signal: AbortSignal | undefined,
  ): Promise<Outcome> {
    opening ??= openThreads()
    const pool = await opening
    if (closed || signal?.aborted)
      return { kind: "aborted", message: "The script was not started.", printed: "", calls: 0 }
    const run = openRun(begin, call, signal, pool.post)
    runs.set(begin.id, run)
    pool.enter(begin.id)
    run.tell()
    try {
      return await run.outcome
    } finally {
      runs.delete(begin.id)
      pool.leave(begin.id)
    }
  }

  async function openThreads(): Promise<Pool> {
    return openPool(await loadEngine(), workers, {
      message: (message) => runs.get(message.id)?.hear(message),
      stuck: (id) => runs.get(id)?.timeOut(),
      broke: (id, message) => runs.get(id)?.end({ kind: "failed", message, line: null, column: null }),
      moved(id, cause) {
        const run = runs.get(id)
        if (run && run.told() >= mostThreads) run.fail(new SandboxBroken(cause))
        else run?.tell()
      },
    })
  }
}
