import type pg from "pg"
import { driver } from "./driver.ts"
import { isGone } from "./trouble.ts"

/** Between two tries to connect, in milliseconds. */
const again = 1_000

/** A connection of its own that is told of commits. It asks every `pulse` milliseconds whether it still stands, for a machine that was
 * cut off hears nothing of its end; where it was lost it comes back, and says so, for nobody knows what was committed meanwhile. */
export function listen(config: pg.ClientConfig, channel: string, heard: () => void, pulse: number): { stop(): void } {
  let client: pg.Client | null = null
  let timer: NodeJS.Timeout | null = null
  let isStopped = false

  async function start(): Promise<void> {
    const one = new (driver().Client)(config)
    client = one
    one.on("error", () => {})
    one.on("end", () => {
      if (!isStopped) later(() => void start(), again)
    })
    one.on("notification", heard)
    try {
      await one.connect()
      await one.query(`LISTEN ${driver().escapeIdentifier(channel)}`)
      heard()
      later(() => void beat(one), pulse)
    } catch (error) {
      if (!isGone(error)) isStopped = true
    }
  }

  async function beat(one: pg.Client): Promise<void> {
    try {
      await one.query("SELECT 1")
      later(() => void beat(one), pulse)
    } catch {
      // What is left of it is of no use, and nobody would answer a farewell.
      one.connection.stream.destroy()
    }
  }

  function later(work: () => void, ms: number): void {
    if (timer) clearTimeout(timer)
    if (!isStopped) timer = setTimeout(work, ms).unref()
  }

  void start()
  return {
    stop() {
      isStopped = true
      if (timer) clearTimeout(timer)
      client?.end().catch(() => {})
    },
  }
}
