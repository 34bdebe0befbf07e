import { expect, test } from "vitest"
import { liveHistory } from "../soak/history.ts"

const seeds = [11, 4711, Date.now() % 1_000_000]

test.each(seeds)(
  "in a random history every undo is exact or reported, and the journal gives every row (seed %i)",
  async (seed) => {
    const { done } = await liveHistory({ steps: 100, seed })
    expect(Object.values(done).reduce((sum, times) => sum + times, 0)).toBe(100)
  },
)
