import type { Answered } from "./asking.ts"
import { documentOf, frameHeaders } from "./document.ts"
import { versionOf } from "./proposal.ts"

/** Free HTML as a browser is to try it. */
export function trialOf(html: string, answers: Record<string, Answered>) {
  const rows = Object.entries(answers).flatMap(([name, answer]) =>
    answer.kind === "rows" ? [[name, { rows: answer.rows, versions: answer.rows.map(versionOf) }] as const] : [],
  )
  return { document: documentOf(html), headers: frameHeaders("*"), rows: Object.fromEntries(rows) }
}
