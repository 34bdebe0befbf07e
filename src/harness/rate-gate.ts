import type { Clock } from "./clock.ts"

/** The one gate in front of the model's server for all agents of a process. What one of them learns of the server's
 * limits holds for all, and through its peers for those of other machines. */
export type RateGate = {
  /** Waits for a place. Null if the signal aborts first. */
  enter(signal: AbortSignal): Promise<Ticket | null>
  /** Gives the place back. `limited`: the server asked to go slower, perhaps for so many milliseconds. */
  leave(ticket: Ticket, result: { kind: "fine" | "failed" } | { kind: "limited"; retryAfterMs: number | null }): void
}

/** What the hosts around one database tell each other of the model's server. */
export type Peers = {
  /** How many hosts share the server, this one among them. */
  atWork(): number
  /** Until when it wants to be left alone, in milliseconds since 1970. */
  modelPausedUntil(): number
  pauseModel(until: Date): Promise<void>
}

type Ticket = { number: number }

/** No server makes anybody wait longer than this, in milliseconds. */
export const longestPause = 60_000

/** Opens a gate that lets at most `atOnce` requests of all hosts through at once: half as many after each sign of
 * overload, one more after every full round without. */
export function openRateGate(options: {
  clock: Clock
  random: () => number
  atOnce?: number
  peers?: Peers | null
}): RateGate {
  const { clock, random, atOnce = 64, peers = null } = options
  const waiting = new Set<() => void>()
  let room = atOnce
  let inside = 0
  let issued = 0
  /** Tickets up to this number went in before the last halving, so their complaints are the same complaint. */
  let known = 0
  let pausedUntil = 0

  async function enter(signal: AbortSignal): Promise<Ticket | null> {
    while (!signal.aborted) {
      const pause = Math.max(pausedUntil, peers?.modelPausedUntil() ?? 0) - clock.now().getTime()
      if (pause > 0) await clock.sleep(pause * (1 + random() / 10), signal)
      else if (inside >= Math.max(1, Math.floor(Math.min(room, share())))) await placeOrAbort(signal)
      else {
        inside += 1
        issued += 1
        return { number: issued }
      }
    }
    return null
  }

  function share(): number {
    return atOnce / (peers?.atWork() ?? 1)
  }

  function placeOrAbort(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        waiting.delete(wake)
        signal.removeEventListener("abort", wake)
        resolve()
      }
      waiting.add(wake)
      signal.addEventListener("abort", wake)
    })
  }

  return {
    enter,
    leave(ticket, result) {
      inside -= 1
      if (result.kind === "fine") room = Math.min(atOnce, room + 1 / room)
      if (result.kind === "limited") {
        if (ticket.number > known) {
          room = Math.max(1, room / 2)
          known = issued
        }
        const pause = Math.min(result.retryAfterMs ?? 0, longestPause)
        pausedUntil = Math.max(pausedUntil, clock.now().getTime() + pause)
        // Others hear of it as soon as the database can tell them; this gate knows already.
        if (pause > 0) peers?.pauseModel(new Date(pausedUntil)).catch(() => {})
      }
      for (const wake of [...waiting]) wake()
    },
  }
}
