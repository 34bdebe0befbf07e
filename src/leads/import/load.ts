import { max } from "drizzle-orm"
import type { Loading } from "../../db/loading.ts"
import type { Store } from "../../db/store.ts"
import { tables } from "../../db/tables.ts"
import { type Memory, openMemory } from "./memory.ts"

export type Load = {
  /** To be awaited after every transaction. */
  wrote(sofar: { read: number; made: number }): Promise<void>
  /** By what leads are recognised while indexes are put aside. */
  memory(): Memory | null
  end(): Promise<void>
}

/** Rows from which an import is large, and from which it is worth to put indexes aside. */
const largeImport = 5_000
const worthIt = 20_000

/** What a large import does beside its rows. Indexes are put aside as soon as it has made more leads than there were before: to build
 * them again then costs no more than it saved. */
export function openLoad(store: Store): Load {
  let loading: Loading | null = null
  let isTried = false
  let memory: Memory | null = null
  return {
    memory: () => memory,
    async wrote({ read, made }) {
      if (read < largeImport) return
      loading ??= store.load()
      if (!isTried && made >= worthIt && 2 * made > (await highestLead(store))) {
        isTried = true
        if (await loading.setIndexesAside()) memory = await openMemory(store)
      }
      await loading.committed()
    },
    end: async () => loading?.end(),
  }
}

async function highestLead(store: Store): Promise<number> {
  const [found] = await store.read((db) => db.select({ id: max(tables.leads.id) }).from(tables.leads))
  return found?.id ?? 0
}
