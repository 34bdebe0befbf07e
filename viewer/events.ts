import { setTimeout as sleep } from "node:timers/promises"
import { sql } from "drizzle-orm"
import { Hono } from "hono"
import { streamSSE } from "hono/streaming"
import type { Store } from "../src/db/store.ts"
import { tables } from "../src/db/tables.ts"
import { readAgents } from "./agents.ts"

const { changes, facts, messages, calls } = tables
type Position = { change: number; message: number; call: number }
type News = { event: "changed" | "agents" | "worked"; data: string }
/** One page that listens. */
type Follower = { tell(news: News[]): void; leave(): void }

/** How many changed leads are named at once; beyond them a page only learns that there were more. */
const named = 500
/** How often a silent connection says that it is still there, in milliseconds. */
const heartbeat = 15_000

/** What happens, as it happens, whichever process does it: the database is looked at while anybody listens. */
export function eventRoutes(store: Store, every: number): Hono {
  const app = new Hono()
  const followers = new Set<Follower>()
  let isFollowing = false

  async function follow(): Promise<void> {
    let position = await present(store)
    let agents = ""
    while (followers.size > 0) {
      const { found, ...next } = await readNews(store, position, agents)
      position = next.position
      agents = next.agents
      if (found.length > 0) for (const follower of followers) follower.tell(found)
      await sleep(every)
    }
  }

  app.get("/events", (c) =>
    streamSSE(c, async (stream) => {
      const { promise: left, resolve: leave } = Promise.withResolvers<void>()
      stream.onAbort(leave)
      const follower: Follower = {
        tell: (news) => {
          for (const one of news) void stream.writeSSE(one)
        },
        leave,
      }
      await stream.writeSSE({ event: "agents", data: JSON.stringify(await readAgents(store)) })
      followers.add(follower)
      if (!isFollowing) {
        isFollowing = true
        void follow()
          .catch(() => {
            for (const follower of followers) follower.leave()
          })
          .finally(() => {
            isFollowing = false
          })
      }
      const beat = setInterval(() => void stream.write(": still here\n\n"), heartbeat)
      await left
      clearInterval(beat)
      followers.delete(follower)
    }),
  )
  return app
}

async function present(store: Store): Promise<Position> {
  const [now] = await store.rows<Position>(sql`
    SELECT (SELECT coalesce(max(${changes.id}), 0) FROM ${changes}) AS change,
      (SELECT coalesce(max(${messages.id}), 0) FROM ${messages}) AS message,
      (SELECT coalesce(max(${calls.id}), 0) FROM ${calls}) AS call`)
  return now ?? { change: 0, message: 0, call: 0 }
}

async function readNews(store: Store, since: Position, agentsBefore: string) {
  const position = await present(store)
  const agents = JSON.stringify(await readAgents(store))
  const found: News[] = []
  if (position.change > since.change) {
    found.push({ event: "changed", data: JSON.stringify(await changedLeads(store, since, position)) })
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
      SELECT ${changes.rowId} AS id, ${changes.op} = 'insert' AS added FROM ${changes}
      WHERE ${between} AND ${changes.tableName} = 'leads'
      UNION ALL SELECT ${facts.entityId}, 0 FROM ${changes} JOIN ${facts} ON ${facts.id} = ${changes.rowId}
      WHERE ${between} AND ${changes.tableName} = 'facts' AND ${facts.entity} = 'lead')
    GROUP BY id ORDER BY id LIMIT ${named + 1}`)
  return {
    leads: rows.slice(0, named).map(({ id }) => id),
    added: rows.filter(({ added }) => added === 1).length,
    more: rows.length > named,
  }
}
