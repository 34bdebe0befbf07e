import { createHash } from "node:crypto"
import { existsSync, readdirSync, statfsSync, statSync } from "node:fs"
import { join } from "node:path"
import { and, eq, gt, isNull, lt, sql } from "drizzle-orm"
import { references } from "../db/references.ts"
import type { Store } from "../db/store.ts"
import { type JournalledTable, tables } from "../db/tables.ts"
import { knownBackups } from "./backup.ts"
import { foldText } from "./normal-forms/text.ts"
import { differences } from "./replay.ts"

/** What an examination found. `hint` says what to do where something is to be done. */
export type Finding = { check: string; level: "good" | "warning" | "problem"; message: string; hint: string }

const leastFree = 1024 ** 3
/** A run or lease that lasts longer than this without an end was cut off. */
const longestMs = 24 * 3_600_000
/** How many of a kind are told one by one. */
const most = 5

/** Examines a home: the file, the journal against the rows, facts against their evidence, what names what, and the machine around.
 * Changes nothing. */
export async function* examine(store: Store, options: { home: string; now: Date }): AsyncGenerator<Finding> {
  yield* engine(store)
  yield* await journal(store)
  yield* await proofs(store)
  yield* await orphans(store)
  yield* await identities(store)
  yield* await work(store, options.now)
  yield* await erasures(store)
  yield* machine(options.home)
}

async function* engine(store: Store): AsyncGenerator<Finding> {
  const { engine, problems, restore } = await store.upkeep.check()
  for (const problem of problems) yield { check: "database", level: "problem", message: problem, hint: restore }
  if (problems.length === 0) yield good("database", "Every page and index of the database is whole.")
  yield good("versions", `Node ${process.versions.node}, ${engine}.`)
}

async function journal(store: Store): Promise<Finding[]> {
  const found: Finding[] = []
  for await (const { table, row, reason } of differences(store)) {
    const hint = "Another program changed the database without its triggers; compare with a backup."
    found.push({ check: "journal", level: "problem", message: `${table} ${row}: ${reason}`, hint })
  }
  return few(found, good("journal", "The journal, replayed from nothing, gives every row as it is."))
}

async function proofs(store: Store): Promise<Finding[]> {
  const { facts, evidence } = tables
  const found: Finding[] = []
  for (let last = 0; ; ) {
    const pages = await store.read((db) =>
      db
        .select({ id: evidence.id, text: evidence.text, sha256: evidence.sha256 })
        .from(evidence)
        .where(gt(evidence.id, last))
        .orderBy(evidence.id)
        .limit(200),
    )
    for (const { id, text, sha256 } of pages) {
      if (createHash("sha256").update(text).digest("hex") === sha256) continue
      found.push({
        check: "evidence",
        level: "problem",
        message: `The text of evidence ${id} was altered.`,
        hint: "Distrust the facts that rest on it; read the page again.",
      })
    }
    const texts = new Map(pages.map(({ id, text }) => [id, foldText(text)]))
    const resting = await store.read((db) =>
      db
        .select({ id: facts.id, quote: facts.quote, evidenceId: facts.evidenceId })
        .from(facts)
        .where(
          and(
            eq(facts.basis, "observed"),
            gt(facts.evidenceId, last),
            sql`${facts.evidenceId} <= ${pages.at(-1)?.id ?? last}`,
          ),
        ),
    )
    for (const { id, quote, evidenceId } of resting) {
      const text = evidenceId === null ? undefined : texts.get(evidenceId)
      if (text !== undefined && quote !== null && quote !== "" && text.includes(foldText(quote))) continue
      found.push({
        check: "evidence",
        level: "problem",
        message: `The quote of fact ${id} does not stand in its evidence.`,
        hint: "Reject the fact, or learn it again from the page.",
      })
    }
    if (pages.length < 200) break
    last = pages.at(-1)?.id ?? last
  }
  const bare = await store.read((db) =>
    db
      .select({ id: facts.id })
      .from(facts)
      .where(and(eq(facts.basis, "observed"), isNull(facts.evidenceId)))
      .limit(most),
  )
  for (const { id } of bare) {
    found.push({
      check: "evidence",
      level: "problem",
      message: `Fact ${id} is observed, but has no evidence.`,
      hint: "Reject it, or learn it again from the page.",
    })
  }
  return few(found, good("evidence", "Every observed fact stands in its evidence, word for word."))
}

async function orphans(store: Store): Promise<Finding[]> {
  const found: Finding[] = []
  for (const { table, column, to, when } of references) {
    const isMeant = when ? sql` AND ${sql.identifier(when.column)} = ${when.is}` : sql``
    const rows = await store.rows<{ id: number; missing: number }>(
      sql`SELECT id, ${sql.identifier(column)} AS missing FROM ${sql.identifier(table)} AS one WHERE ${sql.identifier(column)} IS NOT NULL${isMeant}
        AND NOT EXISTS (SELECT 1 FROM ${sql.identifier(to)} AS other WHERE other.id = one.${sql.identifier(column)}) LIMIT ${most}`,
    )
    for (const { id, missing } of rows) found.push(orphan(table, id, `${to} ${missing}`))
  }
  return few(found, good("orphans", "Nothing names a lead or company that is not there."))
}

async function identities(store: Store): Promise<Finding[]> {
  const { identities } = tables
  const twice = await store.rows<{ value: string; one: number; other: number }>(
    sql`SELECT value, min(lead_id) AS one, max(lead_id) AS other FROM ${identities}
      WHERE lead_id IS NOT NULL GROUP BY kind, value HAVING count(*) > 1 LIMIT ${most}`,
  )
  const found = twice.map(
    ({ value, one, other }): Finding => ({
      check: "identities",
      level: "problem",
      message: `${value} stands at leads ${one} and ${other}.`,
      hint: "giant undo of the import that brought the second one, then import the file again.",
    }),
  )
  return few(found, good("identities", "No address belongs to two leads."))
}

function orphan(table: JournalledTable, id: number, missing: string): Finding {
  const message = `${table} ${id} names ${missing}, which is not there.`
  return {
    check: "orphans",
    level: "problem",
    message,
    hint: "Another program removed it; giant undo brings it back if the journal has it.",
  }
}

async function work(store: Store, now: Date): Promise<Finding[]> {
  const { tasks, runs } = tables
  const before = new Date(now.getTime() - longestMs).toISOString()
  const leases = await store.read((db) =>
    db
      .select({ id: tasks.id })
      .from(tasks)
      .where(and(eq(tasks.state, "leased"), lt(tasks.leaseUntil, before))),
  )
  const open = await store.read((db) =>
    db
      .select({ id: runs.id })
      .from(runs)
      .where(and(isNull(runs.endedAt), lt(runs.startedAt, before))),
  )
  const hint = "giant start takes it up again."
  return few(
    [
      ...leases.map(
        ({ id }): Finding => ({
          check: "work",
          level: "warning",
          message: `Task ${id} was left by an agent that is gone.`,
          hint,
        }),
      ),
      ...open.map(({ id }): Finding => ({ check: "work", level: "warning", message: `Run ${id} never ended.`, hint })),
    ],
    good("work", "No task or run was left behind."),
  )
}

async function erasures(store: Store): Promise<Finding[]> {
  const { changesets } = tables
  const cutOff = await store.read((db) =>
    db
      .select({ note: changesets.note })
      .from(changesets)
      .where(and(eq(changesets.kind, "forget"), sql`${changesets.note} IS NOT NULL`)),
  )
  return cutOff.map(({ note }) => {
    const lead = /\d+/.exec(note ?? "")?.[0] ?? ""
    return {
      check: "forget",
      level: "problem",
      message: `Forgetting lead ${lead} was cut off.`,
      hint: `giant forget ${lead} finishes it.`,
    }
  })
}

function* machine(home: string): Generator<Finding> {
  const { bavail, bsize } = statfsSync(home)
  const free = `${((Number(bavail) * Number(bsize)) / 1024 ** 3).toFixed(1)} GB`
  if (Number(bavail) * Number(bsize) < leastFree) {
    yield {
      check: "disk",
      level: "warning",
      message: `Only ${free} are free on the disk of ${home}.`,
      hint: "Make room before the next import.",
    }
  } else yield good("disk", `${free} are free.`)
  if (process.platform !== "win32") {
    for (const name of [
      "",
      ...readdirSync(home).filter((file) => /^(?:giant\.db.*|secrets\.json|captures|profiles)$/.test(file)),
    ]) {
      const path = join(home, name)
      if ((statSync(path).mode & 0o077) === 0) continue
      // The home's own folder keeps others out, whatever stands in it.
      if (name !== "" && name !== "secrets.json") continue
      yield {
        check: "permissions",
        level: "warning",
        message: `Others on this machine can read ${path}.`,
        hint: `chmod go-rwx ${path}`,
      }
    }
  }
  for (const path of knownBackups(home).missing) {
    yield {
      check: "backups",
      level: "warning",
      message: `The backup ${path} is not there any more.`,
      hint: "If you moved it, mind that people who are forgotten stay in it.",
    }
  }
  if (existsSync(join(home, "backups.json"))) return
  yield {
    check: "backups",
    level: "warning",
    message: "There is no backup.",
    hint: "giant backup FILE makes one, also while agents work.",
  }
}

function good(check: string, message: string): Finding {
  return { check, level: "good", message, hint: "" }
}

/** The first of many findings and how many there are more, or the good news. */
function few(found: Finding[], otherwise: Finding): Finding[] {
  const [first] = found
  if (!first) return [otherwise]
  const more = found.length - most
  return more > 0 ? [...found.slice(0, most), { ...first, message: `And ${more} more.` }] : found
}
