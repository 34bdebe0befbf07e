import { dirname } from "node:path"
import { and, eq, max } from "drizzle-orm"
import type { Loading } from "../../db/loading.ts"
import type { Author, Db, Store } from "../../db/store.ts"
import { type JsonObject, tables } from "../../db/tables.ts"
import { companyOf } from "../companies.ts"
import { leadFields } from "../fields.ts"
import { homeKey } from "../home-key.ts"
import { contradiction, mergeInto } from "../merge.ts"
import type { HomeKey } from "../suppress.ts"
import { factsOf, rowOf, standingOf, supersede } from "../values.ts"
import { admit, suppressOptOuts } from "./admission.ts"
import { employersOf } from "./employers.ts"
import type { ImportedLead, RowResult } from "./lead-file.ts"
import { marksOf } from "./marks.ts"
import {
  columnsOf,
  type ImportedColumn,
  importedColumns,
  type KnownLead,
  type MarkedRow,
  type PersonRow,
  peopleIn,
} from "./people.ts"
import { type PackedRows, unpacked } from "./reading.ts"
import { refusalColumn } from "./refused.ts"

export type RefusedRow = { line: number; reason: string }

/** What an import came to. `read` = made + updated + unchanged + refused; `duplicates` are rows of leads that were there already;
 * `merged` are leads of which one was made of two, because a row names both. */
export type ImportSummary = {
  read: number
  made: number
  updated: number
  unchanged: number
  duplicates: number
  merged: { keep: number; drop: number }[]
  refused: RefusedRow[]
  changeset: number | null
}

export type ImportOptions = {
  actor: string
  /** The run that brings them, if an agent does. */
  runId?: number
  source: string
  note: string
  clock: () => Date
  /** Of the leads of which the file names no owner. */
  owner?: string | null
  /** Recognises people who were forgotten; by default with the key of the home in which the database lies. */
  homeKey?: HomeKey
  signal?: AbortSignal
  onBatch?: (summary: ImportSummary) => void
}

/** Rows of one transaction, at first and at most. A larger database has more index pages for a transaction to touch, and they cost
 * the less the more rows share them. */
const fewestRows = 1_000
const mostRows = 10_000
/** Rows from which an import is large. */
const largeImport = 20_000

/** Puts the rows of a file into the database, some thousands in a transaction, as one changeset. A person who is there already is
 * found by email, LinkedIn, X, or name with company, in that order of trust; what an import brought before is not news. When
 * `signal` is aborted, the import ends after the transaction at work: what it brought so far stands, and can be undone. */
export async function importLeads(
  store: Store,
  batches: AsyncIterable<RowResult[] | PackedRows>,
  options: ImportOptions,
): Promise<ImportSummary> {
  const summary: ImportSummary = {
    read: 0,
    made: 0,
    updated: 0,
    unchanged: 0,
    duplicates: 0,
    merged: [],
    refused: [],
    changeset: null,
  }
  const key = options.homeKey ?? (() => homeKey(dirname(store.path)))
  const load = openLoad(store)
  let waiting: (RowResult[] | PackedRows)[] = []
  let rows = 0
  try {
    for await (const batch of batches) {
      if (options.signal?.aborted) return summary
      waiting.push(batch)
      rows += "packed" in batch ? batch.count : batch.length
      if (rows < Math.min(mostRows, Math.max(fewestRows, summary.read))) continue
      await importTogether(waiting)
      waiting = []
      rows = 0
      await load.wrote(summary)
    }
    if (rows > 0 && !options.signal?.aborted) await importTogether(waiting)
  } finally {
    await load.end()
  }
  return summary

  /** One transaction, of which each batch is matched and written before the next is unpacked. */
  async function importTogether(batches: (RowResult[] | PackedRows)[]): Promise<void> {
    const author = {
      actor: options.actor,
      kind: "import",
      note: options.note,
      ...(options.runId === undefined ? {} : { runId: options.runId }),
      ...(summary.changeset === null ? {} : { changeset: summary.changeset }),
    }
    const now = options.clock().toISOString()
    const { parts, changeset } = await store.change(author, async (db, changeset) => {
      const parts: Part[] = []
      for (const batch of batches) parts.push(await importBatch(db, author, unpacked(batch), key, options, now))
      return { parts, changeset }
    })
    for (const part of parts) {
      summary.read += part.read
      summary.made += part.made
      summary.updated += part.updated
      summary.unchanged += part.unchanged
      summary.duplicates += part.updated + part.unchanged
      for (const merged of part.merged) summary.merged.push(merged)
      for (const refused of part.refused) summary.refused.push(refused)
      if (part.made + part.updated + part.merged.length + part.suppressed > 0) summary.changeset = changeset
    }
    options.onBatch?.(summary)
  }
}

type Part = Omit<ImportSummary, "duplicates" | "changeset"> & { suppressed: number }

async function importBatch(
  db: Db,
  author: Author,
  rows: RowResult[],
  key: HomeKey,
  options: ImportOptions,
  now: string,
): Promise<Part> {
  const leads = rows.flatMap((row) => (row.kind === "lead" ? [markedRow(row, options.owner ?? null)] : []))
  const unreadable = rows.flatMap((row) => (row.kind === "refused" ? [{ line: row.line, reason: row.reason }] : []))
  const { admitted, refused } = await admit(db, leads, key)
  const counts = await importPeople(db, author, admitted, options.source, now)
  const suppressed = await suppressOptOuts(db, author, admitted, now)
  return { ...counts, read: rows.length, refused: [...unreadable, ...refused], suppressed }
}

function markedRow({ line, lead, marks }: Extract<RowResult, { kind: "lead" }>, owner: string | null) {
  return { line, row: { ...lead, owner: lead.owner ?? owner }, marks: marks ?? marksOf(lead) }
}

type Load = { wrote(summary: ImportSummary): Promise<void>; end(): Promise<void> }

/** What a large import does beside its rows. Indexes are put aside as soon as it has made more leads than there were before: to build
 * them again then costs no more than it saved. */
function openLoad(store: Store): Load {
  let loading: Loading | null = null
  let isAside = false
  return {
    async wrote({ read, made }) {
      if (read < largeImport) return
      loading ??= store.load()
      if (!isAside && made >= largeImport && 2 * made > (await highestLead(store))) {
        isAside = true
        await loading.setIndexesAside()
      }
      await loading.committed()
    },
    end: async () => loading?.end(),
  }
}

async function highestLead(store: Store): Promise<number> {
  const [found] = await store.read((db) => db.select({ id: max(tables.leads.id) }).from(tables.leads))
  return found?.id ?? 0
}

async function importPeople(db: Db, author: Author, rows: MarkedRow[], source: string, now: string) {
  const { known, fresh, met } = await peopleIn(db, rows)
  const made = await makeLeads(
    db,
    fresh.map(({ first }) => first),
    source,
    now,
  )
  const again = [...known, ...fresh.flatMap(({ more }, i) => withLead(made[i], more))]
  let updated = 0
  let unchanged = 0
  for (const { lead, rows } of again) {
    for (const row of rows) {
      if (await updateLead(db, lead, row, now)) updated += 1
      else unchanged += 1
    }
  }
  const together = met.map((people) =>
    people.flatMap((one) => ("lead" in one ? one.lead.id : (made[one.fresh]?.id ?? []))),
  )
  return { made: made.length, updated, unchanged, merged: await mergeMet(db, author, together, now) }
}

/** Makes one lead of those whom one row names by their addresses, unless they have different pages on the same site. */
async function mergeMet(db: Db, author: Author, together: number[][], now: string): Promise<ImportSummary["merged"]> {
  const merged: ImportSummary["merged"] = []
  for (const ids of together) {
    for (const other of ids.slice(1)) {
      const [one, two] = [
        await rowOf(db, { entity: "lead", id: ids[0] ?? other }),
        await rowOf(db, { entity: "lead", id: other }),
      ]
      const [keep, drop] = [Math.min(one.id, two.id), Math.max(one.id, two.id)]
      if (keep === drop || (await contradiction(db, "lead", keep, drop))) continue
      await mergeInto(db, author, "lead", keep, drop, now)
      merged.push({ keep, drop })
    }
  }
  return merged
}

function withLead(lead: KnownLead | undefined, rows: PersonRow[]) {
  return lead && rows.length > 0 ? [{ lead, rows }] : []
}

async function makeLeads(db: Db, people: PersonRow[], source: string, now: string): Promise<KnownLead[]> {
  const employers = await employersOf(
    db,
    people.map(({ marks }) => marks.employer),
    now,
  )
  const ids = await db.bulk.insert(
    "leads",
    people.map(({ row }, i) => ({
      ...columnsOf(row),
      companyId: employers[i] ?? null,
      status: row.status ?? "new",
      value: row.value,
      owner: row.owner,
      source,
      custom: customOf(row),
      createdAt: now,
      updatedAt: now,
    })),
  )
  const made = ids.flatMap((id, i) => people.slice(i, i + 1).map((person) => ({ id, ...person })))
  await db.bulk.insert(
    "identities",
    made.flatMap(({ id, identities }) => identities.map((one) => ({ ...one, leadId: id, createdAt: now }))),
  )
  await db.bulk.insert(
    "timeline",
    made.flatMap(({ id, row }) => {
      const note = { leadId: id, kind: "note", actor: "import", at: now, createdAt: now } as const
      return row.notes ? [{ ...note, text: row.notes }] : []
    }),
  )
  return made.map(({ id, row }) => ({
    id,
    ...columnsOf(row),
    owner: row.owner,
    value: row.value,
    custom: customOf(row),
  }))
}

/** Returns whether the row brought anything new. */
async function updateLead(
  db: Db,
  lead: KnownLead,
  { row, marks, identities }: PersonRow,
  now: string,
): Promise<boolean> {
  const incoming = columnsOf(row)
  const changes: Partial<Record<ImportedColumn, string>> = {}
  for (const column of importedColumns) {
    const value = incoming[column]
    if (value === null || value === lead[column]) continue
    if (await isNews(db, lead.id, column, value)) changes[column] = value
  }
  if (identities.length > 0) {
    await db.insert(tables.identities).values(identities.map((one) => ({ ...one, leadId: lead.id, createdAt: now })))
  }
  const gaps = await gapsFilled(db, lead, row)
  const isNoted = await addNote(db, lead.id, row.notes, now)
  if (Object.keys({ ...changes, ...gaps }).length === 0) return isNoted || identities.length > 0
  const moved = changes.company === undefined ? {} : { companyId: await companyOf(db, marks.employer.clue, now) }
  await db
    .update(tables.leads)
    .set({ ...changes, ...gaps, ...moved, updatedAt: now })
    .where(eq(tables.leads.id, lead.id))
  for (const column of importedColumns) {
    const field = leadFields[tables.leads[column].name]
    if (field && changes[column] !== undefined) await supersede(db, { entity: "lead", id: lead.id }, field)
  }
  Object.assign(lead, changes, gaps)
  return true
}

/** What the lead lacks and the row has, but for what a person took away. */
async function gapsFilled(db: Db, lead: KnownLead, row: ImportedLead): Promise<Partial<KnownLead>> {
  const gaps: Partial<KnownLead> = {}
  const isOpen = async (name: string) => !(await wasTakenAway(db, lead.id, name))
  if (lead.owner === null && row.owner !== null && (await isOpen("owner"))) gaps.owner = row.owner
  if (lead.value === null && row.value !== null && (await isOpen("value"))) gaps.value = row.value
  for (const [name, value] of Object.entries(customOf(row))) {
    if (Object.hasOwn(lead.custom, name) || !(await isOpen(name))) continue
    gaps.custom = { ...lead.custom, ...gaps.custom, [name]: value }
  }
  return gaps
}

async function wasTakenAway(db: Db, leadId: number, field: string): Promise<boolean> {
  const { facts } = tables
  const [fact] = await db
    .select({ value: facts.value })
    .from(facts)
    .where(and(factsOf({ entity: "lead", id: leadId }, field), eq(facts.state, "current"), eq(facts.basis, "human")))
  return fact !== undefined && fact.value === null
}

async function addNote(db: Db, leadId: number, text: string | null, now: string): Promise<boolean> {
  const { timeline } = tables
  if (text === null) return false
  const [known] = await db
    .select({ id: timeline.id })
    .from(timeline)
    .where(and(eq(timeline.leadId, leadId), eq(timeline.text, text)))
    .limit(1)
  if (known) return false
  await db.insert(timeline).values({ leadId, kind: "note", text, actor: "import", at: now, createdAt: now })
  return true
}

/** Whether a file may set the value: no person set the present one, and no import said the same before. */
async function isNews(db: Db, leadId: number, column: ImportedColumn, value: string): Promise<boolean> {
  const field = leadFields[tables.leads[column].name]
  if (!field) return false
  const { changes, changesets } = tables
  const imported = await db
    .select({ after: changes.after })
    .from(changes)
    .innerJoin(changesets, eq(changesets.id, changes.changesetId))
    .where(and(eq(changes.tableName, "leads"), eq(changes.rowId, leadId), eq(changesets.kind, "import")))
  if (imported.some(({ after }) => after?.[field.name] === value)) return false
  const standing = await standingOf(db, "lead", await rowOf(db, { entity: "lead", id: leadId }), field)
  return standing?.basis !== "human"
}

function customOf(row: ImportedLead): JsonObject {
  const morePhones = row.phones.slice(1)
  const { [refusalColumn]: _, ...custom } = row.custom
  return {
    ...custom,
    ...(row.connectedOn ? { connected_on: row.connectedOn } : {}),
    ...(row.website ? { website: row.website } : {}),
    ...(morePhones.length > 0 ? { more_phones: morePhones } : {}),
  }
}
