import { and, desc, eq, inArray, sql } from "drizzle-orm"
import type { Db, Store } from "../../db/store.ts"
import { type JsonObject, tables } from "../../db/tables.ts"
import { type CompanyClue, companyOf } from "../companies.ts"
import { isFreeMail, parseDomain } from "../normal-forms.ts"
import { employersOf } from "./employers.ts"
import type { ImportedLead, RowResult } from "./lead-file.ts"
import { columnsOf, type ImportedColumn, importedColumns, type KnownLead, type PersonRow, peopleIn } from "./people.ts"

export type RefusedRow = { line: number; reason: string }

/** What an import came to. `read` = made + updated + unchanged + refused; `duplicates` are rows of leads that were there already. */
export type ImportSummary = {
  read: number
  made: number
  updated: number
  unchanged: number
  duplicates: number
  refused: RefusedRow[]
  changeset: number | null
}

/** Rows of one transaction, at first and at most. A larger database has more index pages for a transaction to touch, and they cost
 * the less the more rows share them. */
const fewestRows = 1_000
const mostRows = 5_000

/** Puts the rows of a file into the database, some thousands in a transaction, as one changeset. A person who is there already is
 * found by email, LinkedIn, X, or name with company, in that order of trust; what an import brought before is not news. When
 * `signal` is aborted, the import ends after the transaction at work: what it brought so far stands, and can be undone. */
export async function importLeads(
  store: Store,
  batches: AsyncIterable<RowResult[]>,
  options: {
    actor: string
    source: string
    note: string
    clock: () => Date
    signal?: AbortSignal
    onBatch?: (summary: ImportSummary) => void
  },
): Promise<ImportSummary> {
  const summary: ImportSummary = {
    read: 0,
    made: 0,
    updated: 0,
    unchanged: 0,
    duplicates: 0,
    refused: [],
    changeset: null,
  }
  let waiting: RowResult[] = []
  for await (const batch of batches) {
    if (options.signal?.aborted) return summary
    waiting = waiting.concat(batch)
    if (waiting.length < Math.min(mostRows, Math.max(fewestRows, summary.read))) continue
    await importRows(waiting)
    waiting = []
  }
  if (waiting.length > 0) await importRows(waiting)
  return summary

  async function importRows(rows: RowResult[]): Promise<void> {
    const author = {
      actor: options.actor,
      kind: "import",
      note: options.note,
      ...(summary.changeset === null ? {} : { changeset: summary.changeset }),
    }
    const leads = rows.flatMap((row) => (row.kind === "lead" ? [row.lead] : []))
    const now = options.clock().toISOString()
    const counts = await store.change(author, async (db, changeset) => ({
      ...(await importPeople(db, leads, options.source, now)),
      changeset,
    }))
    summary.read += rows.length
    summary.made += counts.made
    summary.updated += counts.updated
    summary.unchanged += counts.unchanged
    summary.duplicates += counts.updated + counts.unchanged
    if (counts.made + counts.updated > 0) summary.changeset = counts.changeset
    for (const row of rows) if (row.kind === "refused") summary.refused.push({ line: row.line, reason: row.reason })
    options.onBatch?.(summary)
  }
}

async function importPeople(db: Db, rows: ImportedLead[], source: string, now: string) {
  const { known, fresh } = await peopleIn(db, rows)
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
  return { made: made.length, updated, unchanged }
}

function withLead(lead: KnownLead | undefined, rows: PersonRow[]) {
  return lead && rows.length > 0 ? [{ lead, rows }] : []
}

async function makeLeads(db: Db, people: PersonRow[], source: string, now: string): Promise<KnownLead[]> {
  const employers = await employersOf(
    db,
    people.map(({ row }) => clueOf(row)),
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
  return made.map(({ id, row }) => ({ id, ...columnsOf(row) }))
}

/** Returns whether the row brought anything new. */
async function updateLead(db: Db, lead: KnownLead, { row, identities }: PersonRow, now: string): Promise<boolean> {
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
  if (Object.keys(changes).length === 0) return identities.length > 0
  const moved = changes.company === undefined ? {} : { companyId: await companyOf(db, clueOf(row), now) }
  await db
    .update(tables.leads)
    .set({ ...changes, ...moved, updatedAt: now })
    .where(eq(tables.leads.id, lead.id))
  const { facts } = tables
  const fields = importedColumns.filter((column) => changes[column]).map((column) => tables.leads[column].name)
  await db
    .update(facts)
    .set({ state: "superseded" })
    .where(
      and(
        eq(facts.entity, "lead"),
        eq(facts.entityId, lead.id),
        inArray(facts.field, fields),
        eq(facts.state, "current"),
      ),
    )
  Object.assign(lead, changes)
  return true
}

/** Whether a file may set the value: nobody of the team set another, and no import said the same before. */
async function isNews(db: Db, leadId: number, column: ImportedColumn, value: string): Promise<boolean> {
  const path = `$.${tables.leads[column].name}`
  const { changes, changesets } = tables
  const said = await db
    .select({ kind: changesets.kind, value: sql<string | null>`json_extract(${changes.after}, ${path})` })
    .from(changes)
    .innerJoin(changesets, eq(changesets.id, changes.changesetId))
    .where(
      and(
        eq(changes.tableName, "leads"),
        eq(changes.rowId, leadId),
        sql`json_extract(${changes.after}, ${path}) is not null`,
      ),
    )
    .orderBy(desc(changes.id))
  const isTeams = said[0] !== undefined && said[0].kind !== "import" && said[0].kind !== "run"
  return !isTeams && !said.some((one) => one.kind === "import" && one.value === value)
}

/** What the row says of the company; a row without its name says nothing. */
function clueOf(row: ImportedLead): CompanyClue {
  if (!row.company) return { name: null }
  const mail = row.emails.map((email) => parseDomain(email)).find((domain) => domain && !isFreeMail(domain))
  const domain = row.companyDomain ?? (row.website && parseDomain(row.website)) ?? mail ?? null
  return { name: row.company, domain, linkedinUrl: row.companyLinkedinUrl }
}

function customOf(row: ImportedLead): JsonObject {
  const morePhones = row.phones.slice(1)
  return {
    ...row.custom,
    ...(row.connectedOn ? { connected_on: row.connectedOn } : {}),
    ...(row.website ? { website: row.website } : {}),
    ...(morePhones.length > 0 ? { more_phones: morePhones } : {}),
  }
}
