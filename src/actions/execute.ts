import { z } from "zod"
import type { Outcome } from "../sandbox/outcome.ts"
import type { Checked } from "./check.ts"
import { declareBriefly, typesOf } from "./declarations.ts"
import type { Action } from "./define.ts"
import { askPerson } from "./questions.ts"
import { keepResult } from "./results.ts"
import { apiOf, callsThrough, longestScript } from "./scripts.ts"
import { answered, failed, inputSchemaOf, type ModelTool, type ToolDeps, type ToolResult, waiting } from "./tool.ts"

const codeInput = z.strictObject({ code: z.string().min(1).max(50_000) })

/** Runs a script over the actions, if its types are right. */
export function executeTool(deps: ToolDeps): ModelTool {
  const { catalogue, offered = catalogue, gate, sandbox, checker, context } = deps
  const api = apiOf(catalogue)
  return {
    name: "execute",
    description: executeText(offered),
    inputSchema: inputSchemaOf(codeInput),
    repeatable: "if-it-only-read",
    async run(input, { signal }) {
      const parsed = codeInput.safeParse(input)
      if (!parsed.success) return failed(`execute takes { code }: ${z.prettifyError(parsed.error)}`)
      const source = parsed.data.code
      const checked = await checker.check(source)
      if (checked.kind === "wrong") return failed(problemText(checked))
      const script = { source, api, now: context.clock().getTime(), seed: context.runId }
      const calls = callsThrough(gate, catalogue)
      const outcome = await sandbox.run(script, calls.call, { signal, limits: { wallMs: longestScript } })
      if (outcome.kind !== "paused") return resultOf(deps, outcome, calls.done())
      const held = calls.held(outcome.waiting)
      return waiting(deps, await askPerson(context, { calls: held, api, snapshot: outcome.snapshot }), held)
    },
  }
}

function problemText({ problems }: Checked & { kind: "wrong" }): string {
  const lines = problems.map(({ line, message }) => `line ${line}: ${message}`)
  const declared = problems.flatMap((problem) => problem.declared ?? [])
  return ["Nothing was run, because the script has mistakes:", ...new Set(lines), ...new Set(declared)].join("\n")
}

async function resultOf(
  deps: ToolDeps,
  outcome: Exclude<Outcome, { kind: "paused" }>,
  done: string,
): Promise<ToolResult> {
  const { store, runId, clock } = deps.context
  const keep = (text: string) => keepResult(store, runId, text, clock())
  const printed = outcome.printed ? `Printed:\n${outcome.printed}` : ""
  if (outcome.kind !== "returned") {
    const line = "line" in outcome && outcome.line !== null ? ` (line ${outcome.line})` : ""
    const stands = done ? `\nDone before that, and it stands: ${done}.` : ""
    return failed(await keep(`${printed}${outcome.message}${line}${stands}`))
  }
  const { value: answer, marker } = outcome
  const wrote = done ? `Done: ${done}.\n` : ""
  if (marker === "show") {
    return { text: await keep(`${printed}${wrote}Shown to the person.`), isError: false, ends: { answer } }
  }
  return answered(await keep(`${printed}${wrote}Returned: ${JSON.stringify(answer)}`), answer, deps)
}

/** The execute tool's text: what a script may use, on one screen. */
function executeText(catalogue: readonly Action<never>[]): string {
  const core = catalogue.filter(({ name }) => begin.includes(name))
  const rest = catalogue.filter(({ name }) => !begin.includes(name))
  const names = [...Map.groupBy(rest, ({ name }) => name.slice(0, name.indexOf(".")))].map(
    ([namespace, actions]) => `${namespace}: ${actions.map(({ name }) => name.slice(namespace.length + 1)).join(", ")}`,
  )
  return `Runs a TypeScript script (the body of an async function) over the CRM's actions; what it returns comes back as JSON, print(...) adds lines. Nothing else exists inside: no fetch, files or timers; new Date() is now. One script does many steps; loops cost nothing.
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
