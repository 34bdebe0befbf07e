import { and, desc, eq, getTableColumns, inArray, ne } from "drizzle-orm"
import { type Json, type JsonObject, own } from "../db/json.ts"
import type { Author, Db } from "../db/store.ts"
import { type Fact, tables } from "../db/tables.ts"
import { companyOf } from "./companies.ts"
import type { Entity, Field } from "./fields.ts"
import { companyKey } from "./normal-forms/company-name.ts"

/** A lead or company that something is said of. */
export type Subject = { entity: Entity; id: number }

/** A lead's or company's row, whichever it is. */
export type Row = { id: number; mergedInto: number | null; custom: JsonObject; [column: string]: unknown }

/** What a present value rests on: its fact, or where there is none, the change that set it. */
export type Standing = { basis: Fact["basis"]; at: string; fact: Fact | null }

export class EntityNotFound extends Error {
  readonly code = "not_found"
  readonly hint: string
  constructor({ entity, id }: Subject) {
    super(`There is no ${entity} ${id}.`)
    this.hint = entity === "lead" ? "giant leads lists them." : 'giant sql "SELECT id, name FROM companies" lists them.'
  }
}

/** The row of a lead or company; one that was merged leads to the one that it was merged into. Throws EntityNotFound. */
export async function rowOf(db: Db, subject: Subject): Promise<Row> {
  const table = tableOf(subject.entity)
  let id = subject.id
  for (const seen = new Set<number>(); !seen.has(id); ) {
    seen.add(id)
    const [row] = await db.select().from(table).where(eq(table.id, id))
    if (!row) break
    if (row.mergedInto === null) return row
    id = row.mergedInto
  }
  throw new EntityNotFound(subject)
}

export function tableOf(entity: Entity) {
  return entity === "lead" ? tables.leads : tables.companies
}

export function presentValue(row: Row, field: Field): Json | null {
  return scalar(field.column === null ? own(row.custom, field.name) : row[field.column])
}

/** What the present value rests on. Null where there is none, unless a person wanted it so. */
export async function standingOf(db: Db, entity: Entity, row: Row, field: Field): Promise<Standing | null> {
  const present = presentValue(row, field)
  const fact = await currentFact(db, { entity, id: row.id }, field)
  if (fact && isSame(fact.value, present) && (present !== null || fact.basis === "human")) {
    return { basis: fact.basis, at: await timeOf(db, fact), fact }
  }
  return present === null ? null : standingInJournal(db, entity, row, field, present)
}

/** Makes a value the current one: writes it where it stands, supersedes the fact before it, and keeps `fact` as the reason. */
export async function setCurrent(
  db: Db,
  author: Author,
  subject: Subject,
  row: Row,
  field: Field,
  fact: { value: Json; basis: Fact["basis"]; evidenceId: number | null; quote: string | null; reason: string },
  now: string,
): Promise<void> {
  await supersede(db, subject, field)
  await writeValue(db, author, subject.entity, row, field, fact.value, now)
  await db.insert(tables.facts).values({
    ...fact,
    entity: subject.entity,
    entityId: row.id,
    field: field.name,
    state: "current",
    runId: author.runId ?? null,
    createdAt: now,
  })
}

/** Writes a value where it stands, with what follows from it: a lead's company row, a company's key, a step in the timeline. */
export async function writeValue(
  db: Db,
  author: Author,
  entity: Entity,
  row: Row,
  field: Field,
  value: Json | null,
  now: string,
): Promise<void> {
  const table = tableOf(entity)
  await db
    .update(table)
    .set({ ...columnsFor(row, field, value), ...(await derived(db, entity, field, value, now)), updatedAt: now })
    .where(eq(table.id, row.id))
  if (entity === "lead" && field.name === "status") {
    const text = `${String(row.status)} -> ${String(value)}`
    await db
      .insert(tables.timeline)
      .values({ leadId: row.id, kind: "stage", text, actor: author.actor, at: now, createdAt: now })
  }
}

/** Whether a person has said that there is no such value. */
export async function wasTakenAway(db: Db, subject: Subject, field: string): Promise<boolean> {
  const { facts } = tables
  const [fact] = await db
    .select({ value: facts.value })
    .from(facts)
    .where(and(factsOf(subject, field), eq(facts.state, "current"), eq(facts.basis, "human")))
  return fact !== undefined && fact.value === null
}

/** The value that stood there before a person said that there is none. */
export async function valueTakenAway(db: Db, fact: Fact, field: Field): Promise<Json> {
  const { changes } = tables
  const saying = db
    .select({ id: changes.changesetId })
    .from(changes)
    .where(and(eq(changes.tableName, "facts"), eq(changes.rowId, fact.id), eq(changes.op, "insert")))
  const table = fact.entity === "lead" ? "leads" : "companies"
  const written = await db
    .select({ before: changes.before, after: changes.after })
    .from(changes)
    .where(and(inArray(changes.changesetId, saying), eq(changes.tableName, table)))
    .orderBy(changes.id)
  const values = written
    .filter(({ after }) => journalledValue(fact.entity, after ?? {}, field) === null)
    .map(({ before }) => journalledValue(fact.entity, before ?? {}, field))
  return values.find((value) => value !== null) ?? null
}

/** The present fact of a field is one of the past from now on. */
export async function supersede(db: Db, subject: Subject, field: Field): Promise<void> {
  await db
    .update(tables.facts)
    .set({ state: "superseded" })
    .where(and(factsOf(subject, field.name), eq(tables.facts.state, "current")))
}

export function factsOf({ entity, id }: Subject, field: string) {
  return and(eq(tables.facts.entity, entity), eq(tables.facts.entityId, id), eq(tables.facts.field, field))
}

export function isSame(one: Json, other: Json): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function columnsFor(row: Row, field: Field, value: Json | null) {
  if (field.column !== null) return { [field.column]: value }
  const { [field.name]: _, ...rest } = row.custom
  return { custom: value === null ? rest : { ...row.custom, [field.name]: value } }
}

async function derived(db: Db, entity: Entity, field: Field, value: Json | null, now: string) {
  if (entity === "company")
    return field.name === "name" ? { nameKey: value === null ? null : companyKey(String(value)) } : {}
  if (field.name !== "company") return {}
  return { companyId: value === null ? null : await companyOf(db, { name: String(value) }, now) }
}

async function currentFact(db: Db, subject: Subject, field: Field): Promise<Fact | undefined> {
  const [fact] = await db
    .select()
    .from(tables.facts)
    .where(and(factsOf(subject, field.name), eq(tables.facts.state, "current")))
  return fact
}

/** What was seen on a page is as old as the page. */
async function timeOf(db: Db, fact: Fact): Promise<string> {
  if (fact.evidenceId === null) return fact.createdAt
  const [source] = await db
    .select({ at: tables.evidence.capturedAt })
    .from(tables.evidence)
    .where(eq(tables.evidence.id, fact.evidenceId))
  return source?.at ?? fact.createdAt
}

/** Who last set the value that stands there. An undo only put back what somebody else had set. */
async function standingInJournal(db: Db, entity: Entity, row: Row, field: Field, present: Json): Promise<Standing> {
  const { changes, changesets } = tables
  const history = await db
    .select({ kind: changesets.kind, at: changesets.createdAt, after: changes.after })
    .from(changes)
    .innerJoin(changesets, eq(changesets.id, changes.changesetId))
    .where(
      and(
        eq(changes.tableName, entity === "lead" ? "leads" : "companies"),
        eq(changes.rowId, row.id),
        ne(changesets.kind, "undo"),
      ),
    )
    .orderBy(desc(changes.id))
  const setter = history.find(({ after }) => isSame(journalledValue(entity, after ?? {}, field), present))
  if (!setter) return { basis: "imported", at: "", fact: null }
  const basis = ({ import: "imported", run: "inferred", merge: "imported" } as const)[setter.kind] ?? "human"
  return { basis, at: setter.at, fact: null }
}

/** The journal has columns by the names that the database gives them, and `custom` as the text that the column holds. */
function journalledValue(entity: Entity, after: JsonObject, field: Field): Json {
  if (field.column !== null) return scalar(after[columnName(entity, field.column)])
  const custom: unknown = typeof after.custom === "string" ? JSON.parse(after.custom) : null
  return custom !== null && typeof custom === "object"
    ? scalar(Object.entries(custom).find(([name]) => name === field.name)?.[1])
    : null
}

function columnName(entity: Entity, property: string): string {
  const columns: Record<string, { name: string }> = getTableColumns(tableOf(entity))
  return columns[property]?.name ?? property
}

function scalar(value: unknown): string | number | boolean | null {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null
}
