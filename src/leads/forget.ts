import { createHash } from "node:crypto"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { and, type Column, eq, getTableColumns, getTableName, inArray, isNull, like, ne, or, sql } from "drizzle-orm"
import { eraseRemains } from "../db/erasure.ts"
import { type Author, type Db, openStore, type Store } from "../db/store.ts"
import { type Evidence, type Json, type JsonObject, type Lead, tables } from "../db/tables.ts"
import { knownBackups } from "./backup.ts"
import { learnedFrom } from "./fields.ts"
import { type IdentityValue, identitiesOf } from "./identity.ts"
import { foldText } from "./normal-forms.ts"
import { forgotten, type Traces, type Traits, tracesOf } from "./person-traces.ts"
import { addSuppressions, hashesOf, type Person, personOf } from "./suppress.ts"
import { rowOf } from "./values.ts"

export type Forgotten =
  | {
      kind: "forgotten"
      /** The lead and those that had been merged into it. */
      leads: number[]
      /** Texts about others from which the name or an address was taken out. */
      redacted: number
      /** Raw pages deleted. */
      captures: number
      /** Backups of this home: those that were found are rewritten, the others are the person's to delete. */
      backups: { rewritten: string[]; missing: string[] }
      /** Whether another process still reads old pages of the database; forgetting again later finishes it. */
      remains: "erased" | "busy"
    }
  | { kind: "refused"; reason: string; hint: string }

export type ForgetOptions = {
  /** Of the hashes by which the person is not imported again. */
  homeKey: string
  /** The folder with `captures/` and the list of backups. */
  home: string
  now: Date
}

/** Removes a person for good: rows, history, evidence, raw pages, whole transcripts of runs that touched the lead, and every mention
 * elsewhere. Keyed hashes of the addresses stay, so that the person is not imported again; so does what is known of the company.
 * It cannot be undone. Forgetting again finishes what was cut off. */
export async function forgetLead(
  store: Store,
  author: Omit<Author, "kind">,
  id: number,
  options: ForgetOptions,
): Promise<Forgotten> {
  const found = await store.read((db) => clusterOf(db, id))
  if (found.kind === "refused")
    return (await wasCutOff(store, id)) ? finish(store, [id], { redacted: 0, captures: 0 }) : found
  const about = await store.read((db) => knowledgeOf(db, found.ids))
  const erasure = await eraseFrom(store, author, found.ids, about, options)
  removeCaptures(options.home, erasure.captures)
  const backups = knownBackups(options.home)
  for (const backup of backups.found) await eraseBackup(backup, author, found.ids, about, options)
  const done = await finish(store, found.ids, { redacted: erasure.redacted, captures: erasure.captures.length })
  return { ...done, backups: { rewritten: backups.found, missing: backups.missing } }
}

type Done = Extract<Forgotten, { kind: "forgotten" }>
type About = { traits: Traits; identities: IdentityValue[]; person: Person }
type Erasure = { redacted: number; captures: string[] }

/** Tables that are what a run said and did. */
export const transcripts = ["messages", "calls", "questions", "results"] as const

/** Columns that are other people's or companies' own; a name in them is not this person's. */
const spared: Partial<Record<string, string[]>> = {
  leads: ["name", "company", "email", "phone", "linkedin_url", "x_handle"],
  companies: ["name", "name_key", "domain", "linkedin_url", "x_handle"],
  identities: ["value"],
  suppressions: ["value"],
}
const cutOffNote = (id: number) => `lead ${id}: traces remain`

async function clusterOf(
  db: Db,
  id: number,
): Promise<{ kind: "found"; ids: number[] } | Extract<Forgotten, { kind: "refused" }>> {
  const { leads, tasks, runs } = tables
  const [lead] = await db.select().from(leads).where(eq(leads.id, id))
  if (!lead) return { kind: "refused", reason: `There is no lead ${id}.`, hint: "giant leads lists them." }
  const ids = new Set([(await rowOf(db, { entity: "lead", id })).id, id])
  for (let before = 0; before !== ids.size; ) {
    before = ids.size
    const merged = await db
      .select({ id: leads.id })
      .from(leads)
      .where(inArray(leads.mergedInto, [...ids]))
    for (const one of merged) ids.add(one.id)
  }
  const working = await db
    .select({ id: tasks.id })
    .from(tasks)
    .where(and(inArray(tasks.leadId, [...ids]), eq(tasks.state, "leased")))
  const running = await db
    .select({ id: runs.id })
    .from(runs)
    .where(and(inArray(runs.leadId, [...ids]), isNull(runs.endedAt)))
  if (working.length + running.length === 0) return { kind: "found", ids: [...ids] }
  return { kind: "refused", reason: `An agent is at work on lead ${id}.`, hint: "Stop it, or wait until it has ended." }
}

/** Everything by which the person was ever known here, also under earlier names and addresses. */
async function knowledgeOf(db: Db, ids: number[]): Promise<About> {
  const { leads, identities, facts, changes } = tables
  const rows = await db.select().from(leads).where(inArray(leads.id, ids)).orderBy(leads.id)
  const own = await db.select().from(identities).where(inArray(identities.leadId, ids))
  const said = await db
    .select({ field: facts.field, value: facts.value })
    .from(facts)
    .where(and(eq(facts.entity, "lead"), inArray(facts.entityId, ids)))
  const told = await db
    .select({ before: changes.before, after: changes.after })
    .from(changes)
    .where(and(eq(changes.tableName, "leads"), inArray(changes.rowId, ids)))
  const ever = (column: keyof Lead, name: string) => {
    const values: unknown[] = [
      ...rows.map((row) => row[column]),
      ...said.filter(({ field }) => field === name).map(({ value }) => value),
      ...told.flatMap(({ before, after }) => [before?.[name], after?.[name]]),
    ]
    return [...new Set(values.flatMap((value) => (typeof value === "string" && value !== "" ? [value] : [])))]
  }
  const ofKind = (kind: string) => own.filter((identity) => identity.kind === kind).map(({ value }) => value)
  const slugs = identitiesOf("linkedin.profile", ever("linkedinUrl", "linkedin_url")).map(({ value }) => value)
  const traits = {
    names: ever("name", "name"),
    emails: [...new Set([...ofKind("email"), ...ever("email", "email")])],
    phones: ever("phone", "phone"),
    slugs: [...new Set([...ofKind("linkedin"), ...slugs])],
    handles: [...new Set([...ofKind("x"), ...ever("xHandle", "x_handle").map((handle) => handle.toLowerCase())])],
  }
  const known = await personOf(db, ids[0] ?? 0)
  const person = { ...known, emails: traits.emails, identities: own.map(({ kind, value }) => ({ kind, value })) }
  return { traits: await ownTraits(db, ids, traits), identities: person.identities, person }
}

/** What no other lead has: a namesake's name and a shared telephone stay where they stand. */
async function ownTraits(db: Db, ids: number[], traits: Traits): Promise<Traits> {
  const { leads } = tables
  const others = async (column: typeof leads.name | typeof leads.phone | typeof leads.email, values: string[]) => {
    if (values.length === 0) return new Set<string>()
    const found = await db
      .select({ value: column })
      .from(leads)
      .where(and(inArray(column, values), sql`${leads.id} NOT IN ${ids}`))
    return new Set(found.map(({ value }) => value))
  }
  const [names, phones, emails] = [
    await others(leads.name, traits.names),
    await others(leads.phone, traits.phones),
    await others(leads.email, traits.emails),
  ]
  return {
    ...traits,
    names: traits.names.filter((name) => !names.has(name)),
    phones: traits.phones.filter((phone) => !phones.has(phone)),
    emails: traits.emails.filter((email) => !emails.has(email)),
  }
}

/** Erases from one database, in one transaction. */
async function eraseFrom(
  store: Store,
  author: Omit<Author, "kind">,
  ids: number[],
  about: About,
  options: ForgetOptions,
): Promise<Erasure> {
  const now = options.now.toISOString()
  const traces = tracesOf(about.traits)
  return store.change({ ...author, kind: "forget" }, async (db, changeset) => {
    const runs = await runsThatTouched(db, ids, traces)
    const evidence = await ownEvidence(db, ids, about.identities)
    await eraseTranscripts(db, runs)
    const gone = await eraseRows(db, ids, about)
    await eraseEvidence(
      db,
      evidence.map((one) => one.id),
    )
    const redacted = await redactEverywhere(db, traces)
    await eraseHistory(db, gone)
    await addSuppressions(db, { ...author, kind: "forget" }, hashesOf(about.person, options.homeKey), "Forgotten.", now)
    await weakenFacts(
      db,
      redacted.evidence.map((one) => one.id),
    )
    // Whoever is killed from here on finds the work unfinished.
    await db
      .update(tables.changesets)
      .set({ note: cutOffNote(ids[0] ?? 0) })
      .where(eq(tables.changesets.id, changeset))
    const captures = [...evidence, ...redacted.evidence].flatMap(({ capture }) => (capture === null ? [] : [capture]))
    return { redacted: redacted.count, captures: [...new Set(captures)] }
  })
}

async function runsThatTouched(db: Db, ids: number[], traces: Traces): Promise<number[]> {
  const { runs, tasks, facts, evidence, changes, changesets, calls } = tables
  const found = [
    await db.select({ id: runs.id }).from(runs).where(inArray(runs.leadId, ids)),
    await db.select({ id: tasks.runId }).from(tasks).where(inArray(tasks.leadId, ids)),
    await db
      .select({ id: facts.runId })
      .from(facts)
      .where(and(eq(facts.entity, "lead"), inArray(facts.entityId, ids))),
    await db
      .select({ id: changesets.runId })
      .from(changesets)
      .innerJoin(changes, eq(changes.changesetId, changesets.id))
      .where(and(eq(changes.tableName, "leads"), inArray(changes.rowId, ids))),
    await db
      .select({ id: evidence.runId })
      .from(evidence)
      .innerJoin(facts, eq(facts.evidenceId, evidence.id))
      .where(and(eq(facts.entity, "lead"), inArray(facts.entityId, ids))),
  ].flat()
  const touched = new Set(found.flatMap(({ id }) => (id === null ? [] : [id])))
  for await (const row of mentions(db, "runs", traces)) touched.add(Number(row.id))
  for (const table of transcripts) for await (const row of mentions(db, table, traces)) touched.add(Number(row.run_id))
  const about = ids.flatMap((id) => [
    like(sql`${calls.arguments}`, `[${id}]`),
    like(sql`${calls.arguments}`, `[${id},%`),
  ])
  const named = await db
    .select({ run: calls.runId })
    .from(calls)
    .where(and(like(calls.action, "leads.%"), or(...about)))
  for (const { run } of named) touched.add(run)
  return [...touched]
}

/** The pages of the person, and what else only their facts rest on. */
async function ownEvidence(
  db: Db,
  ids: number[],
  identities: IdentityValue[],
): Promise<Pick<Evidence, "id" | "capture">[]> {
  const { evidence, facts } = tables
  const { id, url, finalUrl, kind, capture } = evidence
  const used = await db
    .selectDistinct({ id, url, finalUrl, kind, capture })
    .from(evidence)
    .innerJoin(facts, eq(facts.evidenceId, evidence.id))
    .where(and(eq(facts.entity, "lead"), inArray(facts.entityId, ids)))
  const words = identities.map(
    ({ value }) => sql`instr(lower(${url} || ' ' || coalesce(${finalUrl}, '')), ${value}) > 0`,
  )
  const named =
    words.length === 0
      ? []
      : await db
          .select({ id, url, finalUrl, kind, capture })
          .from(evidence)
          .where(or(...words))
  const isOwn = (page: (typeof named)[number]) =>
    identitiesOf(page.kind, [page.url, page.finalUrl ?? page.url]).some((shown) =>
      identities.some((known) => known.kind === shown.kind && known.value === shown.value),
    )
  return [...used.filter((page) => learnedFrom[page.kind]?.entity !== "company"), ...named.filter(isOwn)]
}

async function eraseTranscripts(db: Db, runs: number[]): Promise<void> {
  for (let i = 0; i < runs.length; i += 500) {
    const some = runs.slice(i, i + 500)
    for (const name of transcripts) await db.delete(tables[name]).where(inArray(tables[name].runId, some))
    await db.update(tables.runs).set({ prompt: forgotten, summary: null }).where(inArray(tables.runs.id, some))
  }
}

type Gone = { table: string; ids: number[] }[]

/** Removes the leads, and every row that names one of them. */
async function eraseRows(db: Db, ids: number[], about: About): Promise<Gone> {
  const { leads, facts, suppressions, runs, checks } = tables
  const gone: Gone = []
  const own = await db
    .delete(facts)
    .where(and(eq(facts.entity, "lead"), inArray(facts.entityId, ids)))
    .returning({ id: facts.id })
  gone.push({ table: "facts", ids: own.map(({ id }) => id) })
  const checked = await db
    .delete(checks)
    .where(
      inArray(
        checks.factId,
        own.map(({ id }) => id),
      ),
    )
    .returning({ id: checks.id })
  gone.push({ table: "checks", ids: checked.map(({ id }) => id) })
  await db.update(runs).set({ leadId: null }).where(inArray(runs.leadId, ids))
  for (const table of Object.values(tables)) {
    if (table === runs || !("leadId" in table)) continue
    const name = getTableName(table)
    const rows = await db.all<{ id: number }>(
      sql`DELETE FROM ${sql.identifier(name)} WHERE lead_id IN ${ids} RETURNING id`,
    )
    gone.push({ table: name, ids: rows.map(({ id }) => id) })
  }
  for (const { kind, value } of [
    ...about.identities,
    ...about.traits.emails.map((value) => ({ kind: "email", value }) as const),
  ]) {
    const rows = await db
      .delete(suppressions)
      .where(and(eq(suppressions.kind, kind), eq(suppressions.value, value), ne(suppressions.kind, "hash")))
      .returning({ id: suppressions.id })
    gone.push({ table: "suppressions", ids: rows.map(({ id }) => id) })
  }
  await db.delete(leads).where(inArray(leads.id, ids))
  return [...gone, { table: "leads", ids }]
}

async function eraseEvidence(db: Db, ids: number[]): Promise<void> {
  const { evidence, facts } = tables
  if (ids.length === 0) return
  await db.delete(evidence).where(inArray(evidence.id, ids))
  await db.update(facts).set({ evidenceId: null }).where(inArray(facts.evidenceId, ids))
}

type Redacted = { count: number; evidence: Pick<Evidence, "id" | "capture">[] }

/** Takes the person out of what is kept: pages and notes about others, addresses in logs, and the journal of all these. */
async function redactEverywhere(db: Db, traces: Traces): Promise<Redacted> {
  const redacted: Redacted = { count: 0, evidence: [] }
  // The journal comes last: what is redacted before it is journalled too.
  for (const table of [...tableNames().filter((name) => name !== "changes"), "changes"]) {
    for await (const row of mentions(db, table, traces)) {
      const set = table === "changes" ? redactedChange(row, traces) : redactedColumns(table, row, traces)
      if (table === "evidence") {
        redacted.evidence.push({ id: Number(row.id), capture: typeof row.capture === "string" ? row.capture : null })
        Object.assign(set, {
          capture: null,
          sha256: createHash("sha256")
            .update(String(set.text ?? row.text))
            .digest("hex"),
        })
      }
      const columns = Object.entries(set).map(([column, value]) => sql`${sql.identifier(column)} = ${value}`)
      if (columns.length === 0) continue
      await db.run(sql`UPDATE ${sql.identifier(table)} SET ${sql.join(columns, sql`, `)} WHERE id = ${row.id}`)
      if (table !== "changes") redacted.count += 1
    }
  }
  return redacted
}

/** The rows of a table in which a trace stands, as the database holds them. */
async function* mentions(db: Db, table: string, traces: Traces): AsyncGenerator<JsonObject> {
  const columns = textColumns(table)
  if (columns.length === 0 || traces.needles.length === 0) return
  const text = sql.join(
    columns.map((column) => sql`coalesce(${sql.identifier(column)}, '')`),
    sql` || char(10) || `,
  )
  const isSuspect = traces.needles.map((needle) => sql`instr(lower(${text}), ${needle}) > 0`)
  for (let last = 0; ; ) {
    const rows = await db.all<JsonObject>(
      sql`SELECT * FROM ${sql.identifier(table)} WHERE id > ${last} AND (${sql.join(isSuspect, sql` OR `)}) ORDER BY id LIMIT 500`,
    )
    for (const row of rows) {
      const found = table === "changes" ? redactedChange(row, traces) : redactedColumns(table, row, traces)
      if (Object.keys(found).length > 0) yield row
    }
    if (rows.length < 500) return
    last = Number(rows.at(-1)?.id)
  }
}

function tableNames(): string[] {
  return Object.values(tables).map((table) => getTableName(table))
}

function textColumns(name: string): string[] {
  const table = Object.values(tables).find((one) => getTableName(one) === name)
  const columns = table ? Object.values<Column>(getTableColumns(table)) : []
  return columns.filter(({ dataType }) => dataType === "string" || dataType === "json").map((column) => column.name)
}

/** The columns of a row that have a trace, without it. */
function redactedColumns(table: string, row: JsonObject, traces: Traces): JsonObject {
  const left = [...(spared[table] ?? []), ...(table === "facts" && isSpared(row) ? ["value"] : [])]
  const redacted = Object.entries(row).flatMap(([column, value]): [string, Json][] => {
    if (typeof value !== "string" || left.includes(column)) return []
    const without = traces.redact(value)
    return without === value ? [] : [[column, without]]
  })
  return Object.fromEntries(redacted)
}

/** A fact of a name or address of somebody else. */
function isSpared({ entity, field }: JsonObject): boolean {
  const columns = spared[entity === "lead" ? "leads" : "companies"] ?? []
  return typeof field === "string" && columns.includes(field)
}

function redactedChange(row: JsonObject, traces: Traces): JsonObject {
  const redacted = (["before", "after"] as const).flatMap((side): [string, Json][] => {
    const text = row[side]
    if (typeof text !== "string") return []
    const values: JsonObject = JSON.parse(text)
    const without = redactedColumns(String(row.table_name), values, traces)
    return Object.keys(without).length > 0 ? [[side, JSON.stringify({ ...values, ...without })]] : []
  })
  return Object.fromEntries(redacted)
}

/** Removes what the journal tells of rows that are gone, this removal included. */
async function eraseHistory(db: Db, gone: Gone): Promise<void> {
  const { changes } = tables
  for (const { table, ids } of gone) {
    for (let i = 0; i < ids.length; i += 500) {
      await db.delete(changes).where(and(eq(changes.tableName, table), inArray(changes.rowId, ids.slice(i, i + 500))))
    }
  }
}

/** What others' facts lost of their proof makes them inferences. */
async function weakenFacts(db: Db, redacted: number[]): Promise<void> {
  const { facts, evidence } = tables
  const concerned = await db
    .select({ id: facts.id, quote: facts.quote, text: evidence.text })
    .from(facts)
    .leftJoin(evidence, eq(evidence.id, facts.evidenceId))
    .where(and(eq(facts.basis, "observed"), or(isNull(facts.evidenceId), inArray(facts.evidenceId, redacted))))
  for (const { id, quote, text } of concerned) {
    if (text !== null && quote !== null && foldText(text).includes(foldText(quote))) continue
    const reason = "What it rested on was forgotten with a person."
    await db.update(facts).set({ basis: "inferred", evidenceId: null, quote: null, reason }).where(eq(facts.id, id))
  }
}

function removeCaptures(home: string, captures: string[]): void {
  for (const capture of captures) rmSync(join(home, "captures", capture), { force: true })
}

/** Erases from a backup what was erased from the database itself. */
async function eraseBackup(
  path: string,
  author: Omit<Author, "kind">,
  ids: number[],
  about: About,
  options: ForgetOptions,
): Promise<void> {
  const copy = openStore(path, () => options.now)
  try {
    const there = await copy.read((db) =>
      db.select({ id: tables.leads.id }).from(tables.leads).where(inArray(tables.leads.id, ids)),
    )
    const present = there.map(({ id }) => id)
    const then = present.length > 0 ? await copy.read((db) => knowledgeOf(db, present)) : about
    await eraseFrom(copy, author, ids, together(about, then), options)
    await finish(copy, ids, { redacted: 0, captures: 0 })
  } finally {
    await copy.close()
  }
}

function together(now: About, then: About): About {
  const both = <T>(pick: (about: About) => T[]) => [...new Set([...pick(now), ...pick(then)])]
  return {
    person: now.person,
    identities: both(({ identities }) => identities),
    traits: {
      names: both(({ traits }) => traits.names),
      emails: both(({ traits }) => traits.emails),
      phones: both(({ traits }) => traits.phones),
      slugs: both(({ traits }) => traits.slugs),
      handles: both(({ traits }) => traits.handles),
    },
  }
}

async function wasCutOff(store: Store, id: number): Promise<boolean> {
  const { changesets } = tables
  const found = await store.read((db) =>
    db
      .select({ id: changesets.id })
      .from(changesets)
      .where(eq(changesets.note, cutOffNote(id))),
  )
  return found.length > 0
}

async function finish(store: Store, ids: number[], counts: { redacted: number; captures: number }): Promise<Done> {
  const { changesets } = tables
  const [id = 0] = ids
  const { kind: remains } = eraseRemains(store.path)
  if (remains === "erased") {
    await store.write((db) =>
      db
        .update(changesets)
        .set({ note: null })
        .where(eq(changesets.note, cutOffNote(id))),
    )
  }
  return { kind: "forgotten", leads: ids, ...counts, backups: { rewritten: [], missing: [] }, remains }
}
