import type { Engine } from "./engine.ts"
import type { FromThread, ToThread } from "./messages.ts"
import { openThread, type Thread } from "./thread.ts"

/** Threads shared by scripts, which are known here by their numbers. */
export type Pool = {
  /** Gives a script a place on a thread. */
  enter(script: number): void
  post(message: ToThread): void
  /** Takes a script from its thread, whatever it is doing there. */
  leave(script: number): void
  close(): Promise<void>
}

type PoolEvents = {
  message(message: FromThread): void
  /** The script computed beyond its limit, did not hear that it was interrupted, and was taken from its thread. */
  stuck(script: number): void
  /** The script ended its thread, and itself with it. */
  broke(script: number, message: string): void
  /** The script lost its thread through no fault of its own, and has another now that knows nothing of it. */
  moved(script: number, cause: Error): void
}

/** `since` and `orphaned` are when the host first saw the slice, and first saw that its script had left. */
type Seen = { number: number; since: number; orphaned: number | null }

type Place = { thread: Thread; scripts: Set<number>; seen: Seen | null }

/** How often the host looks for stuck threads, and how long a script may take to hear an interruption, in ms. */
const watchMs = 10
const graceMs = 20

/** Starts threads as they are needed, at most `size`. Nothing of it keeps the process alive. */
export function openPool(engine: Engine, size: number, events: PoolEvents): Pool {
  const places = new Set<Place>()
  const placeOf = new Map<number, Place>()
  let watching: NodeJS.Timeout | undefined

  return {
    enter,
    post: (message) => placeOf.get(message.id)?.thread.post(message),
    leave(script) {
      leave(script)?.thread.post({ kind: "drop", id: script })
    },
    async close() {
      clearInterval(watching)
      await Promise.all([...places].map(({ thread }) => thread.end()))
      places.clear()
    },
  }

  function enter(script: number): void {
    const place = freest()
    place.scripts.add(script)
    placeOf.set(script, place)
    watching ??= setInterval(watch, watchMs).unref()
  }

  function leave(script: number): Place | undefined {
    const place = placeOf.get(script)
    placeOf.delete(script)
    place?.scripts.delete(script)
    return place
  }

  function freest(): Place {
    const load = ({ thread, scripts }: Place) => scripts.size + (thread.slice() === null ? 0 : 1)
    const [best] = [...places].sort((a, b) => load(a) - load(b))
    if (best && (load(best) === 0 || places.size >= size)) return best
    const thread = openThread(engine, {
      message(message) {
        if (placeOf.get(message.id) === place) events.message(message)
      },
      died(culprit, error) {
        if (culprit !== null && place.scripts.has(culprit)) {
          leave(culprit)
          events.broke(culprit, error.message)
        }
        clear(place, error)
      },
    })
    const place: Place = { thread, scripts: new Set(), seen: null }
    places.add(place)
    return place
  }

  function watch(): void {
    for (const place of places) look(place)
    if (placeOf.size > 0 || [...places].some(({ seen }) => seen !== null)) return
    clearInterval(watching)
    watching = undefined
  }

  function look(place: Place): void {
    const slice = place.thread.slice()
    if (slice === null) {
      place.seen = null
      return
    }
    const now = performance.now()
    if (place.seen?.number !== slice.number) place.seen = { number: slice.number, since: now, orphaned: null }
    const { seen } = place
    if (place.scripts.has(slice.script)) {
      if (now - seen.since < slice.remainingMs + graceMs) return
      leave(slice.script)
      events.stuck(slice.script)
    } else {
      place.thread.interrupt(slice.script)
      seen.orphaned ??= now
      if (now - seen.orphaned < graceMs) return
    }
    void place.thread.end()
    clear(place, new Error("its thread was stuck in another script"))
  }

  /** The thread is gone: whoever is still on it moves. */
  function clear(place: Place, cause: Error): void {
    places.delete(place)
    for (const script of place.scripts) {
      enter(script)
      events.moved(script, cause)
    }
  }
}
