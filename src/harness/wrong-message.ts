import type { MessageReply } from "./reply.ts"

/** `say`: what the model is told, so that it can mend it. */
export type Wrong = { failure: "cut" | "bad-call" | "empty" | "context-overflow"; say: string }

/** Why a message cannot be taken as it is; null if it can. */
export function whatIsWrong({ content, calls, stopReason }: MessageReply): Wrong | null {
  if (stopReason === "max_tokens") {
    return {
      failure: "cut",
      say: "Your message was longer than it may be and was cut; none of its calls were run. Go on in shorter steps.",
    }
  }
  if (stopReason === "model_context_window_exceeded") {
    return {
      failure: "context-overflow",
      say: "Your message was cut, because the conversation is nearly too long. Old results are shortened where they can be; go on briefly.",
    }
  }
  const broken = calls.find((call) => call.input.kind === "cut")
  if (broken) {
    return {
      failure: "bad-call",
      say: `The input of ${broken.name} is no JSON object, so no call of this message was run. Send them again.`,
    }
  }
  if (calls.length > 0 && stopReason !== "tool_use") {
    return {
      failure: "bad-call",
      say: `The message called a tool but ended as ${stopReason}, so nothing was run. Call again.`,
    }
  }
  if (calls.length === 0 && stopReason === "tool_use") {
    return { failure: "bad-call", say: "The message ended to use a tool but called none. Call it, or answer in words." }
  }
  if (content.length === 0) {
    return { failure: "empty", say: "Your message was empty. Go on, or say in a sentence what came of it." }
  }
  return null
}
