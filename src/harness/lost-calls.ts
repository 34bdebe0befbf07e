import { and, asc, eq, gte, ne } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Tool } from "./tool.ts"
import type { LostCall } from "./transcript.ts"

/** What is to be done about a call whose result died with its process. */
type Verdict = { kind: "repeat" } | { kind: "unknown"; say: string }

/** A call that can have changed nothing is made again. Of any other, the model is told what the log of actions knows,
 * because nobody else can say whether it took effect. */
export async function judgeLostCall(store: Store, lost: LostCall, tool: Tool | undefined): Promise<Verdict> {
  if (tool?.repeatable === "always") return { kind: "repeat" }
  const { calls } = tables
  const made = await store.read((db) =>
    db
      .select({ action: calls.action, effect: calls.effect, result: calls.result })
      .from(calls)
      .where(and(eq(calls.runId, lost.runId), ne(calls.verdict, "denied"), gte(calls.createdAt, lost.since)))
      .orderBy(asc(calls.id)),
  )
  if (tool?.repeatable === "if-it-only-read" && made.every((call) => call.effect === "read")) return { kind: "repeat" }
  const known = made.map(
    ({ action, result }) => `${action} (${result === null ? "not known whether it took effect" : wordFor(result)})`,
  )
  const log = known.length > 0 ? ` It had called ${known.join(", ")}.` : ""
  return {
    kind: "unknown",
    say: `The process ended before this call was answered; it may or may not have taken effect.${log} Look before you repeat it.`,
  }
}

function wordFor(result: string): string {
  return result === "ok" ? "done" : "failed"
}
