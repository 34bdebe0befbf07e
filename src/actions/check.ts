import { Worker } from "node:worker_threads"

/** Something in a script that the declarations do not allow. Lines count from 1. `declared` is what would be right. */
export type Problem = { line: number; message: string; declared: string | null }

/** unchecked: the script could not be checked; that says nothing about it. */
export type Checked = { kind: "right" } | { kind: "wrong"; problems: Problem[] } | { kind: "unchecked"; reason: string }

/** Checks the types of scripts before they run, so that a script with a mistake does nothing instead of half of its work. */
export type Checker = {
  check(source: string): Promise<Checked>
  /** Gets ready, so that the first script does not wait. */
  warm(): void
  close(): Promise<void>
}

export type ToChecker = { declarations: string; source: string }
export type FromChecker = Exclude<Checked, { kind: "unchecked" }> | { kind: "broken"; reason: string }

/** The longest that a script may keep the checker busy, and that the compiler may take to load, in milliseconds. */
const defaultTimes = { checking: 2_000, loading: 15_000 }

/**
 * One TypeScript language service in a thread of its own, started when it is needed, for all scripts of a process. A check is a help
 * for the model and no wall: a script that cannot be checked in time (its thread is ended then) is run all the same, because
 * sandbox and gate hold whatever it does, and a busy machine must not stop the work.
 */
export function openChecker(declarations: string, times = defaultTimes): Checker {
  let thread: { worker: Worker; loaded: Promise<unknown> } | undefined
  let last: Promise<unknown> = Promise.resolve()
  let isClosed = false

  async function checkNow(source: string): Promise<Checked> {
    if (isClosed) return { kind: "unchecked", reason: "The type checker was closed." }
    try {
      thread ??= openThread(declarations, times.loading)
      await thread.loaded
      const answer = await ask(thread.worker, { declarations, source }, times.checking)
      if (answer.kind !== "broken") return answer
      await end()
      return { kind: "unchecked", reason: answer.reason }
    } catch (error) {
      await end()
      return { kind: "unchecked", reason: error instanceof Error ? error.message : String(error) }
    }
  }

  async function end(): Promise<void> {
    const ending = thread?.worker
    thread = undefined
    await ending?.terminate()
  }

  return {
    check(source) {
      const checked = last.then(() => checkNow(source))
      last = checked
      return checked
    },
    warm() {
      last = last.then(() => checkNow("return null"))
    },
    async close() {
      isClosed = true
      await end()
      await last
    },
  }
}

function openThread(declarations: string, milliseconds: number): { worker: Worker; loaded: Promise<unknown> } {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."))
  const worker = new Worker(new URL(`./check-thread${extension}`, import.meta.url), {
    env: {},
    execArgv: ["--disable-warning=ExperimentalWarning"],
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  })
  worker.unref()
  // What ends the thread shows when its question is not answered.
  worker.on("error", () => {})
  return { worker, loaded: ask(worker, { declarations, source: "" }, milliseconds) }
}

/** The timer also keeps the process alive while it waits. */
function ask(worker: Worker, question: ToChecker, milliseconds: number): Promise<FromChecker> {
  const { promise, resolve, reject } = Promise.withResolvers<FromChecker>()
  const late = setTimeout(
    () => reject(new Error(`Checking its types took longer than ${milliseconds} ms.`)),
    milliseconds,
  )
  const ended = () => reject(new Error("The type checker ended on it."))
  worker.once("message", resolve)
  worker.once("exit", ended)
  worker.postMessage(question)
  return promise.finally(() => {
    clearTimeout(late)
    worker.off("message", resolve)
    worker.off("exit", ended)
  })
}
