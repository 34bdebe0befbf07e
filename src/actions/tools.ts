import { z } from "zod"
import type { Json } from "../db/tables.ts"
import type { Outcome } from "../sandbox/outcome.ts"
import type { Sandbox } from "../sandbox/sandbox.ts"
import { declare, types } from "./declarations.ts"
import type { Action } from "./define.ts"
import type { Gate } from "./gate.ts"

/** What a tool says to the model; with `ends`, the run ends there and the answer goes to the person. */
export type ToolResult = { text: string; isError: boolean; ends?: { answer: Json } }
export type ModelTool = {
  name: string
  description: string
  inputSchema: Record<string, Json>
  run(input: Json, context: { signal: AbortSignal }): Promise<ToolResult>
}

export type ToolDeps = {
  catalogue: readonly Action<never>[]
  gate: Gate
  sandbox: Sandbox
  clock: () => Date
  seed: number
  /** Whether the run's work is settled, so that nothing is left to say. */
  isSettled(): boolean
}

/** Characters of a result that the model gets to read. */
const longestResult = 12_000
const codeInput = z.strictObject({ code: z.string().min(1).max(50_000) })
const searchInput = z.strictObject({ words: z.string().max(500) })

/** The two tools through which a model does everything: `execute` runs a script over the actions, `search` finds actions. */
export function modelTools(deps: ToolDeps): ModelTool[] {
  return [executeTool(deps), searchTool(deps.catalogue)]
}

function executeTool(deps: ToolDeps): ModelTool {
  return {
    name: "execute",
    description: executeText(deps.catalogue),
    inputSchema: schemaOf(codeInput),
    async run(input, { signal }) {
      const parsed = codeInput.safeParse(input)
      if (!parsed.success) return failed(`execute takes { code }: ${z.prettifyError(parsed.error)}`)
      const outcome = await deps.sandbox.run(
        {
          source: parsed.data.code,
          api: { actions: deps.catalogue.map((action) => action.name), markers: ["show"] },
          now: deps.clock().getTime(),
          seed: deps.seed,
        },
        async (name, args) => {
          const called = await deps.gate.call(name, args)
          return called.kind === "done" ? { kind: "value", value: called.value } : { kind: "error", message: called.reason }
        },
        { signal },
      )
      return resultOf(outcome, deps.isSettled())
    },
  }
}

function resultOf(outcome: Outcome, isSettled: boolean): ToolResult {
  const printed = outcome.printed ? `Printed:\n${cut(outcome.printed)}\n` : ""
  if (outcome.kind === "returned") {
    if (outcome.marker === "show") return { text: `${printed}Shown to the person.`, isError: false, ends: { answer: outcome.value } }
    const text = `${printed}Returned: ${cut(JSON.stringify(outcome.value))}`
    return isSettled ? { text, isError: false, ends: { answer: outcome.value } } : { text, isError: false }
  }
  if (outcome.kind === "paused") return failed(`${printed}The script waits for a person.`)
  const line = "line" in outcome && outcome.line !== null ? ` (line ${outcome.line})` : ""
  return failed(`${printed}${outcome.message}${line}`)
}

function searchTool(catalogue: readonly Action<never>[]): ModelTool {
  return {
    name: "search",
    description: "Finds actions by words, with their full declarations. No words: all of them.",
    inputSchema: schemaOf(searchInput),
    async run(input) {
      const parsed = searchInput.safeParse(input)
      if (!parsed.success) return failed(`search takes { words }: ${z.prettifyError(parsed.error)}`)
      const words = parsed.data.words.toLowerCase().match(/[a-z]+/g) ?? []
      const text = (action: Action<never>) => `${action.name} ${action.summary} ${action.effect}`.toLowerCase()
      const hits = catalogue
        .map((action) => ({ action, score: words.filter((word) => text(action).includes(word)).length }))
        .filter(({ score }) => words.length === 0 || score > 0)
        .toSorted((a, b) => b.score - a.score)
      const found = hits.length > 0 ? hits.map(({ action }) => `${declare(action)} // ${action.summary}`) : ["Nothing found."]
      return { text: cut(found.join("\n")), isError: false }
    },
  }
}

/** The execute tool's text: what a script may use, on one screen. */
function executeText(catalogue: readonly Action<never>[]): string {
  return `Runs a TypeScript script (body of an async function; await and return at its top level) over the actions below. Nothing else exists inside: no fetch, files or timers. What it returns comes back as JSON, print(...) adds lines. One script may do many steps: prefer loops to many calls.
return show(rows) gives rows straight to the person as a table and ends the turn: best for "show me ...".
An action that is refused throws; its message says why.

${types}

${catalogue.map((action) => `${declare(action)} // ${action.summary}`).join("\n")}

Values of a Seen's fields are only what stands on the page. Learn seen.facts as they are; own facts need evidence and a quote in its exact words, or else a reason.`
}

function schemaOf(schema: z.ZodType): Record<string, Json> {
  const { $schema, ...rest } = z.toJSONSchema(schema)
  return JSON.parse(JSON.stringify(rest))
}

function failed(text: string): ToolResult {
  return { text, isError: true }
}

function cut(text: string): string {
  if (text.length <= longestResult) return text
  return `${text.slice(0, longestResult)}\n[cut: ${text.length - longestResult} more characters; return less, or print what matters]`
}
