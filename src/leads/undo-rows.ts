import { inArray, sql } from "drizzle-orm"
import type { Json } from "../db/json.ts"
import { type Reference, references } from "../db/references.ts"
import type { Db } from "../db/store.ts"
import { type JournalledTable, journalled } from "../db/tables.ts"
import { cellsOf, type Entry, presence, readHistories, without } from "./row-history.ts"
import { isOfItsWords, whySent } from "./undo-drafts.ts"
import { noteNames } from "./undo-redirects.ts"
import { type Blocked, laterHand, missing, type Rewriting, type Step, type Undo } from "./undo-steps.ts"

/** Takes steps, and returns those that other rows stand against. */
export async function takeAll(db: Db, steps: Step[], undo: Undo): Promise<Blocked[]> {
  const blocked: Blocked[] = []
  for (const step of steps) {
    if (step.do === "remove") continue
    const reason = await whyBlocked(db, step)
    if (reason !== null) blocked.push({ step, reason })
    else await takeOne(db, step, undo)
  }
  for (const table of journalled) {
    const removals = steps.filter((step) => step.do === "remove" && step.table === table)
    if (removals.length > 0) blocked.push(...(await removeAll(db, table, removals, undo)))
  }
  return blocked
}

/** What other rows have against a step, or null. */
async function whyBlocked(db: Db, step: Rewriting): Promise<string | null> {
  const reason = (await absentParent(db, step)) ?? (await mergedBack(db, step)) ?? (await whySent(db, step))
  if (reason) return reason
  return (await hasRival(db, step)) ? laterValue : null
}

const laterValue = "A later value stands."

async function takeOne(db: Db, step: Rewriting, undo: Undo): Promise<void> {
  const { plan, drafts, moved } = undo
  const { table, row, by } = step
  noteNames(undo, step)
  if (table === "drafts" && isOfItsWords(step)) drafts.add(row)
  if (table === "drafts" && "lead_id" in step.values) moved.add(row)
  const columns = Object.keys(step.values).map((column) => sql.identifier(column))
  const values = Object.values(step.values).map((value) => sql`${bound(value)}`)
  if (step.do === "update") {
    const set = columns.map((column, i) => sql`${column} = ${values[i]}`)
    await db.run(sql`UPDATE ${sql.identifier(table)} SET ${sql.join(set, sql`, `)} WHERE id = ${row}`)
    plan.restored.updated += 1
    return
  }
  const made = (await isTaken(db, step))
    ? []
    : await db.all(
        sql`INSERT INTO ${sql.identifier(table)} (${sql.join(columns, sql`, `)}) VALUES (${sql.join(values, sql`, `)})
      ON CONFLICT DO NOTHING RETURNING id`,
      )
  if (made.length > 0) plan.restored.brought_back += 1
  else plan.kept.push({ table, row, column: null, by, reason: "Its place was taken afterwards." })
}

/** Whether another lead or company is recognised by an identity by now. Asked before, because the unique index may be put aside. */
async function isTaken(db: Db, { table, values }: Rewriting): Promise<boolean> {
  if (table !== "identities") return false
  const owner = sql.identifier(typeof values.lead_id === "number" ? "lead_id" : "company_id")
  const found = await db.all(
    sql`SELECT id FROM identities WHERE kind = ${values.kind} AND value = ${values.value} AND ${owner} IS NOT NULL`,
  )
  return found.length > 0
}

/** Removes rows of one table, each with what the same changeset made for it. A row stays while anything of others names it. */
async function removeAll(db: Db, table: JournalledTable, steps: Step[], undo: Undo): Promise<Blocked[]> {
  const blocked: Blocked[] = []
  const there = new Set(
    (
      await idsWhere(
        db,
        table,
        "id",
        steps.map(({ row }) => row),
        null,
      )
    ).map(({ id }) => id),
  )
  const owned = await ownedByMade(db, table, [...there], undo)
  const wanted = steps.filter(({ row }) => there.has(row) && !owned.has(row))
  const named = await namesOf(
    db,
    table,
    wanted.map(({ row }) => row),
  )
  const removed = new Map<JournalledTable, number[]>([[table, []]])
  for (const step of wanted) {
    const names = named.filter((one) => one.parent === step.row)
    const independent = names.find((one) => one.table === "leads" || one.table === "companies")
    const other = names
      .map(({ history }) => laterHand(history, cellsOf(history), undo.changeset.id))
      .find((hand) => hand !== null)
    if (other) {
      const reason = "It was made here, and added to afterwards."
      undo.plan.kept.push({ table, row: step.row, column: null, by: other.actor, reason })
    } else if (undo.change !== null && names.length > 0) {
      const reason = "It was made here, and other rows belong to it."
      undo.plan.kept.push({ table, row: step.row, column: null, by: step.by, reason })
    } else if (independent) {
      blocked.push({ step, reason: `It was made here, and ${independent.table} ${independent.id} names it.` })
    } else {
      for (const one of [...names, { table, id: step.row }]) {
        removed.set(one.table, [...(removed.get(one.table) ?? []), one.id])
      }
    }
  }
  for (const [table, ids] of [...removed].reverse()) {
    for (const some of chunks(ids))
      await db.run(sql`DELETE FROM ${sql.identifier(table)} WHERE ${inArray(sql`id`, some)}`)
    undo.plan.restored.removed += ids.length
  }
  return blocked
}

/** Which of these rows belong to a lead or company that the same changeset made and that is still there: they go or stay with it. */
async function ownedByMade(
  db: Db,
  table: JournalledTable,
  ids: number[],
  { changeset, change }: Undo,
): Promise<Set<number>> {
  const owned = new Set<number>()
  if (change !== null || isIndependent(table)) return owned
  for (const reference of references.filter((one) => one.table === table)) {
    const rows = await idsWhere(db, table, "id", ids, reference)
    const parents = [...new Set(rows.flatMap(({ parent }) => (parent === null ? [] : [parent])))]
    const there = new Set((await idsWhere(db, reference.to, "id", parents, null)).map(({ id }) => id))
    const histories = await readHistories(db, reference.to, [...there])
    for (const { id, parent } of rows) {
      const cells = cellsOf((parent !== null && histories.get(parent)) || [])
      if (without(cells.get(presence) ?? missing, changeset.id, null).moved.length > 0) owned.add(id)
    }
  }
  return owned
}

type Naming = { table: JournalledTable; id: number; parent: number; history: Entry[] }

/** Every row that names one of these leads or companies. */
async function namesOf(db: Db, table: JournalledTable, ids: number[]): Promise<Naming[]> {
  const found: Naming[] = []
  for (const reference of references.filter((one) => one.to === table)) {
    const rows = await idsWhere(db, reference.table, reference.column, ids, reference)
    const histories = isIndependent(reference.table)
      ? new Map<number, Entry[]>()
      : await readHistories(
          db,
          reference.table,
          rows.map(({ id }) => id),
        )
    for (const { id, parent } of rows) {
      if (parent !== null) found.push({ table: reference.table, id, parent, history: histories.get(id) ?? [] })
    }
  }
  return found
}

function isIndependent(table: JournalledTable): boolean {
  return table === "leads" || table === "companies"
}

/** Rows by the values of one of their columns, each with what it names by a reference. */
async function idsWhere(
  db: Db,
  table: JournalledTable,
  column: string,
  values: number[],
  reference: Reference | null,
): Promise<{ id: number; parent: number | null }[]> {
  const when = reference?.when ? sql` AND ${sql.identifier(reference.when.column)} = ${reference.when.is}` : sql``
  const rows: { id: number; parent: number | null }[] = []
  for (const some of chunks(values)) {
    rows.push(
      ...(await db.all<{ id: number; parent: number | null }>(
        sql`SELECT id, ${sql.identifier(reference?.column ?? "id")} AS parent FROM ${sql.identifier(table)}
          WHERE ${inArray(sql.identifier(column), some)}${when}`,
      )),
    )
  }
  return rows
}

/** What stood against a step to the end is reported; a fact that a later one replaced comes back as one of the past. */
export async function giveUp(db: Db, { step, reason }: Blocked, undo: Undo): Promise<void> {
  const { table, row, by } = step
  const isOfPast = reason === laterValue && step.do !== "remove"
  const column = isOfPast ? "state" : step.do === "update" ? Object.keys(step.values).join(", ") : null
  undo.plan.kept.push({ table, row, column, by, reason })
  if (isOfPast) await takeOne(db, { ...step, values: { ...step.values, state: "superseded" } }, undo)
}

/** Why a row cannot name what it would name, or null. */
async function absentParent(db: Db, { table, row, values }: Rewriting): Promise<string | null> {
  for (const { column, to, when } of references.filter((one) => one.table === table)) {
    const id = values[column]
    if (typeof id !== "number") continue
    if (when && (values[when.column] ?? (await columnOf(db, table, row, when.column))) !== when.is) continue
    if ((await columnOf(db, to, id, "id")) === null) return `${to} ${id} is not there any more.`
  }
  return null
}

/** Why a row cannot lead to the one that it was merged into, or null: by now that one leads to it. */
async function mergedBack(db: Db, { table, row, values }: Rewriting): Promise<string | null> {
  const into = values.merged_into
  if (typeof into !== "number") return null
  const back = await db.all(
    sql`WITH RECURSIVE redirects (id) AS (
      SELECT merged_into FROM ${sql.identifier(table)} WHERE id = ${into}
      UNION SELECT merged_into FROM ${sql.identifier(table)} JOIN redirects USING (id))
      SELECT id FROM redirects WHERE id = ${row}`,
  )
  return back.length > 0 ? `${table} ${into} was merged into it afterwards.` : null
}

/** Whether a fact would be current beside another of the same field. */
async function hasRival(db: Db, { table, row, values }: Rewriting): Promise<boolean> {
  if (table !== "facts" || !["state", "entity_id"].some((name) => name in values)) return false
  const column = async (name: string) => values[name] ?? (await columnOf(db, table, row, name))
  if ((await column("state")) !== "current") return false
  const [entity, id, field] = [await column("entity"), await column("entity_id"), await column("field")]
  const rivals = await db.all(
    sql`SELECT id FROM facts WHERE entity = ${entity} AND entity_id = ${id} AND field = ${field}
      AND state = 'current' AND id <> ${row}`,
  )
  return rivals.length > 0
}

async function columnOf(db: Db, table: JournalledTable, row: number, column: string): Promise<Json> {
  const [found] = await db.all<{ value: Json }>(
    sql`SELECT ${sql.identifier(column)} AS value FROM ${sql.identifier(table)} WHERE id = ${row}`,
  )
  return found?.value ?? null
}

/** A journalled column as the database holds it. */
function bound(value: Json): Json {
  return typeof value === "boolean" ? Number(value) : value
}

function chunks<T>(values: T[]): T[][] {
  return Array.from({ length: Math.ceil(values.length / 500) }, (_, i) => values.slice(i * 500, i * 500 + 500))
}
