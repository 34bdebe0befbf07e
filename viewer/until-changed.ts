import type { Store } from "../src/db/store.ts"
import { versionOf } from "../src/db/version.ts"

const most = 1_000

/** Keeps what was read until anybody commits something: what stands around every page takes as long to read as the page itself. */
export function untilChanged<Value>(store: Store): (key: string, read: () => Promise<Value>) => Promise<Value> {
  const kept = new Map<string, { value: Value }>()
  let since: number | null = null
  return async (key, read) => {
    const version = await versionOf(store)
    if (version === null) return read()
    if (version !== since || kept.size > most) kept.clear()
    since = version
    const known = kept.get(key)
    if (known) return known.value
    const value = await read()
    // Something may have been committed meanwhile, and others have asked since.
    if (since === version) kept.set(key, { value })
    return value
  }
}
