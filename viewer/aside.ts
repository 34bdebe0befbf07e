import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { type Place, placeOf } from "../src/db/place.ts"
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

/** How long a process may take to start, in milliseconds. */
const longestStart = 60_000
const child = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "aside-child.ts" : "aside-child.js", import.meta.url),
)

/** What may take longer than this, in milliseconds, has a process of its own, so that nobody waits behind it who looks at a table. */
const long = 10_000

/** Three processes at most, started when they are needed; one that takes too long is ended, because nothing else stops SQLite. */
export function openAside(at: string | Place): Aside {
  const place = typeof at === "string" ? placeOf(at) : at
  const [quick, slow] = [openLane(place, 2), openLane(place, 1)]
  return {
    read: (name, asked, limit) => (limit > long ? slow : quick).read(name, asked, limit),
    close() {
      quick.close()
      slow.close()
    },
  }
}

function openLane(place: Place, mostAtOnce: number): Aside {
  const idle: ChildProcess[] = []
  const turns: (() => void)[] = []
  let busy = 0
  let isClosed = false

  async function read(name: ReadingName, asked: unknown, limit: number): Promise<AsideAnswer<unknown>> {
    if (busy === mostAtOnce && !(await turn(limit))) return { kind: "too slow" }
    busy++
    try {
      const reader = idle.pop() ?? (await startChild(place))
      const answer = await answerOf(reader, { name, asked }, limit)
      if (isClosed || answer.kind === "too slow" || reader.exitCode !== null) reader.kill("SIGKILL")
      else idle.push(reader)
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
      isClosed = true
      for (const reader of idle) reader.kill()
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

function startChild(place: Place): Promise<ChildProcess> {
  const reader = fork(child, [], {
    env: {},
    execArgv: ["--disable-warning=ExperimentalWarning", "--max-old-space-size=256"],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  })
  reader.unref()
  reader.channel?.unref()
  // Not among its arguments, which everybody on the machine may read: a URL holds a password.
  reader.send(place)
  return new Promise((resolve, reject) => {
    const failed = () => reject(new Error("The process that reads aside did not start."))
    const timer = setTimeout(failed, longestStart)
    reader.once("exit", failed)
    reader.once("message", () => {
      clearTimeout(timer)
      reader.off("exit", failed)
      resolve(reader)
    })
  })
}

function answerOf(
  reader: ChildProcess,
  question: { name: ReadingName; asked: unknown },
  limit: number,
): Promise<AsideAnswer<unknown>> {
  return new Promise((resolve) => {
    const settle = (answer: AsideAnswer<unknown>) => {
      clearTimeout(timer)
      reader.off("message", heard)
      reader.off("exit", ended)
      resolve(answer)
    }
    const heard = (message: Exclude<ChildMessage, { kind: "ready" }>) => settle(message)
    const ended = () => settle({ kind: "failed", why: "The process that reads aside ended." })
    const timer = setTimeout(() => settle({ kind: "too slow" }), limit)
    reader.on("message", heard)
    reader.once("exit", ended)
    reader.send(question)
  })
}
