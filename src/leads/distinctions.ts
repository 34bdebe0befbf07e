import { and, eq, or } from "drizzle-orm"
import type { Author, Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Entity } from "./fields.ts"
import { rowOf } from "./values.ts"

type ToldApart = { kind: "apart"; one: number; other: number; changeset: number } | { kind: "refused"; reason: string }

/** Keeps a person's word that two who look alike are not the same: they are not listed as likely duplicates any more. Undone like
 * anything else. Throws EntityNotFound. */
export async function tellApart(
  store: Store,
  author: Author,
  entity: Entity,
  one: number,
  other: number,
  now: Date,
): Promise<ToldApart> {
  const { distinctions } = tables
  return store.change(author, async (db, changeset): Promise<ToldApart> => {
    if (!author.actor.startsWith("human:"))
      return { kind: "refused", reason: "A person tells whether two are the same." }
    const [first, second] = [await rowOf(db, { entity, id: one }), await rowOf(db, { entity, id: other })]
    if (first.id === second.id) return { kind: "refused", reason: `They are one ${entity} already: ${first.id}.` }
    const [oneId, otherId] = [Math.min(first.id, second.id), Math.max(first.id, second.id)]
    const isPair = or(
      and(eq(distinctions.oneId, oneId), eq(distinctions.otherId, otherId)),
      and(eq(distinctions.oneId, otherId), eq(distinctions.otherId, oneId)),
    )
    const [known] = await db
      .select({ id: distinctions.id })
      .from(distinctions)
      .where(and(eq(distinctions.entity, entity), isPair))
    if (known) return { kind: "refused", reason: `It is known already that ${oneId} and ${otherId} are two.` }
    await db.insert(distinctions).values({ entity, oneId, otherId, actor: author.actor, createdAt: now.toISOString() })
    return { kind: "apart", one: oneId, other: otherId, changeset }
  })
}

/** Whether a person said of two that they are not the same. */
export async function distinctFrom(store: Store, entity: Entity): Promise<(one: number, other: number) => boolean> {
  const { distinctions } = tables
  const told = await store.read((db) =>
    db
      .select({ one: distinctions.oneId, other: distinctions.otherId })
      .from(distinctions)
      .where(eq(distinctions.entity, entity)),
  )
  const pairs = new Set(told.map(({ one, other }) => pairKey(one, other)))
  return (one, other) => pairs.has(pairKey(one, other))
}

function pairKey(one: number, other: number): string {
  return `${Math.min(one, other)} ${Math.max(one, other)}`
}
