import { type HandClock, handClock } from "./hand-clock.ts"

export type FakeClock = Omit<HandClock, "pass" | "passToNext"> & { slept: number[] }

/** A clock on which nobody waits: when all else has had its turn, time jumps to whoever wakes next. */
export function fakeClock(start?: string): FakeClock {
  const { now, set, sleep, passToNext } = handClock(start)
  const slept: number[] = []
  return {
    slept,
    now,
    set,
    sleep(milliseconds, signal) {
      if (signal?.aborted) return Promise.resolve()
      slept.push(milliseconds)
      setImmediate(passToNext)
      return sleep(milliseconds, signal)
    },
  }
}
