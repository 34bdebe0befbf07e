import { and, asc, eq, isNull } from "drizzle-orm"
import type { Db, Store } from "../db/store.ts"
import { type Run, tables } from "../db/tables.ts"
import { type ModelMessage, messageShape, type UserBlock, withMessage } from "./message.ts"

export type NewRun = {
  agent: string
  model: string
  prompt: string
  person: string
  taskId?: number | null
  leadId?: number | null
  /** The run that started this one, whose budget pays for it. */
  parentId?: number | null
}

/** Begins a run and returns its id. Whoever begins a run ends it, with `endRun`. */
export async function startRun(store: Store, run: NewRun, now: Date): Promise<number> {
  return store.write((db) => insertRun(db, run, now))
}

/** `startRun` within a transaction. */
export async function insertRun(db: Db, run: NewRun, now: Date): Promise<number> {
  const [row] = await db
    .insert(tables.runs)
    .values({ ...run, startedAt: now.toISOString() })
    .returning({ id: tables.runs.id })
  if (!row) throw new Error("The database gave a new run no id.")
  return row.id
}

/** Writes down what a run came to. A run that has already ended, such as one declared interrupted, stays as it is. */
export async function endRun(
  db: Db,
  runId: number,
  end: { outcome: NonNullable<Run["outcome"]>; summary: string },
  now: Date,
): Promise<void> {
  await db
    .update(tables.runs)
    .set({ outcome: end.outcome, summary: end.summary.slice(0, 2_000), endedAt: now.toISOString() })
    .where(and(eq(tables.runs.id, runId), isNull(tables.runs.endedAt)))
}

/** Adds a message to a run's transcript. */
export async function addMessage(
  db: Db,
  runId: number,
  message: ModelMessage & { stopReason?: string | null },
  now: Date,
): Promise<void> {
  const { role, content, stopReason = null } = message
  await db.insert(tables.messages).values({ runId, role, content, stopReason, createdAt: now.toISOString() })
}

/** A run's conversation, fit to be gone on with: a tool call whose result was lost with its process gets one that says
 * so. */
export async function readTranscript(store: Store, runId: number): Promise<ModelMessage[]> {
  const rows = await store.read((db) =>
    db.select().from(tables.messages).where(eq(tables.messages.runId, runId)).orderBy(asc(tables.messages.id)),
  )
  let conversation: ModelMessage[] = []
  for (const row of rows) {
    if (row.role === "assistant") conversation = withMessage(conversation, lostResults(conversation))
    conversation = withMessage(conversation, messageShape.parse(row))
  }
  return withMessage(conversation, lostResults(conversation))
}

/** Results for those calls of the last assistant message that have none. */
function lostResults(conversation: ModelMessage[]): ModelMessage {
  const asked = conversation.findLast((message) => message.role === "assistant")?.content ?? []
  const last = conversation.at(-1)
  const answers = last?.role === "user" ? last.content : []
  const answered = new Set(answers.flatMap((block) => (block.type === "tool_result" ? [block.tool_use_id] : [])))
  const lost = asked.flatMap((block) => (block.type === "tool_use" && !answered.has(block.id) ? [block.id] : []))
  return { role: "user", content: lost.map(lostResult) }
}

function lostResult(id: string): UserBlock {
  return {
    type: "tool_result",
    tool_use_id: id,
    content:
      "The process ended before this call was answered; it may or may not have taken effect. Look before you repeat it.",
    is_error: true,
  }
}
