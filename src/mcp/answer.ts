import { shownOf } from "../conversation/answers.ts"
import { pathOf } from "../conversation/path.ts"
import type { Json, JsonObject } from "../db/json.ts"
import type { McpDeps } from "./session.ts"

/** Rows that a client is given at once; the address leads to the others. */
const mostRows = 50
const longestCell = 120

/** What an answer to the person is in somebody else's agent: a table in Markdown and where the person sees it, or the address of the
 * page where they decide. `said` is what a tool had to say besides. */
export async function answerText(
  { store, viewer }: Pick<McpDeps, "store" | "viewer">,
  runId: number,
  answer: Json,
  said: string,
): Promise<string> {
  const shown = await shownOf(store, runId, answer)
  if (shown.kind === "question") {
    return `This waits for the person's yes, and nothing of it was done: ${shown.waitsFor}\nOnly they can decide, on this page: ${await viewer()}/questions/${shown.id}\nTell them so. The next call of a tool says what became of it, and so does the resource giant://questions/${shown.id}.`
  }
  if (shown.kind === "value") return answer === null ? said : JSON.stringify(shown.value)
  const path = await pathOf(store, runId, shown)
  const place = path === null ? [] : [`${await viewer()}${path}`]
  if (shown.kind === "view") return [`${shown.title} is ready for the person:`, ...place].join(" ")
  const more = shown.rows.length - mostRows
  const rest = more > 0 ? [`and ${more} more rows`] : []
  return [tableOf(shown.rows.slice(0, mostRows)), ...rest, ...place.map((one) => `The same table: ${one}`)].join("\n")
}

/** Rows as a table in Markdown; columns without any value are left out. */
export function tableOf(rows: JsonObject[]): string {
  if (rows.length === 0) return "Nothing matches."
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((column) =>
    rows.some((row) => cellOf(row[column] ?? null) !== ""),
  )
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`
  return [
    line(columns),
    line(columns.map(() => "---")),
    ...rows.map((row) => line(columns.map((column) => cellOf(row[column] ?? null)))),
  ].join("\n")
}

function cellOf(value: Json): string {
  if (value === null) return ""
  const text = typeof value === "object" ? JSON.stringify(value) : String(value)
  if (text === "{}" || text === "[]") return ""
  const plain = text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").replace(/[|\\]/g, "\\$&")
  return plain.length > longestCell ? `${plain.slice(0, longestCell - 1)}…` : plain
}
