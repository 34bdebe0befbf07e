import { setTimeout as sleep } from "node:timers/promises"
import { and, asc, eq, gt, inArray, isNull, notInArray, or } from "drizzle-orm"
import { z } from "zod"
import type { JsonObject } from "../db/json.ts"
import { DatabaseAway } from "../db/postgres/trouble.ts"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { readingOfEvidence } from "./evidence.ts"
import { isAtWork } from "./hosts.ts"
import type { Read, Reader } from "./reader.ts"
import type { PageName } from "./reading.ts"

/** A page that is wanted of another process. */
export type Wanted = { url: string; page: PageName; owner: string | null; runId: number | null }

/** Milliseconds between two looks at what was asked or answered. */
const lookEvery = 250
/** Milliseconds for which a wish holds that is not repeated, and between two repetitions. */
const wantedMs = 30_000
const repeatMs = 5_000

/** What the other host says: failed, where its reading broke. */
export type Answer = Read | { kind: "failed"; reason: string }

/** Has a page read by the host of another home, and waits for it as long as that host is at work; null when it is not. */
export async function readElsewhere(
  store: Store,
  place: string,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Answer | null> {
  const { readings } = tables
  const until = () => new Date(store.now().getTime() + wantedMs).toISOString()
  const id = await store.write(async (db) => {
    const values = { ...wanted, place, wantedUntil: until(), createdAt: store.now().toISOString() }
    const [row] = await db.insert(readings).values(values).returning({ id: readings.id })
    if (!row) throw new Error("The database made no row for a reading.")
    return row.id
  })
  let repeated = performance.now()
  for (;;) {
    await sleep(lookEvery, undefined, { signal }).catch(() => {})
    const answered = await answerTo(store, id)
    if (answered) {
      await store.jot((db) => db.delete(readings).where(eq(readings.id, id)))
      return answered
    }
    const isWanted = !signal.aborted && (await isAtWork(store, place))
    if (!isWanted && (await withdraw(store, id))) return null
    if (isWanted && performance.now() - repeated > repeatMs) {
      repeated = performance.now()
      await store.jot((db) => db.update(readings).set({ wantedUntil: until() }).where(eq(readings.id, id)))
    }
  }
}

/** A host that reads for others; see Presence. */
type Host = { id: number; place: { id: string }; reach(): AbortSignal }

/** Reads what other processes ask of this home's host, until the signal aborts. */
export async function serveReadings(
  store: Store,
  host: Host,
  reader: Pick<Reader, "read">,
  signal: AbortSignal,
): Promise<void> {
  const atWork = new Map<number, AbortController>()
  const working = new Set<Promise<void>>()

  async function serve(id: number, { url, page, owner, runId }: Wanted): Promise<void> {
    const unwanted = new AbortController()
    const reach = host.reach()
    atWork.set(id, unwanted)
    try {
      const stop = AbortSignal.any([signal, reach, unwanted.signal])
      const said = await reader.read(url, { runId, owner, as: page, signal: stop }).catch(failureOf)
      // What was broken off is no answer: this host reads it again, or the one that comes after it.
      const isBrokenOff = said === null || signal.aborted || (reach.aborted && said.kind !== "read")
      if (!isBrokenOff) await answer(store, id, said)
    } finally {
      atWork.delete(id)
    }
  }

  while (!signal.aborted) {
    await sleep(lookEvery, undefined, { signal }).catch(() => {})
    if (signal.aborted) break
    try {
      for (const { id, ...wanted } of await takeWanted(store, host, [...atWork.keys()])) {
        const one = serve(id, wanted)
          // What could not be answered is taken again.
          .catch(() => {})
          .finally(() => working.delete(one))
        working.add(one)
      }
      for (const id of await noLongerWanted(store, [...atWork.keys()])) atWork.get(id)?.abort()
    } catch {
      // The database is away. It is asked again at the next look.
    }
  }
  await Promise.all(working)
}

/** Null where the reading was broken off. */
function failureOf(error: unknown): { kind: "failed"; reason: string } | null {
  if (error instanceof DatabaseAway) return null
  return { kind: "failed", reason: error instanceof Error ? error.message : String(error) }
}

const answerShape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("read"), evidenceId: z.number() }),
  z.object({ kind: z.literal("parked"), reason: z.string(), until: z.string().nullable() }),
  z.object({ kind: z.literal("refused"), reason: z.string() }),
  z.object({ kind: z.literal("failed"), reason: z.string() }),
])

async function answerTo(store: Store, id: number): Promise<Answer | null> {
  const { readings } = tables
  const [row] = await store.read((db) => db.select().from(readings).where(eq(readings.id, id)))
  if (!row?.answeredAt) return null
  const said = answerShape.parse(row.answer)
  if (said.kind !== "read") return said
  const reading = await readingOfEvidence(store, said.evidenceId)
  return reading ? { ...said, reading } : { kind: "refused", reason: "What was read is no longer there." }
}

/** False if it was answered meanwhile. */
async function withdraw(store: Store, id: number): Promise<boolean> {
  const { readings } = tables
  const withdrawn = await store.write((db) =>
    db
      .delete(readings)
      .where(and(eq(readings.id, id), isNull(readings.answeredAt)))
      .returning({ id: readings.id }),
  )
  return withdrawn.length > 0
}

/** `atWork` are those that the host reads already. */
async function takeWanted(store: Store, host: Host, atWork: number[]) {
  if (host.reach().aborted) return []
  const { readings } = tables
  const { id, url, page, owner, runId } = readings
  const isOpen = and(
    eq(readings.place, host.place.id),
    isNull(readings.answeredAt),
    or(isNull(readings.takenBy), and(eq(readings.takenBy, host.id), notInArray(id, atWork))),
    gt(readings.wantedUntil, store.now().toISOString()),
  )
  const open = await store.read((db) => db.select({ id }).from(readings).where(isOpen).orderBy(asc(id)))
  if (open.length === 0) return []
  const taken = await store.write((db) =>
    db.update(readings).set({ takenBy: host.id }).where(isOpen).returning({ id, url, page, owner, runId }),
  )
  return taken.map((one) => ({ ...one, page: pageName.parse(one.page) })).sort((a, b) => a.id - b.id)
}

/** Whoever asked had an adapter for it. */
const pageName = z.custom<PageName>((value) => typeof value === "string")

async function noLongerWanted(store: Store, ids: number[]): Promise<number[]> {
  if (ids.length === 0) return []
  const { readings } = tables
  const wanted = await store.read((db) =>
    db
      .select({ id: readings.id })
      .from(readings)
      .where(and(inArray(readings.id, ids), gt(readings.wantedUntil, store.now().toISOString()))),
  )
  return ids.filter((id) => !wanted.some((one) => one.id === id))
}

async function answer(store: Store, id: number, read: Answer): Promise<void> {
  const { readings } = tables
  const said: JsonObject = read.kind === "read" ? { kind: read.kind, evidenceId: read.evidenceId } : { ...read }
  await store.write((db) =>
    db
      .update(readings)
      .set({ answer: said, answeredAt: store.now().toISOString() })
      .where(and(eq(readings.id, id), isNull(readings.answeredAt))),
  )
}
