import { openQuestions } from "../actions/questions.ts"
import type { Json } from "../db/json.ts"
import type { Store } from "../db/store.ts"
import type { Question } from "../db/tables.ts"

/** What a run asks, exactly, each with how it is answered; null if it asks nothing. */
export async function waitingText(store: Store, runId: number): Promise<string | null> {
  const open = await openQuestions(store, runId)
  if (open.length === 0) return null
  return open.map((one) => `${questionText(one)}\n${answerHint(one)}`).join("\n\n")
}

/** What is asked, with every argument as it will be given. */
export function questionText({ id, calls }: Question): string {
  const asked = calls.map(
    ({ action, arguments: args, reason }) =>
      `  ${action}(${args.map(exactly).join(", ")})\n    ${inPlainSight(reason)}`,
  )
  return [`This waits for your yes (question ${id}):`, ...asked].join("\n")
}

export function answerHint({ id }: Question): string {
  return `giant questions yes ${id} agrees, giant questions no ${id} declines.`
}

/** JSON with nothing in it that a terminal hides: an approval is for what was seen. */
function exactly(value: Json): string {
  return inPlainSight(JSON.stringify(value, null, 1).replace(/\n\s*/g, " "))
}

/** Text with nothing in it that a terminal hides. */
export function inPlainSight(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (hidden) => `\\u{${(hidden.codePointAt(0) ?? 0).toString(16)}}`)
}
