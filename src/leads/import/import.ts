import type { Author, Db, Store } from "../../db/store.ts"
import { homeKey } from "../home-key.ts"
import type { HomeKey } from "../suppress.ts"
import { refusedIn, suppressOptOuts } from "./admission.ts"
import { type Batch, openBatches, openRows, type RefusedRow, release } from "./batch.ts"
import { knownIn } from "./known.ts"
import type { RowResult } from "./lead-file.ts"
import { openLoad } from "./load.ts"
import { makeLeads, type Origin, rememberMade } from "./make.ts"
import { openMarks } from "./marks.ts"
import type { Memory } from "./memory.ts"
import { importRows, type Merged } from "./rows.ts"

/** What an import came to. `read` = made + updated + unchanged + refusedRows; `duplicates` are rows of leads that were there already;
 * `merged` are leads of which one was made of two, because a row names both. */
export type ImportSummary = {
  read: number
  made: number
  updated: number
  unchanged: number
  duplicates: number
  merged: Merged[]
  refusedRows: number
  /** The first of them. */
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
  /** Hears of every refused row, in the order of the file. */
  onRefused?: (rows: RefusedRow[]) => Promise<void>
}

/** Rows of one transaction, at first and at most. A larger database has more index pages for a transaction to touch, and they cost
 * the less the more rows share them. */
const fewestRows = 1_000
const mostRows = 6_000
/** So many refused rows are told one by one. */
const mostTold = 100

/** Puts the rows of a file into the database, some thousands in a transaction, as one changeset. A person who is there already is
 * found by email, LinkedIn, X, or name with company, in that order of trust; what an import brought before is not news. When
 * `signal` is aborted, the import ends after the transaction at work: what it brought so far stands, and can be undone. */
export async function importLeads(
  store: Store,
  batches: AsyncIterable<RowResult[] | Batch>,
  options: ImportOptions,
): Promise<ImportSummary> {
  const summary: ImportSummary = {
    read: 0,
    made: 0,
    updated: 0,
    unchanged: 0,
    duplicates: 0,
    merged: [],
    refusedRows: 0,
    refused: [],
    changeset: null,
  }
  const key = options.homeKey ?? (() => homeKey(store.home))
  const batchOf = openBatches(options.owner ?? null)
  const marksOf = openMarks()
  const load = openLoad(store)
  let waiting: (RowResult[] | Batch)[] = []
  let rows = 0
  try {
    for await (const batch of batches) {
      if (options.signal?.aborted) return summary
      waiting.push(batch)
      rows += Array.isArray(batch) ? batch.length : batch.read
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

  /** One transaction, of which each batch is matched and written before the next. */
  async function importTogether(batches: (RowResult[] | Batch)[]): Promise<void> {
    const author = {
      actor: options.actor,
      kind: "import",
      note: options.note,
      ...(options.runId === undefined ? {} : { runId: options.runId }),
      ...(summary.changeset === null ? {} : { changeset: summary.changeset }),
    }
    const origin = { source: options.source, now: options.clock().toISOString() }
    const { parts, changeset } = await store.change(author, async (db, changeset) => {
      const parts: Part[] = []
      const memory = load.memory()
      await memory?.catchUp(db)
      for (const batch of batches) {
        const whole = Array.isArray(batch) ? batchOf(batch) : batch
        parts.push(await importBatch(db, author, whole, origin, memory))
        release(whole)
      }
      await memory?.keptUp(db)
      return { parts, changeset }
    })
    for (const part of parts) {
      summary.read += part.read
      summary.made += part.made
      summary.updated += part.updated
      summary.unchanged += part.unchanged
      summary.duplicates += part.updated + part.unchanged
      for (const merged of part.merged) summary.merged.push(merged)
      summary.refusedRows += part.refused.length
      summary.refused.push(...part.refused.slice(0, mostTold - summary.refused.length))
      if (part.made + part.updated + part.merged.length + part.suppressed > 0) summary.changeset = changeset
      if (part.refused.length > 0) await options.onRefused?.(part.refused)
    }
    options.onBatch?.(summary)
  }

  /** Most rows are of people whom nothing knows: they are made together. The others are looked at one by one. */
  async function importBatch(
    db: Db,
    author: Author,
    batch: Batch,
    origin: Origin,
    memory: Memory | null,
  ): Promise<Part> {
    const rowAt = openRows(batch)
    const rowsAt = (places: Iterable<number>) =>
      Array.from(places, (place) => {
        const { line, row } = rowAt(place)
        return { line, row, marks: marksOf(row) }
      })
    const refused = await refusedIn(db, () => rowsAt(Array(batch.size).keys()), key)
    const known = await knownIn(db, batch, memory)
    const special = new Set([...batch.special, ...known.places].filter((place) => !refused.has(place)))
    const without = new Set([...special, ...refused.keys()])
    const first = await makeLeads(db, batch, [...without], origin)
    if (memory) rememberMade(batch, without, first, memory.add)
    const others = rowsAt([...special].toSorted((one, other) => one - other))
    const counts = await importRows(db, author, others, known.among, origin, memory)
    return {
      ...counts,
      made: batch.size - without.size + counts.made,
      read: batch.read,
      refused: [...batch.refused, ...refused.values()].toSorted((one, other) => one.line - other.line),
      suppressed: await suppressOptOuts(db, author, others, origin.now),
    }
  }
}

type Part = Omit<ImportSummary, "duplicates" | "changeset" | "refusedRows"> & { suppressed: number }
