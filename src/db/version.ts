import { sql } from "drizzle-orm"
import type { Store } from "./store.ts"

const dataVersion = sql`PRAGMA data_version`

/** A number that is another one once anybody has committed something; null where the database has no such number, and asking for it
 * would take as long as reading. */
export async function versionOf(store: Store): Promise<number | null> {
  if (store.place.engine !== "sqlite") return null
  const [version] = await store.lists<[number]>(dataVersion)
  return version?.[0] ?? null
}
