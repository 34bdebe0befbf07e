import { setTimeout as sleep } from "node:timers/promises"
import { and, asc, count, desc, eq, gt, inArray, isNull, lt, max, ne } from "drizzle-orm"
import type { Db, Store } from "../db/store.ts"
import { type Account, type HostRow, tables } from "../db/tables.ts"

/** A home as other machines know it: the id that it gave itself, and where it is. */
export type HomePlace = { id: string; machine: string; folder: string }

/** A process that has a home's browser, while it is at work around the database. */
export type Presence = {
  id: number
  place: HomePlace
  /** Hosts of this home that ended without saying so. */
  fallen: readonly number[]
  /** Aborted when the database was not heard of for so long that others will soon take this host for gone: what it does from then on
   * may be done by somebody else too. From the next word of the database on there is a new one. */
  reach(): AbortSignal
  /** How many hosts are at work, this one among them, as the database last said. */
  atWork(): number
  /** Until when the model's server wants to be left alone by any host, in milliseconds since 1970. */
  modelPausedUntil(): number
  /** Tells all hosts that the model's server wants to be left alone. */
  pauseModel(until: Date): Promise<void>
  close(): Promise<void>
}

export type PresenceTimes = {
  /** Between two signs of life, in milliseconds. */
  everyMs: number
  /** Without an answer of the database for so long, this host stops acting. */
  silentMs: number
  /** Without a sign of life for so long, the others take this host for gone. */
  livesMs: number
}

/** A task's lease is a minute and is renewed every twenty seconds, so whoever is cut off stops before anything of theirs is given to
 * others. */
const usual: PresenceTimes = { everyMs: 5_000, silentMs: 30_000, livesMs: 60_000 }

/** The home is a copy of one that is at work, so that two would take themselves for the same. */
export class HomeCopied extends Error {
  readonly code = "home_copied"
  readonly hint: string
  constructor({ machine, folder }: HostRow, place: HomePlace) {
    super(`This home is the same as ${folder} on ${machine}, which is at work now.`)
    this.hint = `If it is a copy, delete the file "place" in ${place.folder}, and it becomes a home of its own. Otherwise stop the other.`
  }
}

/** Takes a place among the hosts of the database and gives signs of life until it is closed. Only the process that has the home's lock
 * may: whatever host of this home did not end has fallen. Throws HomeCopied. */
export async function openPresence(
  store: Store,
  place: HomePlace,
  web: HostRow["web"],
  times: PresenceTimes = usual,
): Promise<Presence> {
  const { id, fallen } = await join(store, place, web, times)
  const closing = new AbortController()
  let reach = new AbortController()
  let heard = { atWork: 1, modelPausedUntil: 0 }
  let silence = listen(performance.now())

  function listen(since: number): NodeJS.Timeout {
    return setTimeout(() => reach.abort(), since + times.silentMs - performance.now())
  }

  async function beat(): Promise<void> {
    const since = performance.now()
    const word = await store.jot((db) => renew(db, id, store.now(), times))
    // An answer that was so long on its way says nothing of now.
    if (performance.now() - since > times.silentMs) return beat()
    clearTimeout(silence)
    // Whoever slept through its time, lid closed, was taken for gone although it never noticed a silence.
    if (word.wasGone) reach.abort()
    if (reach.signal.aborted) reach = new AbortController()
    silence = listen(since)
    heard = word
  }

  async function beatOn(): Promise<void> {
    while (!closing.signal.aborted) {
      await sleep(times.everyMs, undefined, { signal: closing.signal }).catch(() => {})
      // What the database cannot take now is said again at the next beat; a silence that lasts is noticed by its own timer.
      if (!closing.signal.aborted) await beat().catch(() => {})
    }
  }

  const beating = beatOn()
  const set = (values: Partial<HostRow>) =>
    store.write((db) => db.update(tables.hosts).set(values).where(eq(tables.hosts.id, id)))

  return {
    id,
    place,
    fallen,
    reach: () => reach.signal,
    atWork: () => heard.atWork,
    modelPausedUntil: () => heard.modelPausedUntil,
    async pauseModel(until) {
      heard = { ...heard, modelPausedUntil: Math.max(heard.modelPausedUntil, until.getTime()) }
      await set({ modelPausedUntil: until.toISOString() })
    },
    async close() {
      closing.abort()
      await beating
      clearTimeout(silence)
      // Where the database is out of reach the others notice by themselves.
      if (!reach.signal.aborted) await set({ endedAt: store.now().toISOString() })
    },
  }
}

/** Where an account is read: only the home that has its browser profile does. Company sites are read by everybody. */
export type Whereabouts =
  | { kind: "here" }
  /** Another process has its browser and is at work. */
  | { kind: "elsewhere"; place: string; machine: string }
  | { kind: "away"; machine: string }

/** Where an account is read at this moment, seen from a home. `host` is the caller's own presence; null for a process that has none. */
export async function whereIs(
  store: Store,
  account: Account,
  home: HomePlace,
  host: number | null,
): Promise<Whereabouts> {
  const { accounts } = tables
  const [now] = await store.read((db) => db.select().from(accounts).where(eq(accounts.id, account.id)))
  const place = now?.place ?? null
  if (account.site === "web" || place === null) return { kind: "here" }
  const holder = await lastHost(store, place)
  const isThere = holder !== null && livesAt(holder, store.now())
  if (place === home.id) {
    return isThere && host === null ? { kind: "elsewhere", place, machine: holder.machine } : { kind: "here" }
  }
  const machine = holder?.machine ?? "another machine"
  return isThere ? { kind: "elsewhere", place, machine } : { kind: "away", machine }
}

/** Whether a host of a home is at work. */
export async function isAtWork(store: Store, place: string): Promise<boolean> {
  const last = await lastHost(store, place)
  return last !== null && livesAt(last, store.now())
}

/** Gives an account that nobody has used yet to a home. False if another has it. */
export async function holdAccount(store: Store, account: Account, home: HomePlace): Promise<boolean> {
  const { accounts } = tables
  if (account.site === "web" || account.place === home.id) return true
  return store.change({ actor: "system", kind: "account" }, async (db) => {
    await db
      .update(accounts)
      .set({ place: home.id })
      .where(and(eq(accounts.id, account.id), isNull(accounts.place)))
    const [now] = await db.select({ place: accounts.place }).from(accounts).where(eq(accounts.id, account.id))
    return now?.place === home.id
  })
}

/** Somebody signs an account in here: from now on it is read here. Says on which machine it is in use, if it is; then nothing changes. */
export async function takeAccount(
  store: Store,
  account: Account,
  home: HomePlace,
  actor: string,
): Promise<string | null> {
  const { accounts } = tables
  return store.change({ actor, kind: "account" }, async (db) => {
    const [now] = await db.select({ place: accounts.place }).from(accounts).where(eq(accounts.id, account.id))
    const holder = now?.place && now.place !== home.id ? await hostAtWork(db, now.place, store.now()) : null
    if (holder) return holder.machine
    await db.update(accounts).set({ place: home.id }).where(eq(accounts.id, account.id))
    return null
  })
}

/** What people call the machine of a home; null if it was never at work here. */
export async function machineOf(store: Store, place: string): Promise<string | null> {
  return (await lastHost(store, place))?.machine ?? null
}

/** The machines beside this home's that were ever at work around this database. */
export async function otherMachines(store: Store, home: HomePlace): Promise<string[]> {
  const { hosts } = tables
  const rows = await store.read((db) =>
    db
      .selectDistinct({ machine: hosts.machine })
      .from(hosts)
      .where(ne(hosts.place, home.id))
      .orderBy(asc(hosts.machine)),
  )
  return rows.map(({ machine }) => machine)
}

/** On which web this database is worked; null before any host was. */
export async function webOfHosts(store: Store): Promise<HostRow["web"] | null> {
  const { hosts } = tables
  const [first] = await store.read((db) => db.select({ web: hosts.web }).from(hosts).orderBy(asc(hosts.id)).limit(1))
  return first?.web ?? null
}

const day = 24 * 3_600_000

async function join(store: Store, place: HomePlace, web: HostRow["web"], { livesMs }: PresenceTimes) {
  const { hosts, readings } = tables
  return store.write(async (db) => {
    const now = store.now()
    const at = now.toISOString()
    const open = await db
      .select()
      .from(hosts)
      .where(and(eq(hosts.place, place.id), isNull(hosts.endedAt)))
    const copy = open.find(
      (host) => host.livesUntil > at && (host.machine !== place.machine || host.folder !== place.folder),
    )
    if (copy) throw new HomeCopied(copy, place)
    const fallen = open.map(({ id }) => id)
    await db.update(hosts).set({ endedAt: at }).where(inArray(hosts.id, fallen))
    // What they were asked is still wanted; what was answered long ago is not.
    await db
      .update(readings)
      .set({ takenBy: null })
      .where(and(eq(readings.place, place.id), isNull(readings.answeredAt)))
    await db.delete(readings).where(lt(readings.createdAt, new Date(now.getTime() - day).toISOString()))
    const { id: name, machine, folder } = place
    const [host] = await db
      .insert(hosts)
      .values({ place: name, machine, folder, web, startedAt: at, seenAt: at, livesUntil: later(now, livesMs) })
      .returning({ id: hosts.id })
    if (!host) throw new Error("The database made no row for a host.")
    return { id: host.id, fallen }
  })
}

async function renew(db: Db, id: number, now: Date, { livesMs }: PresenceTimes) {
  const { hosts } = tables
  const at = now.toISOString()
  const [before] = await db.select({ livesUntil: hosts.livesUntil }).from(hosts).where(eq(hosts.id, id))
  await db
    .update(hosts)
    .set({ seenAt: at, livesUntil: later(now, livesMs) })
    .where(eq(hosts.id, id))
  const [all] = await db
    .select({ atWork: count(), paused: max(hosts.modelPausedUntil) })
    .from(hosts)
    .where(and(isNull(hosts.endedAt), gt(hosts.livesUntil, at)))
  return {
    wasGone: before !== undefined && before.livesUntil <= at,
    atWork: all?.atWork ?? 1,
    modelPausedUntil: all?.paused ? Date.parse(all.paused) : 0,
  }
}

function livesAt({ endedAt, livesUntil }: HostRow, now: Date): boolean {
  return endedAt === null && livesUntil > now.toISOString()
}

async function lastHost(store: Store, place: string): Promise<HostRow | null> {
  const { hosts } = tables
  const [last] = await store.read((db) =>
    db.select().from(hosts).where(eq(hosts.place, place)).orderBy(desc(hosts.id)).limit(1),
  )
  return last ?? null
}

async function hostAtWork(db: Db, place: string, now: Date): Promise<HostRow | null> {
  const { hosts } = tables
  const [host] = await db
    .select()
    .from(hosts)
    .where(and(eq(hosts.place, place), isNull(hosts.endedAt), gt(hosts.livesUntil, now.toISOString())))
  return host ?? null
}

function later(now: Date, ms: number): string {
  return new Date(now.getTime() + ms).toISOString()
}
