import { eq } from "drizzle-orm"
import { z } from "zod"
import type { Store } from "../db/store.ts"
import { type Json, tables } from "../db/tables.ts"
import type { Action, ActionContext, Effect, Subject } from "./define.ts"

/** What a run may do. What is not granted is denied. */
export type Grant = {
  effects: Effect[]
  /** Names or `namespace.*`; null for every action of the granted effects. */
  actions: string[] | null
  /** Only this lead and its company may be written; null for every one. */
  leadId: number | null
  /** Action calls in the whole run. */
  maxCalls: number
}

export type Verdict = { kind: "allowed" } | { kind: "denied"; reason: string }
export type Called = { kind: "done"; value: Json } | { kind: "denied"; reason: string } | { kind: "failed"; reason: string }

/** The one door: schema, grant, taint, budget and audit stand between any script and any action. */
export type Gate = {
  call(name: string, args: Json[]): Promise<Called>
  /** Calls so far, for reports. */
  calls(): number
}

const longestLogged = 2_000

/** The gate of one run. Every call is written down with its verdict before it runs, and with its result after. */
export function openGate<Services>(
  catalogue: readonly Action<Services>[],
  grant: Grant,
  context: ActionContext<Services>,
): Gate {
  let calls = 0

  async function call(name: string, args: Json[]): Promise<Called> {
    calls += 1
    const action = catalogue.find((one) => one.name === name)
    const parsed = action ? parseArguments(action, args) : null
    const verdict = await judge(action, name, parsed, grant, calls, context)
    const id = await log(action, name, args, verdict)
    if (verdict.kind === "denied" || !action || !parsed || parsed.kind === "wrong") {
      return { kind: "denied", reason: verdict.kind === "denied" ? verdict.reason : `${name} cannot be called.` }
    }
    const started = context.clock().getTime()
    const called = await perform(action, parsed.args)
    await context.store.write(async (db) => {
      await db
        .update(tables.calls)
        .set({
          result: called.kind === "done" ? "ok" : called.reason.slice(0, longestLogged),
          milliseconds: context.clock().getTime() - started,
        })
        .where(eq(tables.calls.id, id))
      if (action.taints) await db.update(tables.runs).set({ tainted: true }).where(eq(tables.runs.id, context.runId))
    })
    return called
  }

  async function perform(action: Action<Services>, args: Record<string, unknown>): Promise<Called> {
    try {
      return { kind: "done", value: await action.run(context, args) }
    } catch (error) {
      if (context.signal.aborted) return { kind: "failed", reason: "The run was stopped." }
      return { kind: "failed", reason: error instanceof Error ? error.message : String(error) }
    }
  }

  async function log(action: Action<Services> | undefined, name: string, args: Json[], verdict: Verdict): Promise<number> {
    const text = JSON.stringify(args)
    const kept: Json = text.length > longestLogged ? `${text.slice(0, longestLogged)} ...` : args
    const [row] = await context.store.write((db) =>
      db
        .insert(tables.calls)
        .values({
          runId: context.runId,
          action: name.slice(0, 100),
          effect: action?.effect ?? "unknown",
          arguments: kept,
          verdict: verdict.kind,
          reason: verdict.kind === "denied" ? verdict.reason.slice(0, longestLogged) : "granted",
          createdAt: context.clock().toISOString(),
        })
        .returning({ id: tables.calls.id }),
    )
    return row?.id ?? 0
  }

  return { call, calls: () => calls }
}

type Parsed = { kind: "right"; args: Record<string, unknown> } | { kind: "wrong"; reason: string }

function parseArguments<Services>(action: Action<Services>, args: Json[]): Parsed {
  const names = Object.keys(action.parameters)
  if (args.length > names.length) {
    return { kind: "wrong", reason: `${action.name} takes ${names.length} arguments (${names.join(", ")}), not ${args.length}.` }
  }
  const given = Object.fromEntries(args.map((value, i) => [names[i] ?? "", value ?? undefined]))
  const parsed = z.strictObject(action.parameters).safeParse(given)
  return parsed.success
    ? { kind: "right", args: parsed.data }
    : { kind: "wrong", reason: `${action.name}: ${z.prettifyError(parsed.error)}` }
}

async function judge<Services>(
  action: Action<Services> | undefined,
  name: string,
  parsed: Parsed | null,
  grant: Grant,
  calls: number,
  context: ActionContext<Services>,
): Promise<Verdict> {
  if (context.signal.aborted) return denied("The run was stopped.")
  if (!action || !parsed) return denied(`${name} is no action; search finds what there is.`)
  if (action.effect === "govern") return denied(`${name} is for people only.`)
  if (!grant.effects.includes(action.effect)) return denied(`This run may not ${action.effect}: ${name} is not in its grant.`)
  if (grant.actions && !grant.actions.some((granted) => covers(granted, name))) return denied(`${name} is not in this run's grant.`)
  if (calls > grant.maxCalls) return denied(`This run has used its ${grant.maxCalls} action calls.`)
  if (parsed.kind === "wrong") return denied(parsed.reason)
  const subject = action.subject(parsed.args)
  if (action.effect === "write" && grant.leadId !== null && !(await isOwn(context.store, grant.leadId, subject))) {
    return denied(`This run works on lead ${grant.leadId} alone.`)
  }
  return { kind: "allowed" }
}

/** A grant for one lead covers the lead and the company it works for; a write that names nobody is its own run's. */
async function isOwn(store: Store, leadId: number, subject: Subject | null): Promise<boolean> {
  if (!subject || (subject.entity === "lead" && subject.id === leadId)) return true
  if (subject.entity === "lead") return false
  const [lead] = await store.read((db) =>
    db.select({ companyId: tables.leads.companyId }).from(tables.leads).where(eq(tables.leads.id, leadId)),
  )
  return lead?.companyId === subject.id
}

function covers(granted: string, name: string): boolean {
  return granted.endsWith(".*") ? name.startsWith(granted.slice(0, -1)) : granted === name
}

function denied(reason: string): Verdict {
  return { kind: "denied", reason }
}
