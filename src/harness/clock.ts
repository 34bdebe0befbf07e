/** Time as the harness knows it, so that a test can hold it. */
export type Clock = {
  now(): Date
  /** Resolves after so many milliseconds, or at once when the signal aborts; it never rejects. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

/** The clock that a database goes by: what is written down, counted and leased is told by it. */
export function clockOf(store: { now(): Date }): Clock {
  return { now: store.now, sleep: systemClock.sleep }
}

export const systemClock: Clock = {
  now: () => new Date(),
  sleep(milliseconds, signal) {
    if (signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        signal?.removeEventListener("abort", wake)
        resolve()
      }
      const timer = setTimeout(wake, milliseconds)
      signal?.addEventListener("abort", wake)
    })
  },
}
