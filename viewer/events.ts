import { sql } from "drizzle-orm"
import { type Context, Hono } from "hono"
import { streamSSE } from "hono/streaming"
import type { Store } from "../src/db/store.ts"
import { tables } from "../src/db/tables.ts"
import { readAgents } from "./agents.ts"
import type { PageEnv } from "./layout.ts"

const { changes, facts, messages, calls } = tables
/** The other tables whose changed rows are named. */
const followed = ["companies", "drafts"] as const
/** How far somebody has seen: the last row of each log. */
export type Position = { change: number; message: number; call: number }
type News = { event: "changed" | "agents" | "worked"; data: string }

/** How many changed leads are named at once; beyond them a page only learns that there were more. */
const named = 500
/** How often a silent connection says that it is still there, in milliseconds. */
const heartbeat = 15_000

/** What happens, as it happens, whichever process does it. Each listener goes on from where its page was read, so nothing that
 * happened in between is missed; without listeners the database is left alone. */
export function eventRoutes(
  store: Store,
  every: number,
  isStillAllowed: (c: Context<PageEnv>) => Promise<boolean>,
): Hono<PageEnv> {
  const app = new Hono<PageEnv>()
  app.get("/events", (c) =>
    streamSSE(c, async (stream) => {
      let position = parsePosition(c.req.header("last-event-id") ?? c.req.query("since")) ?? (await readPosition(store))
      let agents = ""
      let silent = 0
      let unasked = 0
      let waited = every
      while (!stream.aborted) {
        const { found, ...now } = await readNews(store, position, agents)
        position = now.position
        agents = now.agents
        silent = found.length > 0 ? 0 : silent + waited
        for (const news of found) await stream.writeSSE({ ...news, id: positionText(position) })
        unasked += waited
        if (unasked >= heartbeat) {
          if (!(await isStillAllowed(c))) return
          unasked = 0
        }
        if (silent >= heartbeat) {
          await stream.write(": still here\n\n")
          silent = 0
        }
        const from = performance.now()
        await store.news(every)
        waited = performance.now() - from
      }
    }),
  )
  return app
}

/** Kept, because every page asks for it. */
const lastOfEach = sql`
  SELECT (SELECT coalesce(max(${changes.id}), 0) FROM ${changes}) AS change,
    (SELECT coalesce(max(${messages.id}), 0) FROM ${messages}) AS message,
    (SELECT coalesce(max(${calls.id}), 0) FROM ${calls}) AS call`

export async function readPosition(store: Store): Promise<Position> {
  const [now] = await store.rows<Position>(lastOfEach)
  return now ?? { change: 0, message: 0, call: 0 }
}

export function positionText({ change, message, call }: Position): string {
  return `${change}.${message}.${call}`
}

/** Whether all there is can be read through at once. */
export function isSmall({ change, message, call }: Position): boolean {
  return change + message + call < 50_000
}

function parsePosition(text: string | undefined): Position | null {
  const found = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/.exec(text ?? "")
  return found && { change: Number(found[1]), message: Number(found[2]), call: Number(found[3]) }
}

async function readNews(store: Store, since: Position, agentsBefore: string) {
  const position = await readPosition(store)
  const agents = JSON.stringify(await readAgents(store))
  const found: News[] = []
  if (position.change > since.change) {
    const news = { ...(await changedLeads(store, since, position)), ...(await changedRows(store, since, position)) }
    found.push({ event: "changed", data: JSON.stringify(news) })
  }
  if (position.message > since.message || position.call > since.call) {
    found.push({ event: "worked", data: JSON.stringify({ runs: await workedRuns(store, since) }) })
  }
  if (agents !== agentsBefore) found.push({ event: "agents", data: agents })
  return { position, agents, found }
}

async function workedRuns(store: Store, since: Position): Promise<number[]> {
  const worked = await store.rows<{ id: number }>(sql`
    SELECT ${messages.runId} AS id FROM ${messages} WHERE ${messages.id} > ${since.message}
    UNION SELECT ${calls.runId} FROM ${calls} WHERE ${calls.id} > ${since.call} LIMIT ${named}`)
  return worked.map(({ id }) => id)
}

async function changedLeads(store: Store, since: Position, now: Position) {
  const between = sql`${changes.id} > ${since.change} AND ${changes.id} <= ${now.change}`
  const rows = await store.rows<{ id: number; added: number }>(sql`
    SELECT id, max(added) AS added FROM (
      SELECT ${changes.rowId} AS id, CASE ${changes.op} WHEN 'insert' THEN 1 ELSE 0 END AS added FROM ${changes}
      WHERE ${between} AND ${changes.tableName} = 'leads'
      UNION ALL SELECT ${facts.entityId}, 0 FROM ${changes} JOIN ${facts} ON ${facts.id} = ${changes.rowId}
      WHERE ${between} AND ${changes.tableName} = 'facts' AND ${facts.entity} = 'lead') AS touched
    GROUP BY id ORDER BY id LIMIT ${named + 1}`)
  return {
    leads: rows.slice(0, named).map(({ id }) => id),
    added: rows.filter(({ added }) => added === 1).length,
    more: rows.length > named,
  }
}

async function changedRows(store: Store, since: Position, now: Position): Promise<Record<string, number[]>> {
  const between = sql`${changes.id} > ${since.change} AND ${changes.id} <= ${now.change}`
  const rows = await store.rows<{ name: string; id: number }>(sql`
    SELECT ${changes.tableName} AS name, ${changes.rowId} AS id FROM ${changes}
    WHERE ${between} AND ${changes.tableName} IN ('companies', 'drafts')
    UNION SELECT 'companies', ${facts.entityId} FROM ${changes} JOIN ${facts} ON ${facts.id} = ${changes.rowId}
    WHERE ${between} AND ${changes.tableName} = 'facts' AND ${facts.entity} = 'company' LIMIT ${named}`)
  return Object.fromEntries(
    followed.map((table) => [table, rows.filter(({ name }) => name === table).map(({ id }) => id)]),
  )
}
