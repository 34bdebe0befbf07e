import { and, asc, desc, eq, isNull, sql } from "drizzle-orm"
import { type Json, type JsonObject, listedIn, own } from "../db/json.ts"
import { prepared } from "../db/prepared.ts"
import type { Db, Store } from "../db/store.ts"
import { type Company, type Evidence, type Fact, type Identity, type Lead, tables } from "../db/tables.ts"
import { type Entity, fieldsOf } from "./fields.ts"
import { entriesOf, type HistoryEntry } from "./history-entries.ts"
import { foldText } from "./normal-forms/text.ts"

/** Where a value comes from. A value that no fact stands behind rests on the changeset that set it. */
export type Origin =
  | { kind: "fact"; fact: Fact; source: Source | null }
  | { kind: "change"; changeset: number; actor: string; note: string | null; run: number | null; at: string }

/** Evidence as a value shows it: the words around the quote instead of the whole text. */
export type Source = Pick<Evidence, "id" | "url" | "kind" | "title" | "capturedAt"> & {
  excerpt: { before: string; quote: string; after: string } | null
}

export type KnownValue = { field: string; value: Json; basis: Fact["basis"]; origin: Origin | null }
export type OtherFact = { fact: Fact; source: Source | null }

/** What is known of one lead or company, and why. */
type Knowledge = {
  values: KnownValue[]
  /** What an agent would set, if a person agreed. */
  suggested: OtherFact[]
  /** What stood before, or was turned down. */
  earlier: OtherFact[]
  identities: Identity[]
  /** Newest first. */
  history: HistoryEntry[]
}

export type LeadProfile = Awaited<ReturnType<typeof readLead>>
type CompanyProfile = Awaited<ReturnType<typeof readCompany>>

/** How many characters of the evidence are shown on either side of a quote. */
const around = 160

/** Everything that is known of a lead, or null when there is none. A merged lead names the one that it was merged into. */
export function leadProfile(store: Store, id: number): Promise<LeadProfile | null> {
  return store.read(async (db) => {
    const [lead] = await leadById(db, { id })
    return lead ? readLead(db, lead) : null
  })
}

/** Everything that is known of a company, or null when there is none. */
export function companyProfile(store: Store, id: number): Promise<CompanyProfile | null> {
  return store.read(async (db) => {
    const [company] = await companyById(db, { id })
    return company ? readCompany(db, company) : null
  })
}

const id = sql.placeholder("id")
const leadById = prepared((db) => db.select().from(tables.leads).where(eq(tables.leads.id, id)))
const companyById = prepared((db) => db.select().from(tables.companies).where(eq(tables.companies.id, id)))
const timelineOf = prepared((db) => {
  const { timeline } = tables
  return db.select().from(timeline).where(eq(timeline.leadId, id)).orderBy(desc(timeline.at), desc(timeline.id))
})
const tasksOf = prepared((db) => {
  const { tasks } = tables
  return db.select().from(tasks).where(eq(tasks.leadId, id)).orderBy(desc(tasks.id))
})
const runsOf = prepared((db) => {
  const { runs } = tables
  return db.select().from(runs).where(eq(runs.leadId, id)).orderBy(desc(runs.id))
})
const factsOf = prepared((db) => {
  const { facts } = tables
  const own = and(eq(facts.entity, sql.placeholder("entity")), eq(facts.entityId, id))
  return db.select().from(facts).where(own).orderBy(desc(facts.id))
})
const identitiesOf = {
  lead: prepared((db) => {
    const { identities } = tables
    return db.select().from(identities).where(eq(identities.leadId, id)).orderBy(asc(identities.id))
  }),
  company: prepared((db) => {
    const { identities } = tables
    return db.select().from(identities).where(eq(identities.companyId, id)).orderBy(asc(identities.id))
  }),
}
const changesOf = prepared((db) => {
  const { changes, changesets } = tables
  const own = and(eq(changes.tableName, sql.placeholder("table")), eq(changes.rowId, id))
  const both = db.select({ change: changes, changeset: changesets }).from(changes)
  return both.innerJoin(changesets, eq(changesets.id, changes.changesetId)).where(own).orderBy(desc(changes.id))
})

const evidenceOf = prepared((db) => {
  const isMeant = sql`${tables.evidence.id} IN (SELECT value FROM ${listedIn(sql.placeholder("ids"), "bigint")} AS listed)`
  return db.select().from(tables.evidence).where(isMeant)
})

async function readLead(db: Db, lead: Lead) {
  const { id } = lead
  const [company] = lead.companyId === null ? [] : await companyById(db, { id: lead.companyId })
  return {
    lead,
    company: company ?? null,
    ...(await knowledgeOf(db, "lead", lead.id, { ...lead, custom: null }, lead.custom)),
    timeline: await timelineOf(db, { id }),
    tasks: await tasksOf(db, { id }),
    runs: await runsOf(db, { id }),
  }
}

async function readCompany(db: Db, company: Company) {
  const { leads } = tables
  return {
    company,
    ...(await knowledgeOf(db, "company", company.id, company, {})),
    leads: await db
      .select({ id: leads.id, name: leads.name, title: leads.title, email: leads.email, status: leads.status })
      .from(leads)
      .where(and(eq(leads.companyId, company.id), isNull(leads.mergedInto)))
      .orderBy(desc(leads.id))
      .limit(200),
  }
}

async function knowledgeOf(
  db: Db,
  entity: Entity,
  id: number,
  row: JsonObject,
  custom: JsonObject,
): Promise<Knowledge> {
  const known = await factsOf(db, { entity, id })
  const sources = await sourcesOf(db, known)
  const history = await historyOf(db, entity, id)
  const sourced = (state: Fact["state"][]) =>
    known.filter((fact) => state.includes(fact.state)).map((fact) => ({ fact, source: sourceOf(fact, sources) }))
  const current = known.filter((fact) => fact.state === "current")
  return {
    values: presentValues(entity, row, custom).map(({ field, value }) => {
      const fact = current.find((fact) => fact.field === field && same(fact.value, value))
      if (fact)
        return { field, value, basis: fact.basis, origin: { kind: "fact", fact, source: sourceOf(fact, sources) } }
      return { field, value, ...setBy(history, field) }
    }),
    suggested: sourced(["suggested"]),
    earlier: sourced(["superseded", "rejected"]),
    identities: await identitiesOf[entity](db, { id }),
    history,
  }
}

/** Every field that has a value: those of the table first, then those that the team keeps of its own. */
function presentValues(entity: Entity, row: JsonObject, custom: JsonObject): { field: string; value: Json }[] {
  const fields = Object.values(fieldsOf(entity)).map((field) => ({
    field: field.name,
    value: (field.column ? row[field.column] : own(custom, field.name)) ?? null,
  }))
  const sales = entity === "lead" ? ["status", "value", "score", "owner", "source"] : []
  const rest = Object.keys(custom).filter((name) => !Object.hasOwn(fieldsOf(entity), name))
  return [
    ...fields,
    ...sales.map((field) => ({ field, value: row[field] ?? null })),
    ...rest.map((field) => ({ field, value: custom[field] ?? null })),
  ].filter(({ value }) => value !== null && value !== "")
}

/** Who last gave a field its value, as the journal has it. */
function setBy(history: HistoryEntry[], field: string): { basis: Fact["basis"]; origin: Origin | null } {
  const last = history.find(({ values }) => values.some((changed) => changed.field === field && changed.after !== null))
  if (!last) return { basis: "imported", origin: null }
  const { changeset, actor, note, run, at } = last
  const basis = last.kind === "import" ? "imported" : last.kind === "run" ? "inferred" : "human"
  return { basis, origin: { kind: "change", changeset, actor, note, run, at } }
}

async function historyOf(db: Db, entity: Entity, id: number): Promise<HistoryEntry[]> {
  const rows = await changesOf(db, { table: entity === "lead" ? "leads" : "companies", id })
  return entriesOf(db, rows)
}

async function sourcesOf(db: Db, facts: Fact[]): Promise<Evidence[]> {
  const ids = [...new Set(facts.map((fact) => fact.evidenceId).filter((id) => id !== null))]
  return ids.length === 0 ? [] : evidenceOf(db, { ids: JSON.stringify(ids) })
}

function sourceOf(fact: Fact, sources: Evidence[]): Source | null {
  const found = sources.find((source) => source.id === fact.evidenceId)
  if (!found) return null
  const { id, url, kind, title, capturedAt } = found
  return { id, url, kind, title, capturedAt, excerpt: fact.quote === null ? null : excerptOf(found.text, fact.quote) }
}

/** The quote within the words around it, or null where it does not stand in the text. */
function excerptOf(text: string, quote: string): Source["excerpt"] {
  const folded = foldText(text)
  const at = folded.indexOf(foldText(quote))
  if (at < 0 || quote === "") return null
  const end = at + foldText(quote).length
  const from = Math.max(0, at - around)
  const to = Math.min(folded.length, end + around)
  return {
    before: (from > 0 ? "…" : "") + folded.slice(from, at),
    quote: folded.slice(at, end),
    after: folded.slice(end, to) + (to < folded.length ? "…" : ""),
  }
}

function same(one: Json, other: Json): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
