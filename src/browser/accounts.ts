import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { and, asc, desc, eq, gt, inArray } from "drizzle-orm"
import type { Db, Store } from "../db/store.ts"
import { type Account, tables } from "../db/tables.ts"
import type { Site } from "./ledger.ts"

/** A lead is read with its owner's own account where there is one, otherwise with the team's: nobody's account reads the leads of
 * others. */
export async function accountFor(store: Store, site: Site, owner: string | null, now: Date): Promise<Account> {
  const known = await store.read((db) => accountsOf(db, site))
  return ownersAccount(known, owner) ?? (await addAccount(store, site, sharedOwner, now))
}

/** The account of a person of the team, made if it is missing. */
export async function addAccount(store: Store, site: Site, owner: string, now: Date): Promise<Account> {
  const { accounts } = tables
  const name = accountName(site, owner)
  const [account] = await store.change({ actor: "system", kind: "account" }, async (db) => {
    const known = await db
      .select()
      .from(accounts)
      .where(and(eq(accounts.site, site), eq(accounts.name, name)))
    return known.length > 0
      ? known
      : db.insert(accounts).values({ site, name, createdAt: now.toISOString() }).returning()
  })
  if (!account) throw new Error("The database made no row for an account.")
  return account
}

/** Every account of the team, the oldest first. */
export async function listAccounts(store: Store): Promise<Account[]> {
  return store.read((db) => db.select().from(tables.accounts).orderBy(asc(tables.accounts.id)))
}

/** Stops an account's lane until a person clears it. Where it is stopped already, the first reason stays. `picture` is a PNG of
 * what stood in the way, kept in `captures`. */
export async function stopAccount(
  store: Store,
  stop: { id: number; reason: string; actor?: string; picture?: { png: Buffer; captures: string } | null },
  now: Date,
): Promise<void> {
  const { accounts } = tables
  const stoppedAt = now.toISOString()
  const stopped = await store.change({ actor: stop.actor ?? "system", kind: "stop" }, async (db) => {
    const [account] = await db.select().from(accounts).where(eq(accounts.id, stop.id))
    if (!account || account.stoppedReason !== null) return null
    await db.update(accounts).set({ stoppedReason: stop.reason, stoppedAt }).where(eq(accounts.id, stop.id))
    return account
  })
  if (!stopped || !stop.picture) return
  const path = picturePath(stop.picture.captures, stopped.name, stoppedAt)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, stop.picture.png, { mode: 0o600 })
}

/** Lets a stopped account go on, and opens its parked tasks again. Says how many tasks those are. */
export async function clearAccount(store: Store, id: number, actor: string, now: Date): Promise<number> {
  await store.change({ actor, kind: "clear" }, (db) =>
    db.update(tables.accounts).set({ stoppedReason: null, stoppedAt: null }).where(eq(tables.accounts.id, id)),
  )
  return reopenTasks(store, id, now)
}

/** Opens the tasks again that wait without a date and whose lead is read with this account: a person has changed something. */
export async function reopenTasks(store: Store, id: number, now: Date): Promise<number> {
  const { accounts, leads, tasks } = tables
  const at = now.toISOString()
  return store.write(async (db) => {
    const [account] = await db.select().from(accounts).where(eq(accounts.id, id))
    if (!account) return 0
    const ofSite = await accountsOf(db, account.site)
    const waiting = await db
      .select({ task: tasks.id, owner: leads.owner })
      .from(tasks)
      .innerJoin(leads, eq(leads.id, tasks.leadId))
      .where(and(eq(tasks.state, "waiting"), gt(tasks.notBefore, undated)))
    const own = waiting.filter(({ owner }) => ownersAccount(ofSite, owner)?.id === id).map(({ task }) => task)
    for (let first = 0; first < own.length; first += 500) {
      const some = own.slice(first, first + 500)
      await db.update(tasks).set({ state: "open", notBefore: at, updatedAt: at }).where(inArray(tasks.id, some))
    }
    return own.length
  })
}

/** Why an account's lane is stopped; null while it runs. */
export async function whyStopped(store: Store, id: number): Promise<string | null> {
  const [account] = await store.read((db) => db.select().from(tables.accounts).where(eq(tables.accounts.id, id)))
  return account?.stoppedReason ?? null
}

/** Whether the last so many pages of an account were all not recognised: then something stands in the way that nobody knows. */
export async function hasLostItsWay(store: Store, account: string, pages: number): Promise<boolean> {
  const { evidence } = tables
  const last = await store.read((db) =>
    db
      .select({ outcome: evidence.outcome })
      .from(evidence)
      .where(eq(evidence.account, account))
      .orderBy(desc(evidence.id))
      .limit(pages),
  )
  return last.length === pages && last.every(({ outcome }) => outcome === "drift")
}

/** Where the picture of an account's stop is, if there is one. */
export function stopPicture(captures: string, { name, stoppedAt }: Account): string | null {
  if (stoppedAt === null) return null
  const path = picturePath(captures, name, stoppedAt)
  return existsSync(path) ? path : null
}

/** An account's name as a file can be called. */
export function fileNameOf(account: string): string {
  return account.replace(/[^\w.-]+/g, "_")
}

/** Whose account reads the leads of everybody who has none. */
export const sharedOwner = "team"
/** Tasks that wait without a date have one in the year 9999. */
const undated = "9999"

function accountsOf(db: Db, site: Site): Promise<Account[]> {
  const { accounts } = tables
  return db.select().from(accounts).where(eq(accounts.site, site)).orderBy(asc(accounts.id))
}

/** The account that an owner's leads are read with, of those of one site. */
export function ownersAccount(ofSite: Account[], owner: string | null): Account | undefined {
  const named = (wanted: string) => ofSite.find(({ site, name }) => name === accountName(site, wanted))
  return (owner === null ? undefined : named(owner)) ?? named(sharedOwner)
}

function accountName(site: Site, owner: string): string {
  return `${site}:${owner.toLowerCase()}`
}

function picturePath(captures: string, account: string, stoppedAt: string): string {
  return join(captures, "stops", `${fileNameOf(account)}-${stoppedAt.replace(/\W+/g, "-")}.png`)
}
