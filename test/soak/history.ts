import { createHash } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { and, eq, isNull, sql } from "drizzle-orm"
import type { Store } from "../../src/db/store.ts"
import { type Change, type Json, type JsonObject, journalled, references, tables } from "../../src/db/tables.ts"
import { tellApart } from "../../src/leads/distinctions.ts"
import { editValue, restoreValue } from "../../src/leads/edit.ts"
import { forgetLead } from "../../src/leads/forget.ts"
import { importLeads } from "../../src/leads/import/import.ts"
import type { ImportedLead } from "../../src/leads/import/lead-file.ts"
import { learn } from "../../src/leads/learn.ts"
import { mergeCompanies, mergeLeads } from "../../src/leads/merge.ts"
import { foldText } from "../../src/leads/normal-forms.ts"
import { addReminder } from "../../src/leads/reminders.ts"
import { differences } from "../../src/leads/replay.ts"
import { acceptSuggestion, amendSuggestion, rejectSuggestion } from "../../src/leads/suggestions.ts"
import { addToTimeline, setStatus } from "../../src/leads/timeline.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { rowOf } from "../../src/leads/values.ts"
import { openStore, stranger } from "../engine.ts"

/** Something that must never be so, with what is needed to see it again. */
export class HistoryBroken extends Error {
  constructor(seed: number, step: number, what: string) {
    super(`seed ${seed}, step ${step}: ${what}`)
  }
}

type World = {
  store: Store
  home: string
  random: Random
  now: Date
  runs: number
  broken(what: string): HistoryBroken
}
type Random = { below(limit: number): number; pick<T>(some: readonly T[]): T }
type Rows = Map<string, JsonObject>

const ada = { actor: "human:ada", kind: "edit" }
const forgetKey = "k".repeat(64)

/** Lives a random history of imports, runs, edits, merges, undos, redos and forgetting, and looks at every step whether the promises
 * hold. Throws HistoryBroken. Returns how often each thing was done, and what `atEnd` says of it. */
export async function liveHistory<End = null>(options: {
  steps: number
  seed: number
  open?: typeof openStore
  atEnd?: (store: Store) => Promise<End>
}): Promise<{ done: Record<string, number>; end: End | null }> {
  const home = mkdtempSync(join(tmpdir(), "giant-history-"))
  writeFileSync(join(home, "secrets.json"), JSON.stringify({ forgetKey }), { mode: 0o600 })
  let step = 0
  const start = Date.parse("2026-11-01T09:00:00.000Z")
  const world: World = {
    home,
    store: (options.open ?? openStore)(join(home, "giant.db"), () => new Date(start + step * 60_000)),
    random: randomOf(options.seed),
    now: new Date(start),
    runs: 0,
    broken: (what) => new HistoryBroken(options.seed, step, what),
  }
  const done: Record<string, number> = {}
  let end: End | null = null
  try {
    for (step = 1; step <= options.steps; step++) {
      world.now = new Date(start + step * 60_000)
      const [name, act] = world.random.pick(deeds)
      done[name] = (done[name] ?? 0) + 1
      await (oneWay.includes(name) ? act(world) : reversed(world, act))
      await checkFacts(world)
      if (step % 50 === 0 || step === options.steps) await checkEverything(world)
    }
    end = (await options.atEnd?.(world.store)) ?? null
  } finally {
    await world.store.close()
    rmSync(home, { recursive: true, force: true })
  }
  return { done, end }
}

/** Does something; then, now and then, takes it back and does it again by undoing the undo: both must be exact. */
async function reversed(world: World, act: (world: World) => Promise<void>): Promise<void> {
  const before = await rowsOf(world.store)
  const last = await lastChangeset(world.store)
  await act(world)
  const made = await lastChangeset(world.store)
  if (made === last || world.random.below(3) > 0) return
  const after = await rowsOf(world.store)
  const undo = await undoAndCheck(world, made, null)
  if (undo === null) throw world.broken(`changeset ${made} could not be undone`)
  same(world, before, await rowsOf(world.store), `undoing changeset ${made} at once`)
  const redo = await undoAndCheck(world, undo, null)
  same(world, after, await rowsOf(world.store), `undoing the undo of changeset ${made}`)
  if (redo !== null && world.random.below(2) === 0) await undoAndCheck(world, redo, null)
}

/** What an undo at once does not take back to the byte: an approval that is void stays void, and what was sent was sent. */
const oneWay = ["forget", "undo", "undo one change", "revise", "approve", "send"]

const deeds: [string, (world: World) => Promise<void>][] = [
  ["import", importSome],
  ["import", importSome],
  ["learn", learnSome],
  ["learn", learnSome],
  ["learn", learnSome],
  ["edit", editSome],
  ["edit", editSome],
  ["edit", editSome],
  ["outside", editOutside],
  ["decide", decide],
  ["decide", decide],
  ["restore", restoreSome],
  ["merge", mergeSome],
  ["merge", mergeSome],
  ["merge companies", mergeSomeCompanies],
  ["timeline", tellSome],
  ["status", moveSome],
  ["undo", undoSome],
  ["undo", undoSome],
  ["undo", undoSome],
  ["undo", undoSome],
  ["undo one change", undoOneChange],
  ["forget", forgetSome],
  ["draft", draftSome],
  ["draft", draftSome],
  ["revise", reviseSome],
  ["revise", reviseSome],
  ["approve", approveSome],
  ["approve", approveSome],
  ["send", sendSome],
  ["apart", tellSomeApart],
]

const names = [
  "Mira Holm",
  "Jonas Lind",
  "Zoë Ångström",
  "Ines Prado",
  "李 明",
  "Otto Brandt",
  "Aiko Mori",
  "Noor Haddad",
]
const companies = ["Northwind", "Northwind Inc", "Fjord Labs", "Tailspin"]
const titles = ["Analyst", "Head of Data", "CTO", "Founder", "VP Sales"]
const places = ["Oslo", "Lisboa", "東京", "Berlin"]

async function importSome({ store, random, now }: World): Promise<void> {
  const rows = Array.from({ length: 1 + random.below(4) }, (_, line) => {
    const who = random.below(names.length)
    const lead: ImportedLead = {
      name: names[who] ?? null,
      title: random.pick([...titles, null]),
      company: random.pick([...companies, null]),
      companyDomain: random.pick(["northwind.example", "fjord.example", null, null]),
      emails: random.pick([[`p${who}@mail.example`], [`p${who}.${random.below(3)}@mail.example`], []]),
      phones: random.pick([[`+1555010${who}`], []]),
      linkedinUrl: random.pick([`https://www.linkedin.com/in/person-${who}`, null]),
      companyLinkedinUrl: null,
      xHandle: random.pick([`person${who}`, null]),
      website: null,
      location: random.pick([...places, null]),
      status: random.pick(["qualified", null] as const),
      value: random.pick([1200.5, 0.1, null]),
      owner: null,
      notes: random.pick(["Met at the fair", null]),
      connectedOn: null,
      doNotContact: false,
      custom: random.pick<Record<string, string>>([{}, { Segment: "A" }, { Segment: "B", Shoe: "42" }]),
    }
    return { kind: "lead" as const, line: line + 2, lead }
  })
  await importLeads(
    store,
    (async function* () {
      yield rows
    })(),
    { actor: "human:ada", source: "file", note: "leads.csv", clock: () => now },
  )
}

async function learnSome(world: World): Promise<void> {
  const { store, random, now } = world
  const lead = await anyOf(store, random, "leads")
  if (lead === null) return
  const title = random.pick(titles)
  const company = random.pick(companies)
  const text = `${title} at ${company}, ${random.pick(places)}\u00a0area`
  const url = `https://www.linkedin.com/in/person-${random.below(names.length)}`
  const capturedAt = new Date(now.getTime() - random.below(5) * 600_000).toISOString()
  const [page] = await store.write((db) =>
    db
      .insert(tables.evidence)
      .values({
        url,
        finalUrl: url,
        kind: "linkedin.profile",
        text,
        sha256: createHash("sha256").update(text).digest("hex"),
        capturedAt,
        outcome: "found",
        reading: { fields: { title, company }, quotes: { title: text.split(",")[0] ?? "", company: text } },
      })
      .returning({ id: tables.evidence.id }),
  )
  const evidence = page?.id ?? 0
  // A run goes on now and then after others wrote in between.
  if (world.runs === 0 || random.below(2) === 0) world.runs += 1
  const runId = Math.max(1, world.runs - random.below(2))
  const claims = [
    { field: "title", value: title, evidence },
    { field: "company", value: company, evidence },
    { field: "headline", value: text, evidence, quote: text },
    { field: "location", value: random.pick(places), reason: "a guess" },
    { field: "email", value: `p${random.below(names.length)}@work.example`, reason: "a pattern" },
  ]
  const some = claims.filter(() => random.below(2) === 0)
  await learn(store, { actor: "agent:enricher", kind: "run", runId }, { entity: "lead", id: lead }, some, now)
}

async function draftSome({ store, random, now }: World): Promise<void> {
  const lead = await anyOf(store, random, "leads")
  if (lead === null) return
  const words = {
    body: `Hello ${random.pick(names)}`,
    subject: random.pick(titles),
    channel: "email",
    recipient: "p@mail.example",
  } as const
  const at = now.toISOString()
  await store.change(ada, async (db) => {
    const { id } = await rowOf(db, { entity: "lead", id: lead })
    await db
      .insert(tables.drafts)
      .values({ ...words, leadId: id, author: "agent:writer", createdAt: at, updatedAt: at })
  })
}

async function reviseSome({ store, random, now }: World): Promise<void> {
  const draft = await openDraft(store, random)
  if (draft === null) return
  const at = now.toISOString()
  await store.change(ada, async (db) => {
    await db
      .update(tables.approvals)
      .set({ voidedAt: at, voidReason: "The draft was changed." })
      .where(
        and(eq(tables.approvals.draftId, draft), isNull(tables.approvals.usedAt), isNull(tables.approvals.voidedAt)),
      )
    await db
      .update(tables.drafts)
      .set({ body: `Dear ${random.pick(names)}`, state: "draft", updatedAt: at })
      .where(eq(tables.drafts.id, draft))
  })
}

async function approveSome({ store, random, now }: World): Promise<void> {
  const draft = await openDraft(store, random)
  if (draft === null) return
  const at = now.toISOString()
  await store.change(ada, async (db) => {
    const [found] = await db.select().from(tables.drafts).where(eq(tables.drafts.id, draft))
    if (!found || found.state === "approved") return
    const seal = createHash("sha256").update(found.body).digest("hex")
    await db
      .insert(tables.approvals)
      .values({ draftId: draft, leadId: found.leadId, person: "human:ada", seal, expiresAt: at, createdAt: at })
    await db.update(tables.drafts).set({ state: "approved", updatedAt: at }).where(eq(tables.drafts.id, draft))
  })
}

async function sendSome({ store, random, now }: World): Promise<void> {
  const draft = await openDraft(store, random)
  if (draft === null) return
  const at = now.toISOString()
  await store.change(ada, async (db) => {
    const [found] = await db.select().from(tables.drafts).where(eq(tables.drafts.id, draft))
    const [approval] = await db
      .select()
      .from(tables.approvals)
      .where(
        and(eq(tables.approvals.draftId, draft), isNull(tables.approvals.usedAt), isNull(tables.approvals.voidedAt)),
      )
    if (found?.state !== "approved" || !approval) return
    const { leadId, channel, recipient, body, subject } = found
    await db.update(tables.approvals).set({ usedAt: at }).where(eq(tables.approvals.id, approval.id))
    const words = { draftId: draft, leadId, channel, recipient, body, subject, person: "human:ada" }
    await db
      .insert(tables.sends)
      .values({ ...words, approvalId: approval.id, outcome: "sent", startedAt: at, endedAt: at })
    await db.update(tables.drafts).set({ state: "sent", updatedAt: at }).where(eq(tables.drafts.id, draft))
  })
}

async function openDraft(store: Store, random: Random): Promise<number | null> {
  const found = await store.rows<{ id: number }>(sql`SELECT id FROM drafts WHERE state <> 'sent' ORDER BY id`)
  return found.length > 0 ? random.pick(found).id : null
}

async function tellSomeApart({ store, random, now }: World): Promise<void> {
  const [one, other] = [await anyOf(store, random, "leads"), await anyOf(store, random, "leads")]
  if (one !== null && other !== null) await tellApart(store, ada, "lead", one, other, now)
}

async function editSome({ store, random, now }: World): Promise<void> {
  const lead = await anyOf(store, random, "leads")
  if (lead === null) return
  const edit: { field: string; value: Json } = random.pick([
    { field: "title", value: random.pick(titles) },
    { field: "title", value: null },
    { field: "company", value: random.pick(companies) },
    { field: "email", value: `p${random.below(names.length)}@mail.example` },
    { field: "email", value: null },
    { field: "headline", value: random.pick(titles) },
    { field: "headline", value: null },
    { field: "status", value: random.pick(["qualified", "won"]) },
    { field: "value", value: random.pick(["12,500 EUR", 0.3]) },
  ])
  await editValue(store, ada, { entity: "lead", id: lead }, edit, now)
}

/** Another program on the same file, which knows nothing of changesets. */
async function editOutside({ store, random }: World): Promise<void> {
  const lead = await anyOf(store, random, "leads")
  if (lead === null) return
  await stranger(store, `UPDATE leads SET title = '${random.pick(titles)} (outside)' WHERE id = ${lead}`)
}

async function decide({ store, random, now }: World): Promise<void> {
  const found = await store.rows<{ id: number }>(sql`SELECT id FROM facts WHERE state = 'suggested' ORDER BY id`)
  if (found.length === 0) return
  const { id } = random.pick(found)
  const way = random.below(3)
  if (way === 0) await acceptSuggestion(store, ada, id, now)
  else if (way === 1) await rejectSuggestion(store, ada, id)
  else await amendSuggestion(store, ada, id, random.pick(titles), now)
}

async function restoreSome({ store, random, now }: World): Promise<void> {
  const fact = await anyOf(store, random, "facts")
  if (fact !== null) await restoreValue(store, ada, fact, now)
}

async function mergeSome({ store, random, now }: World): Promise<void> {
  const [keep, drop] = [await anyOf(store, random, "leads"), await anyOf(store, random, "leads")]
  if (keep !== null && drop !== null) await mergeLeads(store, { actor: "human:ada", kind: "merge" }, keep, drop, now)
}

async function mergeSomeCompanies({ store, random, now }: World): Promise<void> {
  const [keep, drop] = [await anyOf(store, random, "companies"), await anyOf(store, random, "companies")]
  if (keep !== null && drop !== null)
    await mergeCompanies(store, { actor: "human:ada", kind: "merge" }, keep, drop, now)
}

async function tellSome({ store, random, now }: World): Promise<void> {
  const lead = await anyOf(store, random, "leads")
  if (lead === null) return
  if (random.below(2) === 0) await addToTimeline(store, ada, lead, { kind: "note", text: "Called" }, now)
  else await addReminder(store, ada, lead, { text: "Call", person: "human:ada", dueAt: now }, now)
}

async function moveSome({ store, random, now }: World): Promise<void> {
  const lead = await anyOf(store, random, "leads")
  if (lead !== null) await setStatus(store, ada, lead, random.pick(["new", "contacted", "lost"] as const), now)
}

async function undoSome(world: World): Promise<void> {
  const found = await world.store.rows<{ id: number }>(sql`SELECT id FROM changesets ORDER BY id DESC LIMIT 40`)
  if (found.length > 0) await undoAndCheck(world, world.random.pick(found).id, null)
}

async function undoOneChange(world: World): Promise<void> {
  const found = await world.store.rows<{ id: number; changeset: number }>(
    sql`SELECT id, changeset_id AS changeset FROM changes ORDER BY id DESC LIMIT 60`,
  )
  if (found.length === 0) return
  const { id, changeset } = world.random.pick(found)
  await undoAndCheck(world, changeset, id)
}

async function forgetSome({ store, home, random, now, broken }: World): Promise<void> {
  if (random.below(4) > 0) return
  const lead = await anyOf(store, random, "leads")
  if (lead === null) return
  const forgotten = await forgetLead(store, { actor: "human:ada" }, lead, { homeKey: forgetKey, home, now })
  if (forgotten.kind === "refused") throw broken(`lead ${lead} could not be forgotten: ${forgotten.reason}`)
}

/** Undoes, and compares with what the journal says was there: every value of the changeset is put back or reported, and nothing
 * else moves. Returns the changeset of the undo. */
async function undoAndCheck(world: World, changeset: number, change: number | null): Promise<number | null> {
  const { store, broken } = world
  const only = change === null ? sql`` : sql` AND id = ${change}`
  const own = (
    await store.rows<{ [name: string]: Json }>(
      sql`SELECT * FROM changes WHERE changeset_id = ${changeset}${only} ORDER BY id`,
    )
  ).map(readChange)
  const before = await rowsOf(store)
  const options = change === null ? {} : { change }
  const preview = await undoChangeset(store, { actor: "human:ada" }, changeset, { preview: true, ...options })
  same(world, before, await rowsOf(store), "a preview")
  const result = await undoChangeset(store, { actor: "human:ada" }, changeset, { preview: false, ...options })
  if (result.kind === "refused") {
    if (preview.kind !== "refused") throw broken(`a preview promised what was refused: ${result.reason}`)
    return null
  }
  const { plan } = result
  if (!isDeepStrictEqual(preview, { ...result, plan: { ...plan, undoneBy: null } }))
    throw broken("a preview said something else")
  const after = await rowsOf(store)
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    if (checkLasting(world, key, before.get(key), after.get(key))) continue
    const changes = own.filter((one) => `${one.tableName} ${one.rowId}` === key)
    const kept = plan.kept.filter(({ table, row }) => `${table} ${row}` === key)
    checkRow(
      world,
      key,
      changes,
      isDeepStrictEqual(before.get(key), after.get(key)) ? [] : await historyOf(store, key),
      kept.map(({ column }) => column),
      before.get(key),
      after.get(key),
    )
  }
  return plan.undoneBy
}

/** An undo makes approvals void, and nothing else of them or of what was sent moves but whose it is. Returns whether the row is one of
 * these. */
function checkLasting(
  { broken }: World,
  key: string,
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): boolean {
  if (!/^(approvals|sends) /.test(key)) return false
  const moved = Object.keys({ ...before, ...after }).filter((name) => !isDeepStrictEqual(before?.[name], after?.[name]))
  const may =
    before?.used_at === null && before.voided_at === null ? ["lead_id", "voided_at", "void_reason"] : ["lead_id"]
  if (!before || !after || moved.some((name) => !may.includes(name)))
    throw broken(`an undo moved ${moved.join(", ")} of ${key}`)
  return true
}

function checkRow(
  { broken }: World,
  key: string,
  changes: OwnChange[],
  history: OwnChange[],
  kept: (string | null)[],
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): void {
  if (isDeepStrictEqual(before, after)) return
  if (changes.length === 0) throw broken(`${key} moved, but the changeset never touched it`)
  if (kept.includes(null)) throw broken(`${key} moved, but was reported as kept`)
  const structural = changes.filter(({ op }) => op !== "update")
  if ((before === undefined) !== (after === undefined)) {
    if (structural.length === 0) throw broken(`${key} came or went, but the changeset only updated it`)
    return
  }
  for (const column of Object.keys({ ...before, ...after })) {
    if (isDeepStrictEqual(before?.[column], after?.[column]) || kept.includes(column) || column === "custom") continue
    // What stood before the changeset may itself have been undone since; then it is what stood before that.
    const olds = history.flatMap((one) => [one.before?.[column], one.after?.[column]])
    if (!changes.some((one) => one.before !== null && column in one.before))
      throw broken(`${key} ${column} moved, untouched`)
    if (!olds.some((old) => isDeepStrictEqual(old, after?.[column]))) {
      throw broken(`${key} ${column} became ${JSON.stringify(after?.[column])}, which it never was`)
    }
  }
}

type OwnChange = Pick<Change, "tableName" | "rowId" | "op" | "before" | "after">

async function historyOf(store: Store, key: string): Promise<OwnChange[]> {
  const [table, row] = key.split(" ")
  const rows = await store.rows<{ [name: string]: Json }>(
    sql`SELECT * FROM changes WHERE table_name = ${table} AND row_id = ${Number(row)} ORDER BY id`,
  )
  return rows.map(readChange)
}

function readChange(row: { [name: string]: Json }): OwnChange {
  const [before, after] = [row.before, row.after].map((text) => (typeof text === "string" ? JSON.parse(text) : null))
  const op = row.op === "insert" ? "insert" : row.op === "delete" ? "delete" : "update"
  return { tableName: String(row.table_name), rowId: Number(row.row_id), op, before, after }
}

async function checkFacts({ store, broken }: World): Promise<void> {
  const other = await store.rows<{ id: number }>(
    sql`SELECT drafts.id FROM drafts LEFT JOIN approvals ON draft_id = drafts.id AND used_at IS NULL AND voided_at IS NULL
      WHERE (state = 'approved') <> (approvals.id IS NOT NULL) AND state <> 'sent'`,
  )
  if (other[0]) throw broken(`draft ${other[0].id} is approved without an approval, or has one that does not show`)
  const twice = await store.rows(
    sql`SELECT entity, entity_id, field FROM facts WHERE state = 'current' GROUP BY entity, entity_id, field HAVING count(*) > 1`,
  )
  if (twice.length > 0) throw broken(`two facts are current: ${JSON.stringify(twice[0])}`)
}

async function checkEverything(world: World): Promise<void> {
  const { store, broken } = world
  for await (const { table, row, reason } of differences(store))
    throw broken(`the journal disagrees with ${table} ${row}: ${reason}`)
  const observed = await store.rows<{ id: number; quote: string | null; text: string | null }>(
    sql`SELECT facts.id, quote, text FROM facts LEFT JOIN evidence ON evidence.id = evidence_id WHERE basis = 'observed'`,
  )
  for (const { id, quote, text } of observed) {
    if (!quote || !text || !foldText(text).includes(foldText(quote)))
      throw broken(`fact ${id} is observed without its quote`)
  }
  for (const { table, column, to, when } of references) {
    const isMeant = when ? sql` AND ${sql.identifier(when.column)} = ${when.is}` : sql``
    const lost = await store.rows(
      sql`SELECT id FROM ${sql.identifier(table)} AS one WHERE ${sql.identifier(column)} IS NOT NULL${isMeant}
        AND NOT EXISTS (SELECT 1 FROM ${sql.identifier(to)} AS other WHERE other.id = one.${sql.identifier(column)})`,
    )
    if (lost.length > 0)
      throw broken(`${table} ${JSON.stringify(lost[0])} names a row of ${to} that is not there (${column})`)
  }
}

async function rowsOf(store: Store): Promise<Rows> {
  const rows: Rows = new Map()
  for (const table of journalled) {
    const found = await store.rows<JsonObject>(sql`SELECT * FROM ${sql.identifier(table)} ORDER BY id`)
    for (const row of found) rows.set(`${table} ${row.id}`, row)
  }
  return rows
}

function same({ broken }: World, expected: Rows, found: Rows, doing: string): void {
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    if (isDeepStrictEqual(expected.get(key), found.get(key))) continue
    throw broken(
      `${doing} left ${key} as ${JSON.stringify(found.get(key))} instead of ${JSON.stringify(expected.get(key))}`,
    )
  }
}

async function anyOf(store: Store, random: Random, table: "leads" | "companies" | "facts"): Promise<number | null> {
  const found = await store.rows<{ id: number }>(sql`SELECT id FROM ${sql.identifier(table)} ORDER BY id`)
  return found.length > 0 ? random.pick(found).id : null
}

async function lastChangeset(store: Store): Promise<number> {
  const [last] = await store.rows<{ id: number | null }>(
    sql`SELECT changeset_id AS id FROM changes ORDER BY id DESC LIMIT 1`,
  )
  return last?.id ?? 0
}

/** Numbers that look random and are the same for the same seed (mulberry32). */
function randomOf(seed: number): Random {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    pick(some) {
      const found = some[below(some.length)]
      if (found === undefined) throw new RangeError("There is nothing to pick from.")
      return found
    },
  }
}

if (process.argv[1] === import.meta.filename) {
  const [steps = 10_000, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
  console.log(`A history of ${steps} steps, seed ${seed}`)
  console.log(await liveHistory({ steps, seed }))
}
