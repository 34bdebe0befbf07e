import { and, asc, desc, eq, gte, inArray, isNull, like, lte, sql } from "drizzle-orm"
import type { Settled } from "../actions/define.ts"
import { isFreeAmong } from "../db/locks.ts"
import type { Db, Store } from "../db/store.ts"
import { type Task, tables } from "../db/tables.ts"
import { endAsInterrupted } from "./transcript.ts"

/** What came of a task. A failed one is tried again later, three times in all; a waiting one when its time comes. */
export type TaskResult = Settled | { kind: "failed"; outcome: string }

/** A claimed task. `leasedBy` names the claim, so it must be new for every claim. */
type Lease = Pick<Task, "id" | "leasedBy">

/** Seconds until a failed task is tried again, after each failure: first behind all that are due, then later. */
const backoffs = [0, 30]
/** How often a task is tried. */
const mostAttempts = backoffs.length + 1
/** Seconds that a task waits at least, so that one whose time has come meanwhile is not worked without a pause. */
const leastWait = 2
/** A time that does not come: the task waits until somebody opens it again. */
const never = "9999-12-31T00:00:00.000Z"

export type Claim = { leasedBy: string; count: number; leaseSeconds: number }

/** Leases at most `count` tasks whose time has come, the most urgent first and of these the oldest. Tasks whose worker
 * fell silent are taken over, and their runs end as interrupted. No task is given to two. */
export async function claimTasks(store: Store, claim: Claim, clock: () => Date): Promise<Task[]> {
  const [due] = await store.rows<Record<"open" | "waiting" | "lost", unknown>>(whatIsDue, { at: clock().toISOString() })
  if (!due?.open && !due?.waiting && !due?.lost) return []
  // Leases that ran out are taken back by one machine at a time; what is free is everybody's who is first.
  const begin = due.lost || due.waiting ? store.write : store.claim
  return begin(async (db) => {
    // A write may have waited for its turn, so a lease begins with its transaction.
    const now = clock()
    if (due.lost) await takeBackLost(db, now)
    if (due.waiting) await wakeWaiting(db, now)
    const claimed = await claiming(db).all({
      ...{ at: now.toISOString(), count: claim.count },
      ...{ leasedBy: claim.leasedBy, leaseUntil: secondsAfter(now, claim.leaseSeconds) },
    })
    return claimed.sort((a, b) => b.priority - a.priority || a.notBefore.localeCompare(b.notBefore) || a.id - b.id)
  })
}

const at = sql.placeholder("at")

/** Workers look every second, and a look writes nothing. */
const whatIsDue = sql`SELECT
  EXISTS (SELECT 1 FROM ${tables.tasks} WHERE ${tables.tasks.state} = 'open' AND ${tables.tasks.notBefore} <= ${at}) AS open,
  EXISTS (SELECT 1 FROM ${tables.tasks} WHERE ${tables.tasks.state} = 'waiting' AND ${tables.tasks.notBefore} <= ${at}) AS waiting,
  EXISTS (SELECT 1 FROM ${tables.tasks} WHERE ${tables.tasks.state} = 'leased' AND ${tables.tasks.leaseUntil} <= ${at}) AS lost`

const claimings = new WeakMap<Db, ReturnType<typeof newClaiming>>()

/** Put together once for a connection, because that takes longer than to ask it. */
function claiming(db: Db): ReturnType<typeof newClaiming> {
  const known = claimings.get(db) ?? newClaiming(db)
  claimings.set(db, known)
  return known
}

function newClaiming(db: Db) {
  const { tasks } = tables
  const next = db
    .select({ id: tasks.id })
    .from(tasks)
    .where(and(eq(tasks.state, "open"), lte(tasks.notBefore, at)))
    .orderBy(desc(tasks.priority), asc(tasks.notBefore), asc(tasks.id))
    .limit(sql.placeholder("count"))
  return db
    .update(tasks)
    .set({
      state: "leased",
      leasedBy: sql`${sql.placeholder("leasedBy")}`,
      leaseUntil: sql`${sql.placeholder("leaseUntil")}`,
      attempts: sql`${tasks.attempts} + 1`,
      updatedAt: sql`${at}`,
    })
    .where(isFreeAmong(tasks.id, next))
    .returning()
    .prepare()
}

/** Gives back what workers had leased that are known to be gone, as if it had not been claimed. Says how many tasks those were. */
export async function giveBackLeases(store: Store, workers: readonly string[]): Promise<number> {
  const { tasks } = tables
  return store.write(async (db) => {
    const updatedAt = store.now().toISOString()
    let given = 0
    for (const worker of workers) {
      const back = await db
        .update(tasks)
        .set({ state: "open", leasedBy: null, leaseUntil: null, attempts: sql`${tasks.attempts} - 1`, updatedAt })
        .where(and(eq(tasks.state, "leased"), like(tasks.leasedBy, `${worker}/%`)))
        .returning({ id: tasks.id })
      given += back.length
    }
    return given
  })
}

/** Extends a lease. False if the task is no longer this claim's: somebody else may be at work on it. */
export async function renewLease(
  store: Store,
  lease: Lease,
  leaseSeconds: number,
  clock: () => Date,
): Promise<boolean> {
  return store.write((db) => change(db, lease, { leaseUntil: secondsAfter(clock(), leaseSeconds) }))
}

/** Ties the run that works on a task to it. False if the lease is lost. */
export async function setTaskRun(db: Db, lease: Lease, runId: number): Promise<boolean> {
  return change(db, lease, { runId })
}

/** Records what came of a task. False if the lease is lost; then nothing changes. */
export async function finishTask(db: Db, task: Task, result: TaskResult, now: Date): Promise<boolean> {
  const updatedAt = now.toISOString()
  const freed = { leasedBy: null, leaseUntil: null, outcome: result.outcome, updatedAt }
  if (result.kind === "done") return change(db, task, { ...freed, state: "done" })
  if (result.kind === "waiting") {
    const soonest = secondsAfter(now, leastWait)
    const until = result.until === null ? never : new Date(result.until).toISOString()
    return change(db, task, { ...freed, state: "waiting", notBefore: until > soonest ? until : soonest, attempts: 0 })
  }
  const backoff = backoffs[task.attempts - 1]
  if (backoff === undefined) return change(db, task, { ...freed, state: "failed" })
  return change(db, task, { ...freed, state: "open", notBefore: secondsAfter(now, backoff) })
}

/** Gives a task back as if it had not been claimed. */
export async function releaseTask(db: Db, task: Task, notBefore: Date, now: Date): Promise<boolean> {
  return change(db, task, {
    state: "open",
    leasedBy: null,
    leaseUntil: null,
    attempts: task.attempts - 1,
    notBefore: notBefore.toISOString(),
    updatedAt: now.toISOString(),
  })
}

async function change(db: Db, lease: Lease, values: Partial<Task>): Promise<boolean> {
  const { tasks } = tables
  const changed = await db
    .update(tasks)
    .set(values)
    .where(and(eq(tasks.id, lease.id), eq(tasks.state, "leased"), eq(tasks.leasedBy, lease.leasedBy ?? "")))
    .returning({ id: tasks.id })
  return changed.length > 0
}

/** Tasks whose lease ran out: open again, or failed if every attempt was lost, since the task itself may kill its
 * worker. */
async function takeBackLost(db: Db, now: Date): Promise<void> {
  const { tasks, runs } = tables
  const at = now.toISOString()
  const isLost = and(eq(tasks.state, "leased"), lte(tasks.leaseUntil, at))
  const freed = { leasedBy: null, leaseUntil: null, updatedAt: at }
  const ends = await db
    .update(tasks)
    .set({ ...freed, state: "failed", outcome: `Its worker fell silent ${mostAttempts} times.` })
    .where(and(isLost, gte(tasks.attempts, mostAttempts)))
    .returning({ id: tasks.id })
  const reopened = await db
    .update(tasks)
    .set({ ...freed, state: "open" })
    .where(isLost)
    .returning({ id: tasks.id })
  const lost = [...ends, ...reopened].map((task) => task.id)
  if (lost.length === 0) return
  const open = await db
    .select({ id: runs.id })
    .from(runs)
    .where(and(isNull(runs.endedAt), inArray(runs.taskId, lost)))
  await endAsInterrupted(
    db,
    open.map((run) => run.id),
    now,
  )
}

async function wakeWaiting(db: Db, now: Date): Promise<void> {
  const { tasks } = tables
  await db
    .update(tasks)
    .set({ state: "open" })
    .where(and(eq(tasks.state, "waiting"), lte(tasks.notBefore, now.toISOString())))
}

function secondsAfter(now: Date, seconds: number): string {
  return new Date(now.getTime() + seconds * 1000).toISOString()
}
