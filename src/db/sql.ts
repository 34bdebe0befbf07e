import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath, pathToFileURL } from "node:url"
import { isSealed } from "./sqlite.ts"

export type QueryQuestion = {
  path: string
  text: string
  limit: number
  hidden: string[]
  parameters: Record<string, string | number | null>
}
export type QueryAnswer =
  | { kind: "rows"; columns: string[]; rows: Record<string, string | number | null>[]; isCut: boolean }
  | { kind: "refused"; reason: string }

/** Asks in SQL. One process waits for the next question, so that an answer need not wait for a process. */
export type Queries = {
  ask(text: string, limit: number, parameters?: QueryQuestion["parameters"]): Promise<QueryAnswer>
  close(): void
}

/** How long a query may take, and how long its process may take to start, in milliseconds. */
const longest = 2_000
const longestStart = 15_000
const child = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "sql-child.ts" : "sql-child.js", import.meta.url))

/** Opens the way for SELECTs that came from outside the code. Each runs in a process of its own: two seconds, at most `limit` rows
 * and 5 MB, no file but this database, and none of the `hidden` tables. */
export function openQueries(path: string, hidden: string[] = []): Queries {
  let spare: ChildProcess | null = null
  return {
    ask(text, limit, parameters = {}) {
      const runner = spare ?? startRunner()
      spare = startRunner()
      return askRunner(runner, { path: locationOf(path), text, limit, hidden, parameters })
    },
    close() {
      spare?.kill("SIGKILL")
    },
  }
}

/** Asks one question, as `openQueries` does. `parameters` are the values of `:name` in the text. */
export function queryOutside(
  path: string,
  text: string,
  limit: number,
  hidden: string[] = [],
  parameters: QueryQuestion["parameters"] = {},
): Promise<QueryAnswer> {
  return askRunner(startRunner(), { path: locationOf(path), text, limit, hidden, parameters })
}

function locationOf(path: string): string {
  return isSealed(path) ? `${pathToFileURL(path)}?immutable=1` : path
}

/** A process that waits for one question. It does not keep this one alive. */
function startRunner(): ChildProcess {
  const runner = fork(child, [], {
    env: {},
    execArgv: ["--disable-warning=ExperimentalWarning", "--max-old-space-size=128"],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  })
  runner.unref()
  runner.channel?.unref()
  return runner
}

function askRunner(runner: ChildProcess, question: QueryQuestion): Promise<QueryAnswer> {
  return new Promise((resolve) => {
    runner.ref()
    runner.channel?.ref()
    let deadline = setTimeout(
      () => end("The query's process did not start. Try again when the machine is less busy."),
      longestStart,
    )
    runner.on("message", (message: "started" | QueryAnswer) => {
      if (message !== "started") return settle(message)
      clearTimeout(deadline)
      deadline = setTimeout(
        () => end(`The query took longer than ${longest / 1000} s. Ask for less, or by an indexed column.`),
        longest,
      )
    })
    runner.once("error", () => end("The query's process could not be started. Try again."))
    runner.once("exit", () => end("The query needed more memory than it may have. Ask for fewer or shorter values."))
    if (runner.exitCode === null) runner.send(question)
    else end("The query's process ended before it was asked. Try again.")

    function end(reason: string) {
      settle({ kind: "refused", reason })
    }

    function settle(answer: QueryAnswer) {
      clearTimeout(deadline)
      runner.kill("SIGKILL")
      resolve(answer)
    }
  })
}
