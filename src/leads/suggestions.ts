import { desc, eq } from "drizzle-orm"
import type { Json } from "../db/json.ts"
import type { Author, Db, Store } from "../db/store.ts"
import { type Fact, tables } from "../db/tables.ts"
import { fieldNamed } from "./custom-fields.ts"
import { editWithin } from "./edit.ts"
import type { Entity } from "./fields.ts"
import { addIdentity } from "./owners.ts"
import { presentValue, rowOf, supersede, writeValue } from "./values.ts"

export type Decided = { kind: "accepted" } | { kind: "rejected" } | { kind: "refused"; reason: string }

/** Makes an agent's suggestion the current value, with the proof that it came with. */
export async function acceptSuggestion(store: Store, author: Author, factId: number, now: Date): Promise<Decided> {
  return store.change(author, async (db): Promise<Decided> => {
    const found = await suggestion(db, author, factId)
    if (found.kind === "refused") return found
    const { fact } = found
    const { entity, entityId } = fact
    const row = await rowOf(db, { entity, id: entityId })
    const field = await fieldNamed(db, entity, fact.field)
    if (!field) return { kind: "refused", reason: `${fact.field} is no field of a ${entity} any more.` }
    if (field.identity && typeof fact.value === "string") {
      const owner = await addIdentity(db, entity, row.id, field.identity, fact.value, now.toISOString())
      if (owner !== row.id) {
        return {
          kind: "refused",
          reason: `${fact.value} belongs to ${entity} ${owner}; merge the two if they are the same.`,
        }
      }
    }
    await supersede(db, { entity, id: row.id }, field)
    await writeValue(db, author, entity, row, field, fact.value, now.toISOString())
    // Of a lead that was merged since, it becomes a fact of the one that it was merged into.
    await decide(db, { ...fact, entityId: row.id }, "current", `Accepted by ${author.actor}.`)
    return { kind: "accepted" }
  })
}

/** Turns an agent's suggestion down; the same value is not suggested again. */
export async function rejectSuggestion(store: Store, author: Author, factId: number): Promise<Decided> {
  return store.change(author, async (db): Promise<Decided> => {
    const found = await suggestion(db, author, factId)
    if (found.kind === "refused") return found
    await decide(db, found.fact, "rejected", `Rejected by ${author.actor}.`)
    return { kind: "rejected" }
  })
}

/** An open suggestion: what an agent would set, beside what stands there. */
type Suggestion = {
  fact: number
  entity: Entity
  id: number
  name: string | null
  field: string
  suggested: Json
  present: Json
  reason: string | null
  quote: string | null
  url: string | null
  createdAt: string
}

/** What agents would set if a person agreed, the newest first. */
export async function openSuggestions(store: Store, { limit }: { limit: number }): Promise<Suggestion[]> {
  const { facts, evidence } = tables
  return store.read(async (db) => {
    const found = await db
      .select({ fact: facts, url: evidence.url })
      .from(facts)
      .leftJoin(evidence, eq(evidence.id, facts.evidenceId))
      .where(eq(facts.state, "suggested"))
      .orderBy(desc(facts.id))
      .limit(limit)
    const suggestions: Suggestion[] = []
    for (const { fact, url } of found) {
      const { entity, reason, quote, createdAt } = fact
      const row = await rowOf(db, { entity, id: fact.entityId })
      const field = await fieldNamed(db, entity, fact.field)
      suggestions.push({
        fact: fact.id,
        entity,
        id: row.id,
        name: typeof row.name === "string" ? row.name : null,
        field: fact.field,
        suggested: fact.value,
        present: field ? presentValue(row, field) : null,
        ...{ reason, quote, url, createdAt },
      })
    }
    return suggestions
  })
}

/** Sets another value than the suggested one, as the person who decides, and turns the suggestion down. */
export async function amendSuggestion(
  store: Store,
  author: Author,
  factId: number,
  value: Json,
  now: Date,
): Promise<Decided> {
  return store.change(author, async (db): Promise<Decided> => {
    const found = await suggestion(db, author, factId)
    if (found.kind === "refused") return found
    const { entity, entityId: id, field } = found.fact
    const edited = await editWithin(db, author, { entity, id }, { field, value }, now.toISOString())
    if (edited.kind === "refused") return edited
    await decide(db, found.fact, "rejected", `${author.actor} set another value.`)
    return { kind: "rejected" }
  })
}

async function suggestion(
  db: Db,
  author: Author,
  id: number,
): Promise<{ kind: "open"; fact: Fact } | { kind: "refused"; reason: string }> {
  if (!author.actor.startsWith("human:")) return { kind: "refused", reason: "A person decides about suggestions." }
  const [fact] = await db.select().from(tables.facts).where(eq(tables.facts.id, id))
  if (!fact) return { kind: "refused", reason: `There is no fact ${id}.` }
  if (fact.state === "suggested") return { kind: "open", fact }
  return { kind: "refused", reason: `Fact ${id} is no suggestion that waits: it is ${fact.state}.` }
}

function decide(db: Db, fact: Fact, state: Fact["state"], words: string) {
  return db
    .update(tables.facts)
    .set({ state, entityId: fact.entityId, reason: fact.reason ? `${fact.reason} ${words}` : words })
    .where(eq(tables.facts.id, fact.id))
}
