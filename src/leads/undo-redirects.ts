import { and, eq, isNotNull } from "drizzle-orm"
import { isOneOf } from "../db/bulk.ts"
import { references } from "../db/references.ts"
import type { Db } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Entity } from "./fields.ts"
import { endTasks, everyField, type MovedCell, moveReferences, resumeTasks } from "./merge.ts"
import type { Rewriting, Undo } from "./undo-steps.ts"
import { factsOf, isSame, presentValue, type Row, rowOf, tableOf } from "./values.ts"

/** Keeps in mind whom a step makes a row name, and which leads and companies it merges or takes apart. */
export function noteNames({ named, taken }: Undo, { table, row, values, do: done }: Rewriting): void {
  for (const { column, to } of references.filter((one) => one.table === table)) {
    const id = values[column]
    if (typeof id === "number") named[to].add(column === "merged_into" ? row : id)
    else if (table === "leads" && column === "merged_into" && column in values && done === "update") taken.add(row)
  }
}

/** Whatever names a lead or company that is merged by now goes to the one that it leads to, also what came after the change that is
 * undone. Agents work on a lead again that stands for itself again. Within the transaction of the undo. */
export async function followRedirects(db: Db, undo: Undo, now: string): Promise<void> {
  for (const entity of ["lead", "company"] as const) {
    for (const id of await mergedAmong(db, entity, undo)) await follow(db, entity, id, undo, now)
  }
  for (const id of undo.taken) await resumeTasks(db, id, now)
}

async function mergedAmong(db: Db, entity: Entity, { named }: Undo): Promise<number[]> {
  const table = tableOf(entity)
  const merged = await db
    .select({ id: table.id })
    .from(table)
    .where(and(isNotNull(table.mergedInto), isOneOf(table.id, named[nameOf(entity)])))
    .orderBy(table.id)
  return merged.map(({ id }) => id)
}

async function follow(db: Db, entity: Entity, id: number, { plan }: Undo, now: string): Promise<void> {
  const into = await rowOf(db, { entity, id })
  const to = nameOf(entity)
  const outdated = await outdateFacts(db, entity, id, into)
  const moved = await moveReferences(
    db,
    references.filter((one) => one.to === to && one.column !== "merged_into"),
    into.id,
    id,
  )
  const reason = `${to} ${id} is merged into ${into.id}.`
  for (const one of [...outdated, ...moved]) plan.kept.push({ ...one, by: plan.actor, reason })
  if (entity === "lead") await endTasks(db, into.id, id, now)
}

/** A fact of the merged one is one of the past, unless it says what stands on the other and nothing else says it. */
async function outdateFacts(db: Db, entity: Entity, id: number, into: Row): Promise<MovedCell[]> {
  const outdated: MovedCell[] = []
  const { facts } = tables
  const own = await db
    .select()
    .from(facts)
    .where(and(eq(facts.entity, entity), eq(facts.entityId, id), eq(facts.state, "current")))
  const fields = everyField(entity, into, into)
  for (const fact of own) {
    const field = fields.find(({ name }) => name === fact.field)
    const [rival] = await db
      .select({ id: facts.id })
      .from(facts)
      .where(and(factsOf({ entity, id: into.id }, fact.field), eq(facts.state, "current")))
    if (!rival && isSame(fact.value, field ? presentValue(into, field) : null)) continue
    await db.update(facts).set({ state: "superseded" }).where(eq(facts.id, fact.id))
    outdated.push({ table: "facts", row: fact.id, column: "state" })
  }
  return outdated
}

function nameOf(entity: Entity): "leads" | "companies" {
  return entity === "lead" ? "leads" : "companies"
}
