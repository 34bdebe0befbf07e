import { and, asc, count, eq, gt, inArray } from "drizzle-orm"
import type { Json } from "../db/json.ts"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Event } from "../harness/loop.ts"

/** Where a run's doings are told. What it gets may quote pages and leads: it makes that harmless for where it stands. */
export type Listener = {
  /** The model's words, as they come. */
  write(text: string): void
  /** Ends the row that was being written, if there is one. */
  endRow(): void
  /** Something that was done. */
  step(text: string): void
  /** What goes on at the moment; the empty text takes it away. */
  status(text: string): void
}

/** Tells what a run does while it does it. */
type Narration = {
  /** Follows the actions of a run. */
  follow(runId: number): void
  hear(event: Event): void
  /** Tells what has not been told yet, and ends. */
  close(): Promise<void>
}

type Call = typeof tables.calls.$inferSelect

/** Milliseconds between two looks at the log of actions. */
const lookEvery = 120

/** Writes the model's words as they come, and a line for each page that is read, each change, and each refusal. Reads of
 * the database, which may be hundreds, are told by the first of a kind. Calls up to `after` are not told. */
export function openNarration(store: Store, listener: Listener, after = 0): Narration {
  const runs: number[] = []
  const told = new Set<number>()
  const toldReads = new Set<string>()
  /** Calls that have not ended when they were last looked at. */
  let open: number[] = []
  let last = after
  let lastFact = 0
  let looking: Promise<void> = Promise.resolve()
  const timer = setInterval(look, lookEvery)

  function look(): void {
    looking = looking.then(lookOnce)
  }

  async function lookOnce(): Promise<void> {
    if (runs.length === 0) return
    const { calls } = tables
    const fresh = await store.read((db) =>
      db
        .select()
        .from(calls)
        .where(and(inArray(calls.runId, runs), gt(calls.id, last)))
        .orderBy(asc(calls.id)),
    )
    const earlier =
      open.length === 0
        ? []
        : await store.read((db) => db.select().from(calls).where(inArray(calls.id, open)).orderBy(asc(calls.id)))
    last = fresh.at(-1)?.id ?? last
    for (const call of earlier) await tell(call)
    for (const call of fresh) await tell(call)
    open = [...earlier, ...fresh]
      .filter((call) => call.verdict === "allowed" && call.result === null)
      .map((call) => call.id)
  }

  async function tell(call: Call): Promise<void> {
    const begins = beginOf(call)
    if (begins && !told.has(call.id) && !(call.effect === "read" && toldReads.has(call.action))) {
      told.add(call.id)
      toldReads.add(call.action)
      listener.step(begins)
    }
    if (call.verdict === "denied") return listener.step(`not allowed: ${short(call.reason)}`)
    if (call.verdict === "ask") return listener.step(`${call.action} waits for a person: ${short(call.reason)}`)
    if (call.result === null) return
    if (call.result !== "ok") return listener.step(`${call.action} was not done: ${short(call.result)}`)
    if (call.effect === "write") listener.step(await endOf(call))
  }

  async function endOf(call: Call): Promise<string> {
    const [entity, verb] = call.action.split(".")
    const subject = entity === "companies" ? "company" : "lead"
    const id = Number(argumentOf(call, 0))
    if (verb !== "learn") return beginningsOfWrites[call.action]?.(id) ?? `${call.action} done`
    const { facts } = tables
    const rows = await store.read((db) =>
      db
        .select({ state: facts.state, number: count(), last: facts.id })
        .from(facts)
        .where(
          and(eq(facts.runId, call.runId), eq(facts.entity, subject), eq(facts.entityId, id), gt(facts.id, lastFact)),
        )
        .groupBy(facts.state, facts.id),
    )
    lastFact = Math.max(lastFact, ...rows.map((row) => row.last))
    const suggested = rows.filter((row) => row.state === "suggested").length
    const learned = rows.length - suggested
    const more = suggested > 0 ? `, suggested ${suggested} more` : ""
    return learned === 0 && suggested === 0
      ? `nothing new about ${subject} ${id}`
      : `learned ${learned} ${learned === 1 ? "fact" : "facts"} of ${subject} ${id}${more}`
  }

  return {
    follow(runId) {
      if (!runs.includes(runId)) runs.push(runId)
    },
    hear(event) {
      if (event.kind === "asked") {
        if (!runs.includes(event.runId)) {
          runs.push(event.runId)
          listener.step(`asking the ${event.agent}`)
        }
        if (event.event.kind === "tool-ended") look()
        return
      }
      if (event.kind === "request") listener.status("thinking ...")
      if (event.kind === "tool-started") listener.status("working ...")
      if (event.kind === "tool-ended") look()
      if (event.kind === "text") listener.write(event.text)
      if (event.kind === "message" && event.content.some((block) => block.type === "text")) listener.endRow()
      if (event.kind === "retry") {
        const seconds = Math.ceil(event.waitMs / 1000)
        listener.step(`${event.reason} Trying again in ${seconds} s.`)
      }
      if (event.kind === "compacted") listener.step("the conversation is long: old results were shortened")
    },
    async close() {
      clearInterval(timer)
      look()
      await looking
      listener.status("")
    },
  }
}

/** What a call does, when it begins; null where only its end is worth a line. */
function beginOf(call: Call): string | null {
  if (call.verdict !== "allowed") return null
  if (call.effect === "browse") return `reading ${pageOf(call)}`
  if (call.effect !== "read") return null
  const id = Number(argumentOf(call, 0))
  if (call.action === "sql.query") return "asking the database"
  if (call.action === "leads.get") return `looking at lead ${id}`
  if (call.action === "companies.get") return `looking at company ${id}`
  return `looking up ${call.action.split(".")[0]}`
}

const beginningsOfWrites: Partial<Record<string, (id: number) => string>> = {
  "leads.note": (id) => `noted something on lead ${id}`,
  "tasks.done": () => "ended the task",
  "tasks.wait": () => "put the task aside",
}

function pageOf(call: Call): string {
  const page = short(String(argumentOf(call, 0) ?? "")).replace(/^https?:\/\/(www\.)?/, "")
  if (page.includes(".") && page.includes("/")) return page
  if (call.action === "linkedin.profile") return `linkedin.com/in/${page}`
  if (call.action === "linkedin.company") return `linkedin.com/company/${page}`
  return call.action === "x.profile" ? `x.com/${page.replace(/^@/, "")}` : page
}

function argumentOf(call: Call, position: number): Json | undefined {
  return Array.isArray(call.arguments) ? call.arguments[position] : undefined
}

function short(text: string): string {
  const plain = text.replace(/\s+/g, " ").trim()
  return plain.length > 160 ? `${plain.slice(0, 159)}…` : plain
}
