import type { Clock } from "../../src/harness/clock.ts"

export type HandClock = Clock & {
  /** Lets time pass, and wakes whoever has slept long enough. */
  pass(milliseconds: number): void
  /** Lets time pass until whoever wakes next, if anybody sleeps. */
  passToNext(): void
  set(time: string): void
}

/** A clock that stands still until a test lets time pass. */
export function handClock(start = "2026-11-20T09:00:00.000Z"): HandClock {
  let now = Date.parse(start)
  const sleepers = new Set<{ at: number; wake(): void }>()
  return {
    now: () => new Date(now),
    set(time) {
      now = Date.parse(time)
    },
    sleep(milliseconds, signal) {
      if (signal?.aborted) return Promise.resolve()
      return new Promise((resolve) => {
        const sleeper = {
          at: now + milliseconds,
          wake() {
            sleepers.delete(sleeper)
            signal?.removeEventListener("abort", sleeper.wake)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener("abort", sleeper.wake)
      })
    },
    pass(milliseconds) {
      now += milliseconds
      for (const sleeper of [...sleepers]) if (sleeper.at <= now) sleeper.wake()
    },
    passToNext() {
      const [next] = [...sleepers].sort((a, b) => a.at - b.at)
      if (!next) return
      now = Math.max(now, next.at)
      next.wake()
    },
  }
}
