import type { Json, JsonObject } from "../db/json.ts"

/** What the model may call. A tool checks its own input and answers a bad one with an error result. */
export type Tool = {
  name: string
  /** Read by the model. */
  description: string
  /** JSON Schema of an object. */
  inputSchema: Record<string, Json>
  /** Whether a call whose result died with its process may be made again. `if-it-only-read`: whatever it does is an
   * action, and the log of actions shows no other effect. Left out: never. */
  repeatable?: "always" | "if-it-only-read"
  run(input: JsonObject, context: ToolContext): Promise<ToolResult>
}

type ToolContext = {
  runId: number
  /** Aborts when the run is stopped; what the tool says after that is dropped. */
  signal: AbortSignal
  onProgress(text: string): void
}

export type ToolResult = {
  /** Read by the model. */
  text: string
  isError?: boolean
  /** What an action returned, whole: the text may be cut. */
  value?: Json
  /** The run ends here with this answer, without another request to the model. */
  ends?: { answer: Json }
}
