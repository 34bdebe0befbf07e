import { count, eq } from "drizzle-orm"
import { z } from "zod"
import type { Json } from "../db/json.ts"
import { tables } from "../db/tables.ts"
import { type Parsed, parseArguments } from "./arguments.ts"
import type { Action, ActionContext, Grant } from "./define.ts"
import { covers, outsideRows } from "./grants.ts"
import { whyNotOpened } from "./openings.ts"
import { lineOf, taint } from "./taint.ts"

type Verdict = { kind: "allowed" | "denied" | "ask"; reason: string }

/** ask: only a person may let this happen. */
export type Called =
  | { kind: "done"; value: Json }
  | { kind: "denied"; reason: string }
  | { kind: "failed"; reason: string }
  | { kind: "ask"; reason: string }

/** The one door: schema, grant, taint, budget and audit stand between any script and any action. */
export type Gate = {
  /** `agreedBy` is the person who has seen and approved exactly this call. */
  call(name: string, args: Json[], agreedBy?: string): Promise<Called>
}

const longestLogged = 2_000

/** The gate of one run. Every call is written down with its verdict before it runs, and with its result after. Deny goes before
 * ask, and ask before allow. */
export function openGate<Services>(
  catalogue: readonly Action<Services>[],
  grant: Grant,
  context: ActionContext<Services>,
): Gate {
  const { store } = context
  let made = 0
  let madeBefore: Promise<number> | undefined

  async function call(name: string, args: Json[], agreedBy?: string): Promise<Called> {
    madeBefore ??= begin(context)
    made += 1
    const number = made + (await madeBefore)
    const action = catalogue.find((one) => one.name === name)
    const parsed: Parsed = action
      ? await completed(action, args)
      : { kind: "wrong", reason: `${name} is no action; search finds what there is.` }
    const verdict = await judge(action, parsed, grant, number, context, agreedBy ?? null)
    const id = await log(action, name, args, verdict)
    if (verdict.kind !== "allowed") return { kind: verdict.kind, reason: verdict.reason }
    if (!action || parsed.kind === "wrong") throw new Error(`${name} was allowed and cannot be called.`)
    const started = context.clock().getTime()
    const called = await perform(action, parsed.args)
    const isTainting = await action.taints(called.kind === "done" ? called.value : undefined, context)
    // Before the answer reaches the script.
    await store.write(async (db) => {
      if (isTainting) await taint(db, context.runId)
      await db
        .update(tables.calls)
        .set({
          result: called.kind === "done" ? "ok" : called.reason.slice(0, longestLogged),
          evidenceId: action.effect === "browse" && called.kind === "done" ? evidenceIn(called.value) : null,
          costUsd: action.effect === "browse" && called.kind === "done" ? costIn(called.value) : 0,
          milliseconds: context.clock().getTime() - started,
        })
        .where(eq(tables.calls.id, id))
    })
    return called
  }

  /** Nothing given is not the same as an empty value: who asks for the page of somebody without an address wants no other. */
  async function completed(action: Action<Services>, args: Json[]): Promise<Parsed> {
    const parsed = parseArguments(action, args)
    if (parsed.kind === "wrong" || args.length > 0) return parsed
    return { kind: "right", args: await action.complete(context, parsed.args) }
  }

  async function perform(
    action: Action<Services>,
    args: Record<string, unknown>,
  ): Promise<Called & { kind: "done" | "failed" }> {
    try {
      return { kind: "done", value: await action.run(context, args) }
    } catch (error) {
      if (context.signal.aborted) return { kind: "failed", reason: "The run was stopped." }
      return { kind: "failed", reason: error instanceof Error ? error.message : String(error) }
    }
  }

  async function log(
    action: Action<Services> | undefined,
    name: string,
    args: Json[],
    verdict: Verdict,
  ): Promise<number> {
    const text = JSON.stringify(args)
    const kept: Json = text.length > longestLogged ? `${text.slice(0, longestLogged)} ...` : args
    const [row] = await store.write((db) =>
      db
        .insert(tables.calls)
        .values({
          runId: context.runId,
          action: name.slice(0, 100),
          effect: action?.effect ?? "unknown",
          arguments: kept,
          verdict: verdict.kind,
          reason: verdict.reason.slice(0, longestLogged),
          createdAt: context.clock().toISOString(),
        })
        .returning({ id: tables.calls.id }),
    )
    if (!row) throw new Error("The database made no row for a call.")
    return row.id
  }

  return { call }
}

/** How many calls the run has made before, perhaps in another process. */
async function begin({
  store,
  runId,
  promptIsForeign,
}: Pick<ActionContext, "store" | "runId" | "promptIsForeign">): Promise<number> {
  if (promptIsForeign) await store.write((db) => taint(db, runId))
  const { calls } = tables
  const [counted] = await store.read((db) => db.select({ calls: count() }).from(calls).where(eq(calls.runId, runId)))
  return counted?.calls ?? 0
}

async function judge<Services>(
  action: Action<Services> | undefined,
  parsed: Parsed,
  grant: Grant,
  calls: number,
  context: ActionContext<Services>,
  agreedBy: string | null,
): Promise<Verdict> {
  if (context.signal.aborted) return denied("The run was stopped.")
  if (!action) return denied(parsed.kind === "wrong" ? parsed.reason : "There is no such action.")
  const outside = outsideGrant(action, grant, calls, context.clock())
  if (outside) return denied(outside)
  if (parsed.kind === "wrong") return denied(parsed.reason)
  const { args } = parsed

  const unwritable = whyNotWritten(action.name, action.fields(args), grant)
  if (unwritable) return denied(unwritable)
  const elsewhere = action.effect === "write" ? await outsideRows(context.store, grant, action.subjects(args)) : null
  if (elsewhere) return denied(elsewhere)
  const line = await lineOf(context.store, context.runId)
  const isTainted = line.some((run) => run.tainted)
  const { store, leadId } = context
  const unopenable = await whyNotOpened(action.opens(args), { store, grant, line, isTainted, leadId })
  if (unopenable) return denied(unopenable)

  const why = whyToAsk(action, grant, isTainted)
  if (why === null) return { kind: "allowed", reason: isTainted ? "granted; the run is tainted" : "granted" }
  return agreedBy === null ? { kind: "ask", reason: why } : { kind: "allowed", reason: `${agreedBy} agreed: ${why}` }
}

function outsideGrant<Services>(action: Action<Services>, grant: Grant, calls: number, now: Date): string | null {
  const { name, effect } = action
  if (effect === "govern") return `${name} is for people only.`
  if (grant.until !== undefined && now.toISOString() >= grant.until) return `This run's grant ended at ${grant.until}.`
  if (calls > grant.maxCalls) return `This run has used its ${grant.maxCalls} action calls.`
  if (covers(grant.deny ?? [], name)) return `${name} is denied to this run.`
  if (!grant.effects.includes(effect)) return `This run may not ${effect}: ${name} is not in its grant.`
  const isNamed = grant.actions === null || covers([...grant.actions, ...(grant.ask ?? [])], name)
  return isNamed ? null : `${name} is not in this run's grant.`
}

function whyNotWritten(name: string, fields: string[] | "any", { fields: writable }: Grant): string | null {
  if (!writable) return null
  if (fields === "any") {
    return `This run may write ${writable.join(", ") || "no field"} alone, and which fields ${name} sets is not known beforehand.`
  }
  const field = fields.find((one) => !writable.includes(one))
  return field === undefined ? null : `This run may not write ${field}.`
}

function whyToAsk<Services>(
  { name, effect, whenTainted }: Action<Services>,
  grant: Grant,
  isTainted: boolean,
): string | null {
  if (effect === "outward") return `${name} reaches people outside, so a person has to agree.`
  if (covers(grant.ask ?? [], name)) return `A person has to agree to ${name}.`
  if (isTainted && whenTainted === "asks") {
    return `This run has, or may have, read text that no team member wrote, so a person has to agree to ${name}.`
  }
  return null
}

function evidenceIn(value: Json): number | null {
  return z.object({ evidence: z.number() }).safeParse(value).data?.evidence ?? null
}

function costIn(value: Json): number {
  return z.object({ costUsd: z.number() }).safeParse(value).data?.costUsd ?? 0
}

function denied(reason: string): Verdict {
  return { kind: "denied", reason }
}
