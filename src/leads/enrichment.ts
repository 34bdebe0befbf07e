import { and, desc, eq, inArray, isNull, notExists, sql } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"

const enrichmentTask = "enrich"

/** Queues the enrichment of every lead that never had one, newest first. Returns how many were queued. */
export async function queueNewLeads(store: Store, now: Date): Promise<number> {
  const { leads, tasks } = tables
  const untouched = await store.read((db) =>
    db
      .select({ id: leads.id })
      .from(leads)
      .where(
        and(
          isNull(leads.mergedInto),
          isNull(leads.enrichedAt),
          notExists(
            db
              .select({ one: sql`1` })
              .from(tasks)
              .where(and(eq(tasks.leadId, leads.id), eq(tasks.kind, enrichmentTask))),
          ),
        ),
      )
      .orderBy(desc(leads.id)),
  )
  return queueLeads(
    store,
    untouched.map((lead) => lead.id),
    now,
  )
}

/** Queues the enrichment of these leads, but for those whose turn is still to come. Returns how many were queued. */
export async function queueLeads(store: Store, leadIds: number[], now: Date): Promise<number> {
  const at = now.toISOString()
  let queued = 0
  for (let i = 0; i < leadIds.length; i += 500) {
    const some = leadIds.slice(i, i + 500)
    queued += await store.write(async (db) => {
      const { tasks } = tables
      const pending = await db
        .select({ leadId: tasks.leadId })
        .from(tasks)
        .where(
          and(
            inArray(tasks.leadId, some),
            inArray(tasks.state, ["open", "leased", "waiting"]),
            eq(tasks.kind, enrichmentTask),
          ),
        )
      const fresh = some.filter((id) => !pending.some((task) => task.leadId === id))
      if (fresh.length === 0) return 0
      await db
        .insert(tasks)
        .values(fresh.map((leadId) => ({ kind: enrichmentTask, leadId, notBefore: at, createdAt: at, updatedAt: at })))
      return fresh.length
    })
  }
  return queued
}
