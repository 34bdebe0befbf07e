import { z } from "zod"
import { askPerson } from "./questions.ts"
import { keepResult } from "./results.ts"
import { apiOf, inputSchemaOf, type ModelTool, type ToolDeps, type ToolResult, waits } from "./tools.ts"

/** The same actions as one tool each, for models that do not write scripts well: `leads.find` is the tool `leads_find`. */
export function plainTools({
  catalogue,
  gate,
  context,
  isSettled,
}: Omit<ToolDeps, "sandbox" | "checker">): ModelTool[] {
  return catalogue
    .filter(({ effect }) => effect !== "govern")
    .map((action) => ({
      name: action.name.replace(".", "_"),
      description: action.summary,
      inputSchema: inputSchemaOf(z.strictObject(action.parameters)),
      repeatable: "if-it-only-read",
      async run(input): Promise<ToolResult> {
        const named = z.record(z.string(), z.json()).safeParse(input)
        if (!named.success) return { text: `${action.name} takes an object of its arguments.`, isError: true }
        const unknown = Object.keys(named.data).find((name) => !(name in action.parameters))
        if (unknown)
          return {
            text: `${action.name} takes ${Object.keys(action.parameters).join(", ")}, not ${unknown}.`,
            isError: true,
          }
        const args = Object.keys(action.parameters).map((name) => named.data[name] ?? null)
        const called = await gate.call(action.name, args)
        if (called.kind === "ask") {
          const calls = [{ id: 1, action: action.name, arguments: args, reason: called.reason }]
          return waits({ context }, await askPerson(context, { calls, api: apiOf(catalogue), snapshot: null }), calls)
        }
        if (called.kind !== "done") return { text: called.reason, isError: true }
        const text = await keepResult(context.store, context.runId, JSON.stringify(called.value), context.clock())
        return isSettled() ? { text, isError: false, ends: { answer: called.value } } : { text, isError: false }
      },
    }))
}
