import { and, asc, eq } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { type Account, tables } from "../db/tables.ts"
import type { Site } from "./ledger.ts"

/** A lead's owner reads with an account of their own name where there is one; otherwise the team's first account does. */
export async function accountFor(store: Store, site: Site, owner: string | null, now: Date): Promise<Account> {
  const { accounts } = tables
  const known = await store.read((db) =>
    db.select().from(accounts).where(eq(accounts.site, site)).orderBy(asc(accounts.id)),
  )
  const own = known.find((account) => owner !== null && account.name === accountName(site, owner))
  return own ?? known[0] ?? (await addAccount(store, site, "team", now))
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

/** Stops an account's lane until a person clears it. */
export async function stopAccount(store: Store, id: number, reason: string, now: Date): Promise<void> {
  await store.change({ actor: "system", kind: "stop" }, (db) =>
    db
      .update(tables.accounts)
      .set({ stoppedReason: reason, stoppedAt: now.toISOString() })
      .where(eq(tables.accounts.id, id)),
  )
}

/** Why an account's lane is stopped; null while it runs. */
export async function whyStopped(store: Store, id: number): Promise<string | null> {
  const [account] = await store.read((db) => db.select().from(tables.accounts).where(eq(tables.accounts.id, id)))
  return account?.stoppedReason ?? null
}

function accountName(site: Site, owner: string): string {
  return `${site}:${owner.toLowerCase()}`
}
