import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { gunzip, gzip } from "node:zlib"
import { and, desc, eq, gt, inArray, isNotNull, lt } from "drizzle-orm"
import { z } from "zod"
import type { JsonObject } from "../db/json.ts"
import type { Store } from "../db/store.ts"
import { type Evidence, tables } from "../db/tables.ts"
import { machineOf } from "./hosts.ts"
import type { Capture, PageName, Reading } from "./reading.ts"
import { adapters } from "./sites/route.ts"

const compress = promisify(gzip)
const decompress = promisify(gunzip)
const day = 24 * 3_600_000
/** For how long raw pages are kept, in days. */
export const keptDays = 180

/** For how long a page of each kind is served again from its evidence, in milliseconds. */
const freshness: Record<PageName, number> = {
  "linkedin.profile": 14 * day,
  "linkedin.company": 30 * day,
  "linkedin.search": day,
  "linkedin.posts": day / 2,
  "x.profile": 7 * day,
  "x.posts": day / 4,
  "x.search": day / 4,
  "company.site": 30 * day,
  "web.page": day,
}
/** That a page is gone or private is believed for a day. */
const absenceMs = day

/** Stores what a page said, and the raw page in a file that only its owner can read. Returns the evidence's id. */
export async function keepEvidence(
  store: Store,
  captures: string,
  seen: { account: string; capture: Capture; reading: Reading; runId: number | null; place?: string },
): Promise<number> {
  const { capture, reading, account, runId, place = null } = seen
  const raw = JSON.stringify(capture)
  const file = join(capture.capturedAt.slice(0, 10), `${sha256(raw)}.json.gz`)
  mkdirSync(dirname(join(captures, file)), { recursive: true, mode: 0o700 })
  writeFileSync(join(captures, file), await compress(raw), { mode: 0o600 })
  return addEvidence(store, { capture, reading, account, runId, file, place })
}

/** What a piece of evidence was read as; null if there is none such. */
export async function readingOfEvidence(store: Store, id: number): Promise<Reading | null> {
  const [found] = await store.read((db) => db.select().from(tables.evidence).where(eq(tables.evidence.id, id)))
  return found ? readingOf(found) : null
}

/** The newest evidence of an address that is still fresh enough for its kind of page. */
export async function freshEvidence(
  store: Store,
  address: string,
  page: PageName,
  now: Date,
): Promise<{ reading: Reading; evidenceId: number } | null> {
  const { evidence } = tables
  const since = (ms: number) => new Date(now.getTime() - ms).toISOString()
  const [found] = await store.read((db) =>
    db
      .select()
      .from(evidence)
      .where(
        and(
          eq(evidence.url, address),
          eq(evidence.kind, page),
          inArray(evidence.outcome, ["found", "gone", "private"]),
          gt(evidence.capturedAt, since(freshness[page])),
        ),
      )
      .orderBy(desc(evidence.capturedAt), desc(evidence.id))
      .limit(1),
  )
  if (!found || (found.outcome !== "found" && found.capturedAt < since(absenceMs))) return null
  const reading = readingOf(found)
  return reading && { reading, evidenceId: found.id }
}

type Reparsed =
  /** `isNew`: today's adapter reads it otherwise, which is evidence of its own now. */
  { kind: "reparsed"; reading: Reading; evidenceId: number; isNew: boolean } | { kind: "refused"; reason: string }

/** Reads a page again from its capture, with the adapters as they are now. Nothing is loaded. */
export async function reparse(store: Store, captures: string, evidenceId: number): Promise<Reparsed> {
  const kept = await keptPage(store, captures, evidenceId)
  if (kept.kind === "refused") return kept
  const { evidence: found, capture, file } = kept
  const adapter = adapters.find(({ page }) => page === found.kind)
  if (!adapter) return { kind: "refused", reason: `No adapter reads ${found.kind}.` }
  const reading = adapter.parse(capture)
  if (isSame(readingOf(found), reading)) return { kind: "reparsed", reading, evidenceId, isNew: false }
  const { account, runId, place } = found
  const added = await addEvidence(store, { capture, reading, account, runId, file, place })
  return { kind: "reparsed", reading, evidenceId: added, isNew: true }
}

type KeptPage =
  | { kind: "kept"; evidence: Evidence; capture: Capture; file: string }
  | { kind: "refused"; reason: string }

/** The raw page that a piece of evidence was made of. */
export async function keptPage(store: Store, captures: string, evidenceId: number): Promise<KeptPage> {
  const [evidence] = await store.read((db) =>
    db.select().from(tables.evidence).where(eq(tables.evidence.id, evidenceId)),
  )
  if (!evidence) return { kind: "refused", reason: `There is no evidence ${evidenceId}.` }
  const file = evidence.capture
  if (file === null || !existsSync(join(captures, file))) {
    const machine = file === null || evidence.place === null ? null : await machineOf(store, evidence.place)
    const isElsewhere = machine !== null && machine !== hostname()
    return {
      kind: "refused",
      reason: isElsewhere
        ? `The raw page of evidence ${evidenceId} is kept on ${machine}, which read it.`
        : `The raw page of evidence ${evidenceId} is not kept any more.`,
    }
  }
  const raw = await decompress(readFileSync(join(captures, file)))
  return { kind: "kept", evidence, capture: captureSchema.parse(JSON.parse(raw.toString("utf8"))), file }
}

/** Removes raw pages and pictures that are older than so many days; the evidence itself stays. Says how many days' folders went. */
export async function pruneCaptures(store: Store, captures: string, days: number, now: Date): Promise<number> {
  if (!existsSync(captures)) return 0
  const until = new Date(now.getTime() - days * day).toISOString().slice(0, 10)
  const old = readdirSync(captures).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name) && name < until)
  if (old.length === 0) return 0
  const { evidence } = tables
  await store.write((db) =>
    db
      .update(evidence)
      .set({ capture: null })
      .where(and(isNotNull(evidence.capture), lt(evidence.capturedAt, until))),
  )
  for (const name of old) rmSync(join(captures, name), { recursive: true, force: true })
  return old.length
}

/** Removes raw pages that no evidence names: those of people who were forgotten on another machine, which cannot reach them. Says how
 * many those were. */
export async function sweepCaptures(store: Store, captures: string, now: Date): Promise<number> {
  const days = existsSync(captures) ? readdirSync(captures).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name)) : []
  if (days.length === 0) return 0
  const { evidence } = tables
  const named = await store.read((db) =>
    db.select({ capture: evidence.capture }).from(evidence).where(isNotNull(evidence.capture)),
  )
  const known = new Set(named.map(({ capture }) => capture))
  const files = days.flatMap((day) => readdirSync(join(captures, day)).map((name) => join(day, name)))
  // What is being kept just now is named right after.
  const isSettled = (file: string) => now.getTime() - statSync(join(captures, file)).mtimeMs > settlingMs
  const left = files.filter((file) => !known.has(file) && isSettled(file))
  for (const file of left) rmSync(join(captures, file), { force: true })
  return left.length
}

const settlingMs = 3_600_000

type Addition = {
  capture: Capture
  reading: Reading
  account: string | null
  runId: number | null
  file: string
  place: string | null
}

async function addEvidence(store: Store, { capture, reading, account, runId, file, place }: Addition): Promise<number> {
  const [row] = await store.write((db) =>
    db
      .insert(tables.evidence)
      .values({
        url: capture.url,
        finalUrl: capture.finalUrl,
        kind: reading.page,
        title: reading.title,
        text: reading.text,
        sha256: sha256(reading.text),
        capturedAt: capture.capturedAt,
        account,
        outcome: reading.kind,
        reason: reading.reason,
        reading: stored(reading),
        capture: file,
        place,
        runId,
      })
      .returning({ id: tables.evidence.id }),
  )
  if (!row) throw new Error("The database made no row for evidence.")
  return row.id
}

/** Its text stands in a column of its own. */
function stored({ text: _text, ...rest }: Reading): JsonObject {
  return JSON.parse(JSON.stringify(rest))
}

/** A reading as it was kept; the database is ours, so its shape is trusted. */
const storedReading = z.custom<Omit<Reading, "text">>(
  (value) => typeof value === "object" && value !== null && "fields" in value,
)

function readingOf({ reading, text }: Evidence): Reading | null {
  const parsed = storedReading.safeParse(reading)
  return parsed.success ? { ...parsed.data, text } : null
}

function isSame(before: Reading | null, now: Reading): boolean {
  return before !== null && before.text === now.text && JSON.stringify(stored(before)) === JSON.stringify(stored(now))
}

const captureSchema: z.ZodType<Capture> = z.object({
  url: z.string(),
  finalUrl: z.string(),
  status: z.number(),
  html: z.string(),
  capturedAt: z.string(),
})

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}
