import { and, asc, desc, eq, inArray, isNull } from "drizzle-orm"
import type { JsonObject } from "../db/json.ts"
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
  /** The run that asked this one something, whose budget pays for it; or an ended run whose conversation goes on here. */
  parentId?: number | null
  /** Until when its process is believed to live, where no task's lease says so. */
  watchedUntil?: string
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

/** Ends runs whose process is gone. What such a run had set aside for an answer stays counted as spent, because it may
 * have been paid, and its summary says so. */
export async function endAsInterrupted(db: Db, runIds: number[], now: Date): Promise<void> {
  const { messages } = tables
  for (const runId of runIds) {
    const [last] = await db
      .select({ role: messages.role })
      .from(messages)
      .where(eq(messages.runId, runId))
      .orderBy(desc(messages.id))
      .limit(1)
    const summary =
      last?.role === "user"
        ? "Its process ended while the model was to answer; its cost is at most what stands here."
        : "Its process ended."
    await endRun(db, runId, { outcome: "interrupted", summary }, now)
  }
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

/** A conversation as far as it is stored. */
export type Conversation = {
  messages: ModelMessage[]
  /** Calls at its end without a result, because their process ended. */
  lost: LostCall[]
}

/** `since`: from when on the run's log of actions may speak of this call. */
export type LostCall = { id: string; name: string; input: JsonObject; runId: number; since: string }

/** The conversation that ends with a run: a run goes on with what its parent left, if the parent had ended before. (A
 * parent still at work has asked this run something, which is a conversation of its own.) */
export async function readConversation(store: Store, lastRunId: number): Promise<Conversation> {
  const turns = await turnsUpTo(store, lastRunId)
  const rows = await store.read((db) =>
    db.select().from(tables.messages).where(inArray(tables.messages.runId, turns)).orderBy(asc(tables.messages.id)),
  )
  let messages: ModelMessage[] = []
  for (const row of rows) {
    const message = messageShape.parse(row)
    // Whatever is no result shows that there will be none for the calls before it.
    if (!hasResults(message))
      messages = withMessage(messages, { role: "user", content: openCalls(messages).map(lostResult) })
    messages = withMessage(messages, message)
  }
  const last = rows.at(-1)
  if (!last) return { messages, lost: [] }
  const { runId, createdAt: since } = last
  return { messages, lost: openCalls(messages).map(({ id, name, input }) => ({ id, name, input, runId, since })) }
}

/** A result that tells the model what became of a call. */
export function resultBlock(id: string, text: string, isError: boolean): UserBlock {
  return { type: "tool_result", tool_use_id: id, content: text, ...(isError ? { is_error: true } : {}) }
}

async function turnsUpTo(store: Store, runId: number): Promise<number[]> {
  const { runs } = tables
  const turns: number[] = []
  for (let id: number | null = runId; id !== null; ) {
    const [run] = await store.read((db) =>
      db
        .select()
        .from(runs)
        .where(eq(runs.id, id ?? 0)),
    )
    if (!run) break
    turns.push(run.id)
    const [parent] =
      run.parentId === null
        ? []
        : await store.read((db) =>
            db
              .select()
              .from(runs)
              .where(eq(runs.id, run.parentId ?? 0)),
          )
    id = parent?.endedAt && parent.endedAt <= run.startedAt ? parent.id : null
  }
  return turns
}

/** The calls of the last assistant message that have no result. */
function openCalls(messages: ModelMessage[]) {
  const asked = messages.findLast((message) => message.role === "assistant")?.content ?? []
  const last = messages.at(-1)
  const answers = last?.role === "user" ? last.content : []
  const answered = new Set(answers.flatMap((block) => (block.type === "tool_result" ? [block.tool_use_id] : [])))
  return asked.flatMap((block) => (block.type === "tool_use" && !answered.has(block.id) ? [block] : []))
}

function hasResults(message: ModelMessage): boolean {
  return message.role === "user" && message.content.some((block) => block.type === "tool_result")
}

function lostResult({ id }: { id: string }): UserBlock {
  return resultBlock(id, "Its result was lost; it may or may not have taken effect.", true)
}
