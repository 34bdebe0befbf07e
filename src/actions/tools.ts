import { z } from "zod"
import type { Store } from "../db/store.ts"
import type { Json } from "../db/tables.ts"
import type { Outcome } from "../sandbox/outcome.ts"
import type { Sandbox } from "../sandbox/sandbox.ts"
import type { Api } from "../sandbox/script.ts"
import type { Checked, Checker } from "./check.ts"
import { declareBriefly, typesOf, versionOf } from "./declarations.ts"
import type { Action, ActionContext } from "./define.ts"
import type { Called, Gate } from "./gate.ts"
import { askPerson } from "./questions.ts"
import { keepResult } from "./results.ts"
import { searchTool } from "./search.ts"

/** What a tool says to the model; with `ends`, the run ends there and the answer goes to the person. */
export type ToolResult = { text: string; isError: boolean; ends?: { answer: Json } }
export type ModelTool = {
  name: string
  description: string
  inputSchema: Record<string, Json>
  /** Whether a call whose result was lost may be made again. */
  repeatable?: "always" | "if-it-only-read"
  run(input: Json, context: { signal: AbortSignal }): Promise<ToolResult>
}

export type ToolDeps = {
  catalogue: readonly Action<never>[]
  gate: Gate
  sandbox: Sandbox
  checker: Checker
  context: Pick<ActionContext, "runId" | "taskId" | "leadId" | "clock" | "settle"> & { store: Store }
  /** Whether the run's work is settled, so that nothing is left to say. */
  isSettled(): boolean
}

const codeInput = z.strictObject({ code: z.string().min(1).max(50_000) })

/** The two tools through which a model does everything: `execute` runs a script over the actions, `search` finds actions. */
export function modelTools(deps: ToolDeps): ModelTool[] {
  return [executeTool(deps), searchTool(deps)]
}

/** What scripts over these actions are written for. */
export function apiOf(catalogue: readonly Action<never>[]): Api & { version: string } {
  return { actions: catalogue.map((action) => action.name), markers: ["show"], version: versionOf(catalogue) }
}

/** What the sandbox is told of a call. */
export function callOutcome(called: Called) {
  if (called.kind === "done") return { kind: "value", value: called.value } as const
  return called.kind === "ask" ? ({ kind: "pause" } as const) : ({ kind: "error", message: called.reason } as const)
}

/** A tool's input as JSON Schema. */
export function inputSchemaOf(schema: z.ZodType): Record<string, Json> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" })
  return JSON.parse(JSON.stringify(rest))
}

function executeTool(deps: ToolDeps): ModelTool {
  const { catalogue, gate, sandbox, checker, context } = deps
  const api = apiOf(catalogue)
  return {
    name: "execute",
    description: executeText(catalogue),
    inputSchema: inputSchemaOf(codeInput),
    repeatable: "if-it-only-read",
    async run(input, { signal }) {
      const parsed = codeInput.safeParse(input)
      if (!parsed.success) return failed(`execute takes { code }: ${z.prettifyError(parsed.error)}`)
      const source = parsed.data.code
      const checked = await checker.check(source)
      if (checked.kind === "wrong") return failed(problemText(checked))
      const reasons = new Map<string, string>()
      const outcome = await sandbox.run(
        { source, api, now: context.clock().getTime(), seed: context.runId },
        async (name, args) => {
          const called = await gate.call(name, args)
          if (called.kind === "ask") reasons.set(JSON.stringify([name, args]), called.reason)
          return callOutcome(called)
        },
        { signal },
      )
      if (outcome.kind !== "paused") return resultOf(deps, outcome)
      const calls = outcome.waiting.map(({ id, name, args }) => ({
        ...{ id, action: name, arguments: args },
        reason: reasons.get(JSON.stringify([name, args])) ?? "",
      }))
      return waits(deps, await askPerson(context, { calls, api, snapshot: outcome.snapshot }), calls)
    },
  }
}

async function resultOf(
  { context, isSettled }: ToolDeps,
  outcome: Exclude<Outcome, { kind: "paused" }>,
): Promise<ToolResult> {
  const printed = outcome.printed ? `Printed:\n${outcome.printed}` : ""
  if (outcome.kind !== "returned") {
    const line = "line" in outcome && outcome.line !== null ? ` (line ${outcome.line})` : ""
    return failed(await keep(`${printed}${outcome.message}${line}`))
  }
  if (outcome.marker === "show") {
    return { text: await keep(`${printed}Shown to the person.`), isError: false, ends: { answer: outcome.value } }
  }
  const text = await keep(`${printed}Returned: ${JSON.stringify(outcome.value)}`)
  return isSettled() ? { text, isError: false, ends: { answer: outcome.value } } : { text, isError: false }

  function keep(text: string): Promise<string> {
    return keepResult(context.store, context.runId, text, context.clock())
  }
}

/** What a run says that waits for a person: it ends, and goes on when the person has answered. */
export function waits(
  { context }: Pick<ToolDeps, "context">,
  question: number,
  calls: { action: string; reason: string }[],
): ToolResult {
  const asked = calls.map(({ action, reason }) => `${action}: ${reason}`).join("\n")
  const outcome = `Waits for a person (question ${question}): ${asked}`
  if (context.taskId !== null) context.settle({ kind: "waiting", outcome, until: null })
  return { text: outcome, isError: false, ends: { answer: { question, waits_for: asked } } }
}

function problemText({ problems }: Checked & { kind: "wrong" }): string {
  const lines = problems.map(
    ({ line, message, declared }) => `line ${line}: ${message}${declared ? `\n  ${declared}` : ""}`,
  )
  return ["Nothing was run, because the script does not fit the declarations:", ...new Set(lines)].join("\n")
}

/** The execute tool's text: what a script may use, on one screen. */
function executeText(catalogue: readonly Action<never>[]): string {
  const core = catalogue.filter(({ name }) => begin.includes(name))
  const rest = catalogue.filter(({ name }) => !begin.includes(name))
  const names = [...Map.groupBy(rest, ({ name }) => name.slice(0, name.indexOf(".")))].map(
    ([namespace, actions]) => `${namespace}: ${actions.map(({ name }) => name.slice(namespace.length + 1)).join(", ")}`,
  )
  return `Runs a TypeScript script (the body of an async function) over the CRM's actions; what it returns comes back as JSON, print(...) adds lines. Nothing else exists inside: no fetch, files or timers. One script does many steps; loops cost nothing.
return show(rows) hands rows straight to the person as a table and ends the turn: the answer to "show me ...".
Await every action. One that is refused throws and says why; one that needs a person's yes stops the script until then.

${typesOf(core, ["PageFields"])}

${core.map((action) => declareBriefly(action)).join("\n")}
More, declared by search: ${names.join("; ")}.

Learn seen.facts as they are: their page proves them. A fact of your own needs evidence and its exact words as quote, or a reason. What no page says stays empty.`
}

/** The actions that most scripts begin with; their declarations stand in the tool's text. */
const begin = [
  "leads.find",
  "leads.get",
  "leads.learn",
  "companies.learn",
  "linkedin.profile",
  "x.profile",
  "web.site",
  "tasks.done",
  "sql.query",
]

function failed(text: string): ToolResult {
  return { text, isError: true }
}
