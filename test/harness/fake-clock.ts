import type { Clock } from "../../src/harness/clock.ts"

export type FakeClock = Clock & { slept: number[]; set(time: string): void }

/** A clock on which nobody waits: when all else has had its turn, time jumps to whoever wakes next. */
export function fakeClock(start = "2026-11-20T09:00:00.000Z"): FakeClock {
  let now = Date.parse(start)
  const slept: number[] = []
  const sleepers = new Set<{ at: number; wake: () => void }>()

  function jump(): void {
    const [next] = [...sleepers].sort((a, b) => a.at - b.at)
    if (!next) return
    now = Math.max(now, next.at)
    next.wake()
  }

  return {
    slept,
    now: () => new Date(now),
    set(time) {
      now = Date.parse(time)
    },
    sleep(milliseconds, signal) {
      if (signal?.aborted) return Promise.resolve()
      slept.push(milliseconds)
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
        setImmediate(jump)
      })
    },
  }
}
