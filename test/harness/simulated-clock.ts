import { setImmediate as nextTurn } from "node:timers/promises"
import type { Clock } from "../../src/harness/clock.ts"

/** Time of a simulation. It stands still while anything can be done and then jumps to whoever wakes next. */
export type SimulatedClock = {
  now(): Date
  /** A clock of one process: after its death its sleepers never wake. */
  forProcess(isDead: () => boolean): Clock
  /** Lets time go by until the promise settles. `isBusy` tells that work is under way that waits for no clock. */
  run<T>(promise: Promise<T>, isBusy: () => boolean): Promise<T>
  pass(milliseconds: number): void
}

type Sleeper = { at: number; number: number; wake(): void; isDead(): boolean }

export class NobodyWakes extends Error {
  constructor() {
    super("All are waiting, and nobody will ever wake.")
  }
}

export function simulatedClock(start = "2026-11-20T00:00:01.000Z"): SimulatedClock {
  let time = Date.parse(start)
  let issued = 0
  const sleepers = new Set<Sleeper>()

  function jump(): void {
    for (const sleeper of [...sleepers]) if (sleeper.isDead()) sleepers.delete(sleeper)
    const [next] = [...sleepers].sort((a, b) => a.at - b.at || a.number - b.number)
    if (!next) throw new NobodyWakes()
    time = Math.max(time, next.at)
    next.wake()
  }

  return {
    now: () => new Date(time),
    pass(milliseconds) {
      time += milliseconds
    },
    forProcess: (isDead) => ({
      now: () => new Date(time),
      sleep(milliseconds, signal) {
        if (signal?.aborted) return Promise.resolve()
        return new Promise((resolve) => {
          issued += 1
          const sleeper = {
            at: time + milliseconds,
            number: issued,
            isDead,
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
    }),
    async run(promise, isBusy) {
      let settled = false
      const done = () => {
        settled = true
      }
      promise.then(done, done)
      for (let quiet = 0; ; quiet = isBusy() ? 0 : quiet + 1) {
        await nextTurn()
        if (settled) return promise
        if (quiet < 2) continue
        quiet = 0
        jump()
      }
    },
  }
}
