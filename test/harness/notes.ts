import type { Block, ModelRequestBody, ScriptedCall } from "./messages-server.ts"

/** A call of the tool that notes something. */
export const note = (text: string, more: Partial<ScriptedCall> = {}): ScriptedCall => ({
  name: "note",
  input: { text },
  ...more,
})

/** What was said to the model last. */
export const lastWords = (body: ModelRequestBody): Block[] => body.messages.at(-1)?.content ?? []

/** The results of calls among it, by their ids. */
export const resultsIn = (body: ModelRequestBody): [string, string][] =>
  lastWords(body)
    .filter((block) => block.type === "tool_result")
    .map((block) => [block.tool_use_id ?? "", block.content ?? ""])
