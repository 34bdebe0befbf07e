import { type SQL, sql } from "drizzle-orm"
import { type Run, tables } from "../src/db/tables.ts"
import type { Person } from "./access.ts"

const { runs } = tables

/** That a run is one for who looks: a conversation is its person's alone, and the admins'; work on leads and from the queue is
 * everybody's. */
export const isRunSeen: SQL = sql`(cast(${sql.placeholder("seenBy")} as text) IS NULL
  OR ${runs.person} = ${sql.placeholder("seenBy")} OR ${runs.taskId} IS NOT NULL OR ${runs.leadId} IS NOT NULL)`

/** By whom rows are seen; null for who sees them all. */
export function seenBy({ role, actor }: Person): string | null {
  return role === "admin" ? null : actor
}

/** The same of one run. */
export function maySee(person: Person, { person: owner, taskId, leadId }: Run): boolean {
  return person.role === "admin" || owner === person.actor || taskId !== null || leadId !== null
}
