import { Worker } from "node:worker_threads"
import type { Engine } from "./engine.ts"
import { type FromThread, gaugeSlot, type ThreadData, type ToThread } from "./messages.ts"

/** The slice that a thread computes: whose it is, and the computing time that the script had left when it began. */
type Slice = { number: number; script: number; remainingMs: number }

export type Thread = {
  post(message: ToThread): void
  /** Null while nothing computes. */
  slice(): Slice | null
  /** Asks the script to stop; it hears within a millisecond unless it sits in one long operation of the engine. */
  interrupt(script: number): void
  end(): Promise<unknown>
}

type ThreadEvents = {
  message(message: FromThread): void
  /** The thread is gone by itself. `culprit` is the script that computed at that moment. */
  died(culprit: number | null, error: Error): void
}

/** Starts a thread with no environment and room for deep recursion. It does not keep the process alive. */
export function openThread(engine: Engine, events: ThreadEvents): Thread {
  const gauge = new Int32Array(new SharedArrayBuffer(4 * Object.keys(gaugeSlot).length))
  const workerData: ThreadData = { engine, gauge }
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."))
  const worker = new Worker(new URL(`./worker${extension}`, import.meta.url), {
    workerData,
    env: {},
    execArgv: ["--disable-warning=ExperimentalWarning"],
    resourceLimits: { stackSizeMb: 16 },
  })
  worker.unref()
  let ending = false
  let error = new Error("the thread ended by itself")
  worker.on("message", events.message)
  worker.on("error", (cause: Error) => {
    error = cause
  })
  worker.on("exit", () => {
    if (!ending) events.died(slice()?.script ?? null, error)
  })

  return {
    post: (message) => worker.postMessage(message),
    slice,
    interrupt: (script) => void Atomics.store(gauge, gaugeSlot.stop, script),
    end() {
      ending = true
      return worker.terminate()
    },
  }

  /** Read twice around, in case the slice changes between the three numbers. */
  function slice(): Slice | null {
    const number = Atomics.load(gauge, gaugeSlot.slice)
    if (number % 2 === 0) return null
    const script = Atomics.load(gauge, gaugeSlot.script)
    const remainingMs = Atomics.load(gauge, gaugeSlot.remainingMs)
    return number === Atomics.load(gauge, gaugeSlot.slice) ? { number, script, remainingMs } : null
  }
}
