import { and, desc, eq, inArray, ne, or, sql } from "drizzle-orm"
import type { Json } from "../db/json.ts"
import type { Store } from "../db/store.ts"
import { type Run, tables } from "../db/tables.ts"
import { tokensOf } from "./memory.ts"

/** An earlier run of a person's, where it speaks of what was looked for. */
type Recalled = {
  runId: number
  agent: string
  at: string
  /** Some words of it, around the first hit. */
  text: string
  /** Whether that run had read what no team member wrote. */
  isForeign: boolean
}

/** How many of a person's newest runs are searched. */
const searched = 500
const aroundHit = 300

/** Earlier conversations and transcripts of a person that have all of these words, the newest first. */
export async function findConversations(
  store: Store,
  person: string,
  words: string,
  { limit, but }: { limit: number; but: number },
): Promise<Recalled[]> {
  const asked = tokensOf(words)
  if (asked.length === 0) return []
  const { runs, messages } = tables
  return store.read(async (db) => {
    const own = db
      .select({ id: runs.id })
      .from(runs)
      .where(and(eq(runs.person, person), ne(runs.id, but), ne(runs.model, "none")))
      .orderBy(desc(runs.id))
      .limit(searched)
    const saysAll = and(
      ...asked.map((word) => {
        const like = `%${word}%`
        const said = db
          .select({ id: messages.runId })
          .from(messages)
          .where(sql`lower(cast(${messages.content} as text)) like ${like}`)
        return or(
          sql`lower(${runs.prompt}) like ${like}`,
          sql`lower(${runs.summary}) like ${like}`,
          inArray(runs.id, said),
        )
      }),
    )
    const found = await db
      .select()
      .from(runs)
      .where(and(inArray(runs.id, own), saysAll))
      .orderBy(desc(runs.id))
      .limit(limit)
    const recalled: Recalled[] = []
    for (const run of found) {
      const said = await db.select({ content: messages.content }).from(messages).where(eq(messages.runId, run.id))
      recalled.push(
        recalledFrom(
          run,
          said.map(({ content }) => textOf(content)),
          asked,
        ),
      )
    }
    return recalled
  })
}

function recalledFrom(run: Run, said: string[], asked: string[]): Recalled {
  const whole = [run.prompt, ...said, run.summary ?? ""].join("\n")
  const at = Math.max(0, ...asked.map((word) => whole.toLowerCase().indexOf(word)))
  const from = Math.max(0, at - aroundHit)
  const text = whole.slice(from, at + aroundHit).replace(/\s+/g, " ")
  const { id: runId, agent, startedAt, tainted } = run
  return { runId, agent, at: startedAt, text: `Asked: ${run.prompt.slice(0, 200)} ... ${text}`, isForeign: tainted }
}

/** What a message says, results of tools too. */
function textOf(content: Json): string {
  if (typeof content === "string") return content
  if (Array.isArray(content)) return content.map(textOf).join("\n")
  if (content === null || typeof content !== "object") return ""
  return textOf(content.text ?? content.content ?? "")
}
