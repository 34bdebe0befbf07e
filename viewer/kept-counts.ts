import type { JsonObject } from "../src/db/json.ts"

type Kept = { change: number; counts: JsonObject; isCounting: boolean }
type Wish = {
  /** What is counted. */
  key: string
  /** The last change of the journal, as of which it is counted. */
  change: number
  count(): Promise<JsonObject>
  /** Counts where it keeps nobody waiting; null where there are so few rows that nobody waits anyway. */
  countAside: (() => Promise<JsonObject>) | null
}

const most = 200

/** Keeps counts until something changes, because counting takes longest and is asked for again and again. Where there are many rows the
 * last counts are answered, as `isOld`, while new ones are made. */
export function keepCounts(): (wish: Wish) => Promise<JsonObject> {
  const kept = new Map<string, Kept>()

  function keep(key: string, change: number, counts: JsonObject): JsonObject {
    if (kept.size > most) kept.clear()
    if (counts.total !== null) kept.set(key, { change, counts, isCounting: false })
    return counts
  }

  return async ({ key, change, count, countAside }) => {
    const known = kept.get(key)
    if (known?.change === change) return known.counts
    if (!known || countAside === null) return keep(key, change, await count())
    if (!known.isCounting) {
      known.isCounting = true
      countAside()
        .then((counts) => keep(key, change, counts))
        // Who asks next counts again, and is told.
        .catch(() => kept.delete(key))
    }
    return { ...known.counts, isOld: true }
  }
}
