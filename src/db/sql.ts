import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"

export type QueryQuestion = { path: string; text: string; limit: number; hidden: string[] }
export type QueryAnswer =
  | { kind: "rows"; columns: string[]; rows: Record<string, string | number | null>[]; isCut: boolean }
  | { kind: "refused"; reason: string }

const longest = 2_000
const child = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "sql-child.ts" : "sql-child.js", import.meta.url))

/** Runs a SELECT that came from outside the code in a process of its own: two seconds, at most `limit` rows, no file but this
 * database. `hidden` tables cannot be read. */
export function queryOutside(path: string, text: string, limit: number, hidden: string[] = []): Promise<QueryAnswer> {
  return new Promise((resolve) => {
    const runner = fork(child, [], {
      env: {},
      execArgv: ["--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    })
    const deadline = setTimeout(() => {
      runner.kill("SIGKILL")
      resolve({
        kind: "refused",
        reason: `The query took longer than ${longest / 1000} s. Ask for less, or by an indexed column.`,
      })
    }, longest)
    runner.once("message", (answer: QueryAnswer) => {
      clearTimeout(deadline)
      resolve(answer)
    })
    runner.once("exit", () => {
      clearTimeout(deadline)
      resolve({ kind: "refused", reason: "The query was ended by the database." })
    })
    runner.send({ path, text, limit, hidden } satisfies QueryQuestion)
  })
}
