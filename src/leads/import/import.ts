import { and, desc, eq, inArray, isNotNull, isNull, type SQL, sql } from "drizzle-orm"
import type { Author, Db, Store } from "../../db/store.ts"
import { type JsonObject, type Lead, type NewLead, tables } from "../../db/tables.ts"
import { companyOf } from "../companies.ts"
import { type IdentityValue, identityValue } from "../identity.ts"
import { isFreeMail, parseDomain } from "../normal-forms.ts"
import type { ImportedLead, RowResult } from "./lead-file.ts"

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

/** Columns that a later file may update. A status or owner is set once: afterwards the team's own work is the newer. */
const importedColumns = ["name", "title", "company", "email", "phone", "linkedinUrl", "xHandle", "location"] as const
type ImportedColumn = (typeof importedColumns)[number]
type Known = Pick<Lead, "id" | ImportedColumn>
type Companies = Map<string, number | null>

/** Puts the rows of a file into the database, batch by batch, as one changeset. A person who is there already is found by email,
 * LinkedIn, X, or name with company, in that order of trust; what an import brought before is not news. */
export async function importLeads(
  store: Store,
  batches: AsyncIterable<RowResult[]>,
  options: {
    actor: string
    source: string
    note: string
    clock: () => Date
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
  for await (const batch of batches) {
    const leads = batch.flatMap((row) => (row.kind === "lead" ? [row.lead] : []))
    const author: Author = {
      actor: options.actor,
      kind: "import",
      note: options.note,
      ...(summary.changeset === null ? {} : { changeset: summary.changeset }),
    }
    const now = options.clock().toISOString()
    const counts = await store.change(author, async (db, changeset) => ({
      ...(await importBatch(db, leads, options.source, now)),
      changeset,
    }))
    summary.read += batch.length
    summary.made += counts.made
    summary.updated += counts.updated
    summary.unchanged += counts.unchanged
    summary.duplicates += counts.updated + counts.unchanged
    if (counts.made + counts.updated > 0) summary.changeset = counts.changeset
    for (const row of batch) if (row.kind === "refused") summary.refused.push({ line: row.line, reason: row.reason })
    options.onBatch?.(summary)
  }
  return summary
}

async function importBatch(db: Db, rows: ImportedLead[], source: string, now: string) {
  const counts = { made: 0, updated: 0, unchanged: 0 }
  const known = await findKnown(db, rows)
  const companies: Companies = new Map()
  for (const row of rows) {
    const identities = identitiesIn(row)
    const lead = known.match(row, identities)
    if (lead) {
      const isUpdated = await updateLead(db, lead, row, identities, companies, now)
      counts[isUpdated ? "updated" : "unchanged"] += 1
    } else {
      known.add(row, identities, await makeLead(db, row, identities, companies, source, now))
      counts.made += 1
    }
  }
  return counts
}

/** The leads that a batch may already be, by every way of recognising them; leads made since join in, so that a file's own doubles
 * meet. */
async function findKnown(db: Db, rows: ImportedLead[]) {
  const byIdentity = new Map<string, number>()
  const byName = new Map<string, number>()
  const leads = new Map<number, Known>()
  const wanted = rows.flatMap(identitiesIn)
  for (const kind of ["email", "linkedin", "x"] as const) {
    const values = wanted.filter((identity) => identity.kind === kind).map((identity) => identity.value)
    for (const some of chunks(values)) {
      const { identities } = tables
      const found = await db
        .select({ leadId: identities.leadId, value: identities.value })
        .from(identities)
        .where(and(eq(identities.kind, kind), inArray(identities.value, some), isNotNull(identities.leadId)))
      for (const { leadId, value } of found) if (leadId !== null) byIdentity.set(`${kind} ${value}`, leadId)
    }
  }
  const names = [...new Set(rows.flatMap((row) => (row.name && row.company ? [row.name] : [])))]
  for (const some of chunks(names)) {
    const named = and(inArray(sql`coalesce(${tables.leads.name}, '')`, some), isNull(tables.leads.mergedInto))
    for (const lead of await selectKnown(db, named)) {
      byName.set(nameWithCompany(lead), lead.id)
      leads.set(lead.id, lead)
    }
  }
  for (const some of chunks([...byIdentity.values()].filter((id) => !leads.has(id)))) {
    for (const lead of await selectKnown(db, inArray(tables.leads.id, some))) leads.set(lead.id, lead)
  }

  return {
    match(row: ImportedLead, identities: IdentityValue[]): Known | null {
      const ids = identities.map(({ kind, value }) => byIdentity.get(`${kind} ${value}`))
      const id = ids.find((one) => one !== undefined) ?? namesake(row, identities)
      return (id !== undefined && leads.get(id)) || null
    },
    add(row: ImportedLead, identities: IdentityValue[], lead: Known) {
      leads.set(lead.id, lead)
      for (const { kind, value } of identities) byIdentity.set(`${kind} ${value}`, lead.id)
      if (row.name && row.company) byName.set(nameWithCompany(row), lead.id)
    },
  }

  /** The same name at the same company; but two different LinkedIn pages are two people. */
  function namesake(row: ImportedLead, identities: IdentityValue[]): number | undefined {
    const id = row.name && row.company ? byName.get(nameWithCompany(row)) : undefined
    const url = id === undefined ? null : leads.get(id)?.linkedinUrl
    const slug = url ? identityValue("lead", "linkedin", url) : null
    return identities.some(({ kind, value }) => kind === "linkedin" && slug && value !== slug) ? undefined : id
  }
}

function selectKnown(db: Db, where: SQL | undefined): Promise<Known[]> {
  const { id, name, title, company, email, phone, linkedinUrl, xHandle, location } = tables.leads
  return db
    .select({ id, name, title, company, email, phone, linkedinUrl, xHandle, location })
    .from(tables.leads)
    .where(where)
}

async function makeLead(
  db: Db,
  row: ImportedLead,
  identities: IdentityValue[],
  companies: Companies,
  source: string,
  now: string,
): Promise<Known> {
  const lead: NewLead = {
    ...columnsOf(row),
    companyId: await companyIn(db, row, companies, now),
    status: row.status ?? "new",
    value: row.value,
    owner: row.owner,
    source,
    custom: customOf(row),
    createdAt: now,
    updatedAt: now,
  }
  const made = await db.insert(tables.leads).values(lead).returning({ id: tables.leads.id })
  const known = made.map(({ id }) => ({ id, ...columnsOf(row) }))[0]
  if (!known) throw new Error("The database made no row for a lead.")
  if (identities.length > 0) {
    await db.insert(tables.identities).values(identities.map((one) => ({ ...one, leadId: known.id, createdAt: now })))
  }
  if (row.notes) {
    const note = { leadId: known.id, kind: "note", text: row.notes, actor: "import", at: now, createdAt: now } as const
    await db.insert(tables.timeline).values(note)
  }
  return known
}

/** Returns whether the row brought anything new. */
async function updateLead(
  db: Db,
  lead: Known,
  row: ImportedLead,
  identities: IdentityValue[],
  companies: Companies,
  now: string,
): Promise<boolean> {
  const incoming = columnsOf(row)
  const changes: Partial<Record<ImportedColumn, string>> = {}
  for (const column of importedColumns) {
    const value = incoming[column]
    if (value === null || value === lead[column]) continue
    if (await isNews(db, lead.id, column, value)) changes[column] = value
  }
  const hasNewIdentity = await addNewIdentities(db, lead.id, identities, now)
  if (Object.keys(changes).length === 0) return hasNewIdentity
  const moved = changes.company === undefined ? {} : { companyId: await companyIn(db, row, companies, now) }
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

async function addNewIdentities(db: Db, leadId: number, wanted: IdentityValue[], now: string): Promise<boolean> {
  const { identities } = tables
  let isNew = false
  for (const { kind, value } of wanted) {
    const taken = await db
      .select({ id: identities.id })
      .from(identities)
      .where(and(eq(identities.kind, kind), eq(identities.value, value), isNotNull(identities.leadId)))
    if (taken.length > 0) continue
    await db.insert(identities).values({ leadId, kind, value, createdAt: now })
    isNew = true
  }
  return isNew
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

async function companyIn(db: Db, row: ImportedLead, companies: Companies, now: string): Promise<number | null> {
  if (!row.company) return null
  const mail = row.emails.map((email) => parseDomain(email)).find((domain) => domain && !isFreeMail(domain))
  const domain = row.companyDomain ?? (row.website && parseDomain(row.website)) ?? mail ?? null
  const key = `${row.company}\n${domain}\n${row.companyLinkedinUrl}`
  const seen = companies.get(key)
  if (seen !== undefined) return seen
  const id = await companyOf(db, { name: row.company, domain, linkedinUrl: row.companyLinkedinUrl }, now)
  companies.set(key, id)
  return id
}

function columnsOf(row: ImportedLead) {
  return {
    name: row.name,
    title: row.title,
    company: row.company,
    email: row.emails[0] ?? null,
    phone: row.phones[0] ?? null,
    linkedinUrl: row.linkedinUrl,
    xHandle: row.xHandle,
    location: row.location,
  }
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

/** In their order of trust, each once. */
function identitiesIn(row: ImportedLead): IdentityValue[] {
  const texts = [
    ...row.emails.map((email) => ({ kind: "email", text: email }) as const),
    { kind: "linkedin", text: row.linkedinUrl } as const,
    { kind: "x", text: row.xHandle } as const,
  ]
  const found = new Map<string, IdentityValue>()
  for (const { kind, text } of texts) {
    const value = text ? identityValue("lead", kind, text) : null
    if (value) found.set(`${kind} ${value}`, { kind, value })
  }
  return [...found.values()]
}

function nameWithCompany(one: { name: string | null; company: string | null }): string {
  return `${one.name}\n${one.company}`.toLowerCase()
}

/** SQLite takes a bounded number of parameters. */
function chunks<T>(values: T[]): T[][] {
  return Array.from({ length: Math.ceil(values.length / 500) }, (_, i) => values.slice(i * 500, i * 500 + 500))
}
