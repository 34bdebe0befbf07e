import { rmSync } from "node:fs"
import { join } from "node:path"
import { and, eq, inArray, isNull } from "drizzle-orm"
import { type Author, type Db, openStore, type Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { knownBackups } from "./backup.ts"
import { type About, knowledgeOf, together } from "./person-known.ts"
import { redactEverywhere } from "./person-mentions.ts"
import { eraseEvidence, eraseHistory, eraseRows, ownEvidence, weakenFacts } from "./person-rows.ts"
import { eraseTranscripts, runsThatTouched } from "./person-runs.ts"
import { tracesOf } from "./person-traces.ts"
import { addForgotten } from "./suppress.ts"
import { rowOf } from "./values.ts"

type Forgotten =
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

type ForgetOptions = {
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
type Erasure = { redacted: number; captures: string[] }

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
    await addForgotten(db, { ...author, kind: "forget" }, about.person, options.homeKey, now)
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
  const { kind: remains } = await store.upkeep.erase()
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
