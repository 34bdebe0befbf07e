import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath, pathToFileURL } from "node:url"
import { type Place, placeOf } from "./place.ts"
import { openOutside } from "./postgres/outside.ts"
import { isSealed } from "./sqlite.ts"

export type QueryQuestion = {
  path: string
  text: string
  limit: number
  hidden: string[]
  parameters: Record<string, string | number | null>
}
export type QueryAnswer =
  | {
      kind: "rows"
      columns: string[]
      rows: Record<string, string | number | null>[]
      isCut: boolean
      /** The tables that were read. */
      reads: string[]
    }
  | { kind: "refused"; reason: string }

/** Asks in SQL. A process that answered in time waits for the next question, so that an answer need not wait for a process. */
export type Queries = {
  ask(text: string, limit: number, parameters?: QueryQuestion["parameters"]): Promise<QueryAnswer>
  close(): void
}

/** How long a query may take, and how long its process may take to start, in milliseconds. */
const longest = 2_000
const longestStart = 60_000
const child = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "sql-child.ts" : "sql-child.js", import.meta.url))

/** Opens the way for SELECTs that came from outside the code. Each has a process to itself while it runs: two seconds, at most `limit`
 * rows and 5 MB, no file but this database, and none of the `hidden` tables and columns (`table`, or `table.column`). */
export function openQueries(at: string | Place, hidden: string[] = []): Queries {
  const place = typeof at === "string" ? placeOf(at) : at
  if (place.engine === "postgres") return openOutside(place, hidden)
  const { path } = place
  let idle: ChildProcess | null = null
  let isClosed = false

  function rest(runner: ChildProcess): void {
    if (isClosed || idle || !runner.connected) runner.kill("SIGKILL")
    else idle = runner
  }

  return {
    async ask(text, limit, parameters = {}) {
      const runner = idle?.connected ? idle : startRunner()
      idle = null
      const answer = await askRunner(runner, { path: locationOf(path), text, limit, hidden, parameters })
      rest(runner)
      return answer
    },
    close() {
      isClosed = true
      idle?.kill("SIGKILL")
    },
  }
}

/** Asks one question, as `openQueries` does. `parameters` are the values of `:name` in the text. */
export async function queryOutside(
  at: string | Place,
  text: string,
  limit: number,
  hidden: string[] = [],
  parameters: QueryQuestion["parameters"] = {},
): Promise<QueryAnswer> {
  const queries = openQueries(at, hidden)
  const answer = await queries.ask(text, limit, parameters)
  queries.close()
  return answer
}

function locationOf(path: string): string {
  return isSealed(path) ? `${pathToFileURL(path)}?immutable=1` : path
}

/** A process that waits for questions. It does not keep this one alive. */
function startRunner(): ChildProcess {
  const runner = fork(child, [], {
    env: {},
    execArgv: ["--disable-warning=ExperimentalWarning", "--max-old-space-size=128"],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  })
  // Between two questions it concerns nobody.
  runner.on("error", () => {})
  runner.unref()
  runner.channel?.unref()
  return runner
}

/** One question; a process that does not answer it in time is ended. */
function askRunner(runner: ChildProcess, question: QueryQuestion): Promise<QueryAnswer> {
  return new Promise((resolve) => {
    const noStart = () => end("The query's process did not start. Try again when the machine is less busy.")
    const tooLong = () => end(`The query took longer than ${longest / 1000} s. Ask for less, or by an indexed column.`)
    const failed = () => end("The query's process could not be started. Try again.")
    const ended = () => end("The query needed more memory than it may have. Ask for fewer or shorter values.")
    const hear = (message: "started" | QueryAnswer) => {
      clearTimeout(deadline)
      if (message === "started") deadline = setTimeout(tooLong, longest)
      else settle(message)
    }
    let deadline = setTimeout(noStart, longestStart)
    runner.ref()
    runner.channel?.ref()
    runner.on("message", hear)
    runner.once("error", failed)
    runner.once("exit", ended)
    if (runner.exitCode === null && runner.connected) runner.send(question)
    else end("The query's process ended before it was asked. Try again.")

    function end(reason: string) {
      runner.kill("SIGKILL")
      if (runner.connected) runner.disconnect()
      settle({ kind: "refused", reason })
    }

    function settle(answer: QueryAnswer) {
      clearTimeout(deadline)
      runner.off("message", hear)
      runner.off("exit", ended)
      runner.off("error", failed)
      runner.unref()
      runner.channel?.unref()
      resolve(answer)
    }
  })
}
