import { ErrorCode, McpError } from "@modelcontextprotocol/sdk/types.js"
import { and, eq, max } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Clock } from "../harness/clock.ts"
import { NoSuchResource, placeOf } from "./resources.ts"

/** The resources of which a client wants to hear when they change. */
export type Subscriptions = {
  /** Throws NoSuchResource. */
  add(uri: string): Promise<void>
  remove(uri: string): void
  close(): void
}

/** Milliseconds between two looks, while there is something to look for. */
const lookEvery = 1_000
/** Resources that one client follows. */
const mostFollowed = 100

/** Tells of a change of what is followed. That there was one is all that it tells: what it is, a reading says, which passes the gate. */
export function openSubscriptions(
  store: Store,
  clock: Clock,
  person: string,
  tell: (uri: string) => void,
): Subscriptions {
  const followed = new Map<string, string>()
  const ending = new AbortController()
  let isLooking = false

  async function look(): Promise<void> {
    isLooking = true
    while (followed.size > 0 && !ending.signal.aborted) {
      await clock.sleep(lookEvery, ending.signal)
      for (const [uri, before] of followed) {
        // A database that is busy is asked again the next time.
        const now = await stateOf(store, person, uri).catch(() => before)
        if (now === before || !followed.has(uri) || ending.signal.aborted) continue
        followed.set(uri, now)
        tell(uri)
      }
    }
    isLooking = false
  }

  return {
    async add(uri) {
      const state = await stateOf(store, person, uri)
      if (followed.size >= mostFollowed) {
        throw new McpError(ErrorCode.InvalidRequest, `A client follows ${mostFollowed} resources at most.`)
      }
      followed.set(uri, state)
      if (!isLooking) void look()
    },
    remove: (uri) => void followed.delete(uri),
    close: () => ending.abort(),
  }
}

/** What differs when a resource has changed. Throws NoSuchResource. */
async function stateOf(store: Store, person: string, uri: string): Promise<string> {
  const { kind, id } = placeOf(uri)
  const { changes, questions, runs } = tables
  if (kind === "questions") {
    const [question] = await store.read((db) =>
      db
        .select({ answer: questions.answer, outcome: questions.outcome })
        .from(questions)
        .innerJoin(runs, eq(runs.id, questions.runId))
        .where(and(eq(questions.id, id ?? 0), eq(runs.person, person))),
    )
    if (!question) throw new NoSuchResource(`There is no ${uri}.`)
    return JSON.stringify(question)
  }
  const [last] = await store.read((db) =>
    db
      .select({ id: max(changes.id) })
      .from(changes)
      .where(and(eq(changes.tableName, kind), id === null ? undefined : eq(changes.rowId, id))),
  )
  return String(last?.id)
}
