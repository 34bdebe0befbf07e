import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"

type NewTask = { kind: string; leadId?: number; priority?: number; notBefore?: Date }

/** Queues a task, unless the lead has one of its kind that is not finished. */
export async function addTask(
  store: Store,
  task: NewTask,
  now: Date,
): Promise<{ kind: "added"; id: number } | { kind: "queued-already" }> {
  const at = now.toISOString()
  const { notBefore = now, ...rest } = task
  const [row] = await store.write((db) =>
    db
      .insert(tables.tasks)
      .values({ ...rest, notBefore: notBefore.toISOString(), createdAt: at, updatedAt: at })
      .onConflictDoNothing()
      .returning({ id: tables.tasks.id }),
  )
  return row ? { kind: "added", id: row.id } : { kind: "queued-already" }
}
