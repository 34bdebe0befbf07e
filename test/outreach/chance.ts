/** Chance that comes out the same for the same seed (mulberry32). */
export function chanceOf(seed: number) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (bound: number) => Math.floor(next() * bound)
  return {
    below,
    /** Once in so many times. */
    one: (times: number) => below(times) === 0,
    of<T>(all: readonly T[]): T {
      const found = all[below(all.length)]
      if (found === undefined) throw new RangeError("There is nothing to choose from.")
      return found
    },
  }
}
