import { z } from "zod"
import type { Json } from "../db/json.ts"
import type { AskedCall } from "../db/tables/runs.ts"
import type { Sandbox } from "../sandbox/sandbox.ts"
import type { Checker } from "./check.ts"
import type { Action, ActionContext } from "./define.ts"
import type { Gate } from "./gate.ts"

/** What a tool says to the model; with `ends`, the run ends there and the answer goes to the person. */
export type ToolResult = { text: string; isError: boolean; value?: Json; ends?: { answer: Json } }
export type ModelTool = {
  name: string
  description: string
  inputSchema: Record<string, Json>
  /** Whether a call whose result was lost may be made again. */
  repeatable: "always" | "if-it-only-read"
  run(input: Json, context: { signal: AbortSignal }): Promise<ToolResult>
}

/** What the tools of one run need. */
export type ToolDeps = {
  catalogue: readonly Action<never>[]
  /** Of these, what the run may call and the model hears of; left out, all. */
  offered?: readonly Action<never>[]
  gate: Gate
  sandbox: Sandbox
  checker: Checker
  context: Pick<ActionContext, "store" | "runId" | "taskId" | "leadId" | "clock" | "settle">
  /** Whether the run's work is settled, so that nothing is left to say. */
  isSettled(): boolean
}

/** A tool's input as JSON Schema, as briefly as a model needs it: what is too long or too much is said when it comes. */
export function inputSchemaOf(schema: z.ZodType): Record<string, Json> {
  const {
    $schema: _,
    additionalProperties: __,
    ...rest
  } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" })
  return JSON.parse(
    JSON.stringify(rest, (key, value) => (key === "minLength" || key === "maxLength" ? undefined : value)),
  )
}

export function failed(text: string): ToolResult {
  return { text, isError: true }
}

/** An answer to the model; once the run's work is settled, also the run's last. */
export function answered(text: string, answer: Json, { isSettled }: Pick<ToolDeps, "isSettled">): ToolResult {
  return isSettled() ? { text, isError: false, ends: { answer } } : { text, isError: false }
}

/** How a run ends that waits for a person's answer to a question; its task waits with it. */
export function waiting({ context }: Pick<ToolDeps, "context">, question: number, calls: AskedCall[]): ToolResult {
  const asked = calls.map(({ action, reason }) => `${action}: ${reason}`).join("\n")
  const text = `Waits for a person (question ${question}): ${asked}`
  if (context.taskId !== null) context.settle({ kind: "waiting", outcome: text, until: null })
  return { text, isError: false, ends: { answer: { question, waits_for: asked } } }
}
