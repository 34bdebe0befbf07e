import { asc, eq, getTableColumns, inArray } from "drizzle-orm"
import { z } from "zod"
import type { Store } from "../db/store.ts"
import { type GivenAnswer, type Question, type Run, tables } from "../db/tables.ts"
import { answersOf, type Shown, shownOf } from "./answers.ts"
import type { Conversation } from "./history.ts"
import { openNarration } from "./narration.ts"
import { stateOfChanges } from "./undo.ts"

/** A turn as it is read again: what was said, done and shown. */
export type ReadTurn = {
  run: Run
  said: string[]
  steps: string[]
  answer: GivenAnswer | null
  /** What the answer is. */
  shown: Shown | null
  /** What waits for a person's yes, or was decided. */
  question: Omit<Question, "snapshot"> | null
  changes: "none" | "standing" | "undone"
}

/** The stopped script is of no use outside this program. */
const { snapshot: _, ...asItIsSeen } = getTableColumns(tables.questions)
const spoken = z.array(z.object({ type: z.string(), text: z.string().optional() }))

/** The turns of a conversation with what came of each. */
export async function readTurns(store: Store, { turns }: Conversation): Promise<ReadTurn[]> {
  const { messages, questions } = tables
  const ids = turns.map(({ id }) => id)
  const answers = await answersOf(store, ids)
  const said = await store.read((db) =>
    db
      .select({ runId: messages.runId, role: messages.role, content: messages.content })
      .from(messages)
      .where(inArray(messages.runId, ids))
      .orderBy(asc(messages.id)),
  )
  const read: ReadTurn[] = []
  for (const run of turns) {
    const answer = answers.get(run.id) ?? null
    const shown = answer && (await shownOf(store, run.id, answer.answer))
    const asked = shown?.kind === "question" ? shown.id : null
    const [question = null] =
      asked === null
        ? []
        : await store.read((db) => db.select(asItIsSeen).from(questions).where(eq(questions.id, asked)))
    read.push({
      run,
      said: said
        .filter((message) => message.runId === run.id && message.role === "assistant")
        .flatMap(({ content }) => textsIn(content)),
      steps: await stepsOf(store, run.id),
      answer,
      shown,
      question: question?.runId === run.id ? question : null,
      changes: await stateOfChanges(store, run.id),
    })
  }
  return read
}

/** What a run did, in plain words, as it was told while it worked. */
async function stepsOf(store: Store, runId: number): Promise<string[]> {
  const steps: string[] = []
  const narration = openNarration(store, {
    ...{ write: () => {}, endRow: () => {}, status: () => {} },
    step: (text) => steps.push(text),
  })
  narration.follow(runId)
  await narration.close()
  return steps
}

function textsIn(content: unknown): string[] {
  const blocks = spoken.safeParse(content)
  return (blocks.data ?? []).flatMap(({ type, text }) => (type === "text" && text?.trim() ? [text.trim()] : []))
}
