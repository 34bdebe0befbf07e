import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Store } from "../src/db/store.ts"
import { type Asked, type Read, type ReadingName, readings } from "./readings.ts"

/** Reads what may take long where it keeps nobody waiting. Each reading has a limit in milliseconds. */
export type Aside = {
  read<Name extends ReadingName>(name: Name, asked: Asked<Name>, limit: number): Promise<AsideAnswer<Read<Name>>>
  close(): void
}
export type AsideAnswer<Value> = { kind: "read"; value: Value } | { kind: "too slow" } | { kind: "failed"; why: string }
/** What the reading process sends: that it is there, and then an answer to each question. */
export type ChildMessage = { kind: "ready" } | { kind: "read"; value: unknown } | { kind: "failed"; why: string }

const mostAtOnce = 2
/** How long a process may take to start, in milliseconds. */
const longestStart = 15_000
const child = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "aside-child.ts" : "aside-child.js", import.meta.url),
)

/** Two processes at most, started when they are needed; one that takes too long is ended, because nothing else stops SQLite. */
export function openAside(path: string): Aside {
  const idle: ChildProcess[] = []
  const turns: (() => void)[] = []
  let busy = 0

  async function read(name: ReadingName, asked: unknown, limit: number): Promise<AsideAnswer<unknown>> {
    if (busy === mostAtOnce && !(await turn(limit))) return { kind: "too slow" }
    busy++
    try {
      const process = idle.pop() ?? (await startChild(path))
      const answer = await answerOf(process, { name, asked }, limit)
      if (answer.kind === "too slow" || process.exitCode !== null) process.kill("SIGKILL")
      else idle.push(process)
      return answer
    } finally {
      busy--
      turns.shift()?.()
    }
  }

  function turn(limit: number): Promise<boolean> {
    return new Promise((resolve) => {
      const give = () => {
        clearTimeout(timer)
        resolve(true)
      }
      const timer = setTimeout(() => {
        turns.splice(turns.indexOf(give), 1)
        resolve(false)
      }, limit)
      turns.push(give)
    })
  }

  return {
    // What comes back was made by the same function, and came through a structured clone.
    read: read as Aside["read"],
    close() {
      for (const process of idle) process.kill()
    },
  }
}

/** Reads here and now, as long as it takes. */
export function readHere(store: Store): Aside {
  const read = async (name: ReadingName, asked: never) => ({
    kind: "read",
    value: await readings[name](store, asked),
  })
  return { read: read as Aside["read"], close() {} }
}

function startChild(path: string): Promise<ChildProcess> {
  const process = fork(child, [path], {
    env: {},
    execArgv: ["--disable-warning=ExperimentalWarning", "--max-old-space-size=256"],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  })
  process.unref()
  process.channel?.unref()
  return new Promise((resolve, reject) => {
    const failed = () => reject(new Error("The process that reads aside did not start."))
    const timer = setTimeout(failed, longestStart)
    process.once("exit", failed)
    process.once("message", () => {
      clearTimeout(timer)
      process.off("exit", failed)
      resolve(process)
    })
  })
}

function answerOf(
  process: ChildProcess,
  question: { name: ReadingName; asked: unknown },
  limit: number,
): Promise<AsideAnswer<unknown>> {
  return new Promise((resolve) => {
    const settle = (answer: AsideAnswer<unknown>) => {
      clearTimeout(timer)
      process.off("message", heard)
      process.off("exit", ended)
      resolve(answer)
    }
    const heard = (message: Exclude<ChildMessage, { kind: "ready" }>) => settle(message)
    const ended = () => settle({ kind: "failed", why: "The process that reads aside ended." })
    const timer = setTimeout(() => settle({ kind: "too slow" }), limit)
    process.on("message", heard)
    process.once("exit", ended)
    process.send(question)
  })
}
