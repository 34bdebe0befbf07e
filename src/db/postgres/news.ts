import type { Server } from "./wire.ts"

/** Waits for commits. */
export type News = {
  /** Resolves when something was committed anywhere, or after `most` milliseconds. */
  next(most: number): Promise<void>
  stop(): void
}

/** Listens as soon as somebody waits. A notice may be lost with its connection, so nobody waits without an end. */
export function openNews(server: Server, channel: string): News {
  const waiting = new Set<() => void>()
  let listening: { stop(): void } | null = null
  return {
    next(most) {
      listening ??= server.listen(channel, () => {
        for (const wake of waiting) wake()
      })
      return new Promise((resolve) => {
        const timer = setTimeout(wake, most)
        waiting.add(wake)
        function wake() {
          clearTimeout(timer)
          waiting.delete(wake)
          resolve()
        }
      })
    },
    stop: () => listening?.stop(),
  }
}
