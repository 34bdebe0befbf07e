import { createHash } from "node:crypto"
import { and, desc, eq, gt } from "drizzle-orm"
import { z } from "zod"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Known, Source, SourceAnswer, SourceValue } from "./source.ts"
import { evidenceKind, type TrackRecord, trackRecord } from "./track-record.ts"

/** A field that is wanted, and how sure a value has to be, from 0 to 1. */
export type Wanted = { field: string; threshold: number }

/** A value with its evidence, as `learn` takes it. */
type Flowed = SourceValue & { evidenceId: number; source: string; confidence: number }

export type Flow = {
  values: Flowed[]
  /** Fields that stay empty, each with what was tried. */
  missing: { field: string; reason: string }[]
  /** Every source that was asked, in order, and those whose answer was remembered. */
  asked: { source: string; came: string; costUsd: number }[]
  /** US dollars. */
  costUsd: number
}

/** Takes one call from the rate of a source, or says when there will be one; the ledger of all processes. */
export type TakeCall = (
  call: { account: string; page: string; url: string },
  limits: { loads: number; windowMs: number }[],
) => Promise<{ kind: "spent" } | { kind: "limited"; until: string; reason: string }>

/** Pays for a question before it is asked, on the run that asks; or says why that is not to be spent. A negative price is paid back. */
export type Pay = (runId: number, usd: number) => Promise<{ kind: "paid" } | { kind: "refused"; reason: string }>

type WaterfallDeps = {
  store: Store
  sources: readonly Source[]
  takeCall: TakeCall
  pay?: Pay
  clock: () => Date
}

/** For how long an answer, or that there was none, is remembered. */
const rememberedMs = 30 * 24 * 3_600_000

/** Asks sources for what is not known, whichever promises a right value for the least money first, until each field has a value
 * that is sure enough. A question is not paid for twice. Nothing is stored of the lead: that is for `learn`. */
export async function waterfall(
  deps: WaterfallDeps,
  known: Known,
  wanted: readonly Wanted[],
  options: { budgetUsd: number; runId: number | null; signal: AbortSignal },
): Promise<Flow> {
  const flow: Flow = { values: [], missing: [], asked: [], costUsd: 0 }
  const tried = new Map<string, string[]>()
  const records = new Map<Source, TrackRecord>()
  for (const source of deps.sources) records.set(source, await trackRecord(deps.store, source))
  const open = new Map(wanted.filter(({ field }) => !known[field]).map((one) => [one.field, one]))
  const left = new Set(deps.sources)

  while (open.size > 0 && !options.signal.aborted) {
    const next = bestOf(left, records, [...open.values()], known)
    if (!next) break
    left.delete(next.source)
    const asked = await askOnce(deps, next.source, known, { ...options, budgetUsd: options.budgetUsd - flow.costUsd })
    flow.costUsd += asked.costUsd
    flow.asked.push({ source: next.source.name, came: cameOf(asked, next.source), costUsd: asked.costUsd })
    for (const field of next.source.fields) {
      if (!open.has(field)) continue
      const value = asked.values.find((one) => one.field === field)
      if (value && asked.evidenceId !== null) {
        flow.values.push({
          ...value,
          evidenceId: asked.evidenceId,
          source: next.source.name,
          confidence: next.precision,
        })
        open.delete(field)
      } else tried.set(field, [...(tried.get(field) ?? []), asked.reason])
    }
  }
  flow.missing = [...open.keys()].map((field) => {
    const reasons = tried.get(field) ?? ["No source that is sure enough can be asked with what is known."]
    return { field, reason: reasons.join(" ") }
  })
  return flow
}

type Candidate = { source: Source; precision: number; costPerValue: number; chance: number }

/** The source with the lowest price for a right value; of those that cost the same, the one most likely to have it. */
function bestOf(
  sources: Iterable<Source>,
  records: ReadonlyMap<Source, TrackRecord>,
  open: readonly Wanted[],
  known: Known,
): Candidate | null {
  const candidates = [...sources].flatMap((source): Candidate[] => {
    const record = records.get(source)
    const precision = record?.precision ?? source.precision
    const useful = open.filter(({ field, threshold }) => source.fields.includes(field) && precision >= threshold)
    if (useful.length === 0 || source.question(known) === null) return []
    const chance = useful.reduce((sum, { field }) => sum + (record?.hitRate(field) ?? 0.5), 0) * precision
    return [{ source, precision, chance, costPerValue: source.priceUsd / chance }]
  })
  return candidates.sort((a, b) => a.costPerValue - b.costPerValue || b.chance - a.chance)[0] ?? null
}

function cameOf({ values, reason }: Asked, source: Source): string {
  return values.length > 0 ? `${source.name} gave ${values.map(({ field }) => field).join(", ")}.` : reason
}

type Asked = { values: SourceValue[]; evidenceId: number | null; reason: string; costUsd: number }
type Asking = { budgetUsd: number; runId: number | null; signal: AbortSignal }

/** The questions that a source is asked at this moment. */
const underWay = new WeakMap<Source, Map<string, Promise<unknown>>>()

/** Whoever asks the same at the same moment waits for the answer, and has it from memory then; where none came, the next one asks. */
async function askOnce(deps: WaterfallDeps, source: Source, known: Known, asking: Asking): Promise<Asked> {
  const question = source.question(known)
  if (question === null) return nothing(`${source.name} needs more than is known.`)
  const asked = underWay.get(source) ?? new Map<string, Promise<unknown>>()
  underWay.set(source, asked)
  while (asked.has(question)) await asked.get(question)
  const answer = ask(deps, source, known, question, asking)
  asked.set(
    question,
    answer.catch(() => null).finally(() => asked.delete(question)),
  )
  return answer
}

async function ask(
  { store, takeCall, pay, clock }: WaterfallDeps,
  source: Source,
  known: Known,
  question: string,
  { budgetUsd, runId, signal }: Asking,
): Promise<Asked> {
  const { name, priceUsd, rate } = source
  const before = await remembered(store, source, question, new Date(clock().getTime() - rememberedMs))
  if (before) return before
  if (priceUsd > budgetUsd) return nothing(`${name} costs ${priceUsd} USD, which the budget does not have.`)
  const limits = [{ loads: rate.calls, windowMs: rate.windowMs }]
  const taken = await takeCall({ account: evidenceKind(source), page: "call", url: question }, limits)
  if (taken.kind === "limited") return nothing(`${name} has to wait until ${taken.until}.`)

  const isPaid = pay && runId !== null && priceUsd > 0
  const paid = isPaid ? await pay(runId, priceUsd) : null
  if (paid?.kind === "refused") return nothing(`${name} costs ${priceUsd} USD. ${paid.reason}`)

  const answer = await source.ask(known, signal)
  if (answer.kind === "unavailable") {
    if (isPaid) await pay(runId, -priceUsd)
    return nothing(answer.reason)
  }
  const values = answer.kind === "found" ? answer.values : []
  const reason = answer.kind === "found" ? `${name} does not know it.` : answer.reason
  const evidenceId = await keepAnswer(store, source, question, answer, runId, clock())
  return { values, evidenceId, reason, costUsd: priceUsd }
}

function nothing(reason: string): Asked {
  return { values: [], evidenceId: null, reason, costUsd: 0 }
}

/** Keeps an answer, a miss too, as evidence. Returns its id. */
async function keepAnswer(
  store: Store,
  source: Source,
  question: string,
  answer: Exclude<SourceAnswer, { kind: "unavailable" }>,
  runId: number | null,
  now: Date,
): Promise<number | null> {
  const { text, values, outcome, reason } =
    answer.kind === "found"
      ? { ...answer, outcome: "found", reason: null }
      : { text: "", values: [], outcome: "gone", reason: answer.reason }
  const [row] = await store.write((db) =>
    db
      .insert(tables.evidence)
      .values({
        url: question,
        kind: evidenceKind(source),
        text,
        sha256: createHash("sha256").update(text).digest("hex"),
        capturedAt: now.toISOString(),
        account: null,
        outcome,
        reason,
        reading: {
          fields: Object.fromEntries(values.map(({ field, value }) => [field, value])),
          quotes: Object.fromEntries(values.map(({ field, quote }) => [field, quote])),
          priceUsd: source.priceUsd,
        },
        runId,
      })
      .returning({ id: tables.evidence.id }),
  )
  return row?.id ?? null
}

const answerKept = z.object({ fields: z.record(z.string(), z.string()), quotes: z.record(z.string(), z.string()) })

/** What the source said to the same question not long ago, a miss too. */
async function remembered(store: Store, source: Source, question: string, since: Date): Promise<Asked | null> {
  const { evidence } = tables
  const [found] = await store.read((db) =>
    db
      .select({ id: evidence.id, reading: evidence.reading, at: evidence.capturedAt })
      .from(evidence)
      .where(
        and(
          eq(evidence.url, question),
          eq(evidence.kind, evidenceKind(source)),
          gt(evidence.capturedAt, since.toISOString()),
        ),
      )
      .orderBy(desc(evidence.capturedAt))
      .limit(1),
  )
  const kept = answerKept.safeParse(found?.reading)
  if (!found || !kept.success) return null
  const { fields, quotes } = kept.data
  return {
    values: Object.entries(fields).map(([field, value]) => ({ field, value, quote: quotes[field] ?? "" })),
    evidenceId: found.id,
    reason: `${source.name} did not know it on ${found.at.slice(0, 10)}.`,
    costUsd: 0,
  }
}
