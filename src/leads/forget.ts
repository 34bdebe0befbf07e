import { rmSync } from "node:fs"
import { join } from "node:path"
import { and, eq, inArray, isNull, like } from "drizzle-orm"
import { DatabaseBusy } from "../db/queue.ts"
import { DatabaseUnusable } from "../db/sqlite.ts"
import { type Author, type Db, openStore, type Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { knownBackups } from "./backup.ts"
import { removeCutOffPreviews } from "./import/preview.ts"
import { eraseHistory } from "./person-history.ts"
import { type About, knowledgeOf, together } from "./person-known.ts"
import { leadsOfPerson } from "./person-leads.ts"
import { redactEverywhere } from "./person-mentions.ts"
import { eraseEvidence, eraseRows, ownEvidence, weakenFacts } from "./person-rows.ts"
import { eraseTranscripts, runsThatTouched } from "./person-runs.ts"
import { tracesOf } from "./person-traces.ts"
import { addForgotten, suppressionsOf } from "./suppress.ts"

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
 * It cannot be undone. Forgetting again finishes what was cut off. Throws OtherHomeKey. */
export async function forgetLead(
  store: Store,
  author: Omit<Author, "kind">,
  id: number,
  options: ForgetOptions,
): Promise<Forgotten> {
  const found = await store.read((db) => clusterOf(db, id))
  if (found.kind === "refused") return (await finishCutOff(store, id, options.home)) ?? found
  const { ids } = found
  removeCutOffPreviews(options.home)
  const about = await store.read((db) => knowledgeOf(db, ids))
  // Asked before anything is gone: with another key than that of those who were forgotten before, it throws.
  await store.read((db) => suppressionsOf(db, [about.person], () => options.homeKey))
  // The backups first: whoever is killed meanwhile still finds the lead, and knows by what it stands in the other ones.
  const backups = knownBackups(options.home)
  for (const backup of backups.found) {
    const problem = await eraseBackup(backup, author, ids, about, options)
    if (problem !== null) return unfinished(backup, problem)
  }
  const now = await store.read((db) => knowledgeOf(db, ids))
  const erasure = await eraseFrom(store, author, ids, now, options)
  removeCaptures(options.home, erasure.captures)
  const done = await finish(store, ids, { redacted: erasure.redacted, captures: erasure.captures.length })
  return { ...done, backups: { rewritten: backups.found, missing: backups.missing } }
}

type Done = Extract<Forgotten, { kind: "forgotten" }>
type Erasure = { redacted: number; captures: string[] }

const cutOffNote = (id: number) => `lead ${id}: traces remain`

function unfinished(backup: string, problem: string): Forgotten {
  return {
    kind: "refused",
    reason: `The backup ${backup} could not be rewritten: ${problem}`,
    hint: "Close what uses it, mend it or delete it; then forget again. Until then the lead stays.",
  }
}

async function clusterOf(
  db: Db,
  id: number,
): Promise<{ kind: "found"; ids: number[] } | Extract<Forgotten, { kind: "refused" }>> {
  const { tasks, runs } = tables
  const person = await leadsOfPerson(db, id)
  if (person.kind === "none")
    return { kind: "refused", reason: `There is no lead ${id}.`, hint: "giant leads lists them." }
  if (person.kind === "removed") {
    const hint = `giant forget ${person.now} forgets both.`
    return { kind: "refused", reason: `Lead ${id} was removed, and the same person is lead ${person.now} now.`, hint }
  }
  const { ids } = person
  const working = await db
    .select({ id: tasks.id })
    .from(tasks)
    .where(and(inArray(tasks.leadId, ids), eq(tasks.state, "leased")))
  const running = await db
    .select({ id: runs.id })
    .from(runs)
    .where(and(inArray(runs.leadId, ids), isNull(runs.endedAt)))
  if (working.length + running.length === 0) return { kind: "found", ids }
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
    await eraseRows(db, ids, about)
    await eraseEvidence(
      db,
      evidence.map((one) => one.id),
    )
    const redacted = await redactEverywhere(db, traces)
    await eraseHistory(db, ids)
    await addForgotten(db, { ...author, kind: "forget" }, about.person, options.homeKey, now)
    await weakenFacts(
      db,
      redacted.evidence.map((one) => one.id),
    )
    const captures = [...evidence, ...redacted.evidence].flatMap(({ capture }) => (capture === null ? [] : [capture]))
    // Whoever is killed from here on finds the work unfinished, and what is left of it.
    await db
      .update(tables.changesets)
      .set({ note: [cutOffNote(ids[0] ?? 0), ...new Set(captures)].join("\n") })
      .where(eq(tables.changesets.id, changeset))
    return { redacted: redacted.count, captures: [...new Set(captures)] }
  })
}

function removeCaptures(home: string, captures: string[]): void {
  for (const capture of captures) rmSync(join(home, "captures", capture), { force: true })
}

/** Erases from a backup what is to be erased from the database itself. Says what stood against it, or null. */
async function eraseBackup(
  path: string,
  author: Omit<Author, "kind">,
  ids: number[],
  about: About,
  options: ForgetOptions,
): Promise<string | null> {
  try {
    const copy = openStore(path, () => options.now)
    try {
      const then = await copy.read((db) => knowledgeOf(db, ids))
      await eraseFrom(copy, author, ids, together(about, then), options)
      const { remains } = await finish(copy, ids, { redacted: 0, captures: 0 })
      return remains === "busy" ? "Another program reads it." : null
    } finally {
      await copy.close()
    }
  } catch (error) {
    if (error instanceof DatabaseUnusable || error instanceof DatabaseBusy) return error.message
    throw error
  }
}

/** Finishes a forgetting that was killed when the lead was gone already; null where there is none. */
async function finishCutOff(store: Store, id: number, home: string): Promise<Done | null> {
  const { changesets } = tables
  const [cutOff] = await store.read((db) => db.select({ note: changesets.note }).from(changesets).where(isOf(id)))
  if (!cutOff?.note) return null
  const [, ...captures] = cutOff.note.split("\n")
  removeCaptures(home, captures)
  return finish(store, [id], { redacted: 0, captures: captures.length })
}

async function finish(store: Store, ids: number[], counts: { redacted: number; captures: number }): Promise<Done> {
  const [id = 0] = ids
  const { kind: remains } = await store.upkeep.erase()
  if (remains === "erased") {
    await store.write((db) => db.update(tables.changesets).set({ note: null }).where(isOf(id)))
  }
  return { kind: "forgotten", leads: ids, ...counts, backups: { rewritten: [], missing: [] }, remains }
}

/** The changesets of a forgetting that is not finished. */
function isOf(id: number) {
  return and(eq(tables.changesets.kind, "forget"), like(tables.changesets.note, `${cutOffNote(id)}%`))
}
