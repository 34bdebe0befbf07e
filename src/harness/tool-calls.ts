import type { Json } from "../db/json.ts"
import type { AgentRun, LoopDeps } from "./loop.ts"
import type { UserBlock } from "./message.ts"
import type { ToolCall } from "./reply.ts"
import { say, type Talk } from "./talk.ts"
import type { ToolResult } from "./tool.ts"
import { resultBlock } from "./transcript.ts"

/** The longest tool result that the model is given, in characters. */
const longestResult = 50_000

/** Runs the calls of a message one after the other. Every one gets exactly one result, in order, whatever happens. Returns the answer of
 * the call that ends the run, if one does. */
export async function runCalls(
  deps: LoopDeps,
  run: AgentRun,
  talk: Talk,
  calls: ToolCall[],
  signal: AbortSignal,
): Promise<{ answer: Json } | null> {
  let ends: { answer: Json } | undefined
  for (const call of calls) {
    const skip = reasonToSkip(call, run, signal, ends !== undefined)
    const result = skip ? notRun(skip) : await runCall(run, talk, call, signal)
    ends ??= result.ends
    run.onEvent?.({ kind: "tool-ended", id: call.id, result })
    say(deps, run, talk, [resultOf(call.id, result)])
  }
  return ends ?? null
}

function reasonToSkip(call: ToolCall, run: AgentRun, signal: AbortSignal, hasEnded: boolean): string | null {
  if (signal.aborted) return "Not run: the run was stopped."
  if (hasEnded) return afterTheEnd
  if (run.steering && run.steering.length > 0)
    return "Not run: the person has said something meanwhile. Call again if it is still wanted."
  if (call.input.kind === "repeated") {
    return "Not run: it has the id of another call of this message. Call again if it was meant twice."
  }
  return null
}

export const afterTheEnd = "Not run: the call before it ended the run."

/** A tool starts when the results of those before it are on disk. */
export async function runCall(run: AgentRun, talk: Talk, call: ToolCall, signal: AbortSignal): Promise<ToolResult> {
  await talk.stored
  const tool = run.tools.find((one) => one.name === call.name)
  if (!tool || call.input.kind !== "complete") {
    return notRun(`There is no tool ${call.name}. There is: ${run.tools.map((one) => one.name).join(", ")}.`)
  }
  run.onEvent?.({ kind: "tool-started", call })
  const onProgress = (text: string) => run.onEvent?.({ kind: "tool-progress", id: call.id, text })
  const stopped = Promise.withResolvers<ToolResult>()
  const stop = () => stopped.resolve(notRun("Stopped while it ran; it may or may not have taken effect."))
  signal.addEventListener("abort", stop)
  try {
    return await Promise.race([tool.run(call.input.input, { runId: run.runId, signal, onProgress }), stopped.promise])
  } catch (error) {
    return notRun(`${call.name} failed: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    signal.removeEventListener("abort", stop)
  }
}

/** A result as it goes into the conversation. */
export function resultOf(id: string, { text, isError }: ToolResult): UserBlock {
  const left = text.length - longestResult
  const cut = left > 0 ? `${text.slice(0, longestResult)}\n[cut: ${left} more characters]` : text
  return resultBlock(id, cut.toWellFormed() || "(nothing)", isError ?? false)
}

/** The result of a call that did nothing, with why. */
export function notRun(text: string): ToolResult {
  return { text, isError: true }
}
