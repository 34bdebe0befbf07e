import { z } from "zod"
import type { Action } from "./define.ts"
import { askPerson } from "./questions.ts"
import { keepResult } from "./results.ts"
import { apiOf } from "./scripts.ts"
import { answered, failed, inputSchemaOf, type ModelTool, type ToolDeps, waiting } from "./tool.ts"

type PlainDeps = Omit<ToolDeps, "sandbox" | "checker">

/** The same actions as one tool each, for models that do not write scripts well: `leads.find` is the tool `leads_find`. */
export function plainTools(deps: PlainDeps): ModelTool[] {
  const { catalogue, offered = catalogue } = deps
  return offered.filter(({ effect }) => effect !== "govern").map((action) => plainTool(deps, action))
}

function plainTool(deps: PlainDeps, { name, summary, parameters, effect }: Action<never>): ModelTool {
  const { catalogue, gate, context } = deps
  const names = Object.keys(parameters)
  return {
    name: name.replace(".", "_"),
    description: summary,
    inputSchema: inputSchemaOf(z.strictObject(parameters)),
    repeatable: effect === "read" ? "always" : "if-it-only-read",
    async run(input) {
      const given = z.record(z.string(), z.json()).safeParse(input).data
      const unknown = Object.keys(given ?? {}).find((one) => !names.includes(one))
      if (!given || unknown)
        return failed(`${name} takes ${names.join(", ") || "nothing"}${unknown ? `, not ${unknown}` : ""}.`)
      const args = Object.keys(given).length === 0 ? [] : names.map((one) => given[one] ?? null)
      const called = await gate.call(name, args)
      if (called.kind === "ask") {
        const calls = [{ id: 1, action: name, arguments: args, reason: called.reason }]
        return waiting(deps, await askPerson(context, { calls, api: apiOf(catalogue), snapshot: null }), calls)
      }
      if (called.kind !== "done") return failed(called.reason)
      const text = await keepResult(context.store, context.runId, JSON.stringify(called.value), context.clock())
      return { ...answered(text, called.value, deps), value: called.value }
    },
  }
}
