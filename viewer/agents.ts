import { sql } from "drizzle-orm"
import type { Store } from "../src/db/store.ts"
import { tables } from "../src/db/tables.ts"

/** What agents do at this moment. `open` stops at 1,000. */
export type AgentsAtWork = {
  running: number
  open: number
  learned: { leadId: number | null; lead: string; field: string; at: string } | null
}

const { runs, tasks, facts, leads, companies } = tables

/** Kept, because every page asks for them. */
const counting = sql`
  SELECT (SELECT count(*) FROM ${runs} WHERE ${runs.endedAt} IS NULL) AS running,
    (SELECT count(*) FROM (SELECT 1 FROM ${tasks} WHERE ${tasks.state} = 'open' LIMIT 1000) AS waiting) AS open`
const learning = sql`
  SELECT ${facts.entity} AS entity, ${facts.entityId} AS id, ${facts.field} AS field, ${facts.createdAt} AS at,
    CASE ${facts.entity} WHEN 'lead' THEN (SELECT ${leads.name} FROM ${leads} WHERE ${leads.id} = ${facts.entityId})
    ELSE (SELECT ${companies.name} FROM ${companies} WHERE ${companies.id} = ${facts.entityId}) END AS name
  FROM ${facts} ORDER BY ${facts.id} DESC LIMIT 1`
type Learned = { entity: string; id: number; name: string | null; field: string; at: string }

export async function readAgents(store: Store): Promise<AgentsAtWork> {
  const [counts] = await store.rows<{ running: number; open: number }>(counting)
  const [learned] = await store.rows<Learned>(learning)
  return {
    running: counts?.running ?? 0,
    open: counts?.open ?? 0,
    learned: learned
      ? {
          leadId: learned.entity === "lead" ? learned.id : null,
          lead: learned.name ?? `${learned.entity} ${learned.id}`,
          field: learned.field,
          at: learned.at,
        }
      : null,
  }
}
