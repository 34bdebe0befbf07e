import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { HomePlace } from "../../src/browser/hosts.ts"
import type { Lane, LaneReading } from "../../src/browser/lane.ts"
import { openReader, type Reader, type ReaderDeps } from "../../src/browser/reader.ts"
import type { Adapter } from "../../src/browser/sites/adapter.ts"
import type { Store } from "../../src/db/store.ts"
import { xPage } from "./reading-room.ts"

/** A reader of one machine whose lanes have no browser: every address of X is the page of the person with that handle. `onVisit` hears
 * of each address that is opened. */
export function readerWithoutBrowser(
  store: Store,
  home: { place: HomePlace; host: number | null },
  onVisit: (address: string) => void,
  deps: Partial<ReaderDeps> = {},
): Reader {
  return openReader({
    store,
    home,
    reach: () => new AbortController().signal,
    openLane: async () => fakeLane(onVisit),
    policy: () => ({ limits: [], mayRead: { kind: "yes" } }),
    robots: async () => true,
    scale: 1_000_000,
    captures: join(store.home, `captures-of-${home.place.id}`),
    clock: store.now,
    isolated: false,
    longestWait: 10_000,
    knows: () => true,
    ...deps,
  })
}

/** A page takes as long as an event takes to come. */
const pageMs = 5

function fakeLane(onVisit: (address: string) => void): Lane {
  let turn: Promise<unknown> = Promise.resolve()

  async function visit(adapter: Adapter, url: string): Promise<LaneReading> {
    onVisit(url)
    await sleep(pageMs)
    const html = xPage(new URL(url).pathname.slice(1))
    const capture = { url, finalUrl: url, status: 200, html, capturedAt: new Date().toISOString() }
    return { kind: "read", capture, reading: adapter.parse(capture), picture: null, rates: [] }
  }

  return {
    read(adapter, url, _signal, frame) {
      const read = turn.then(async (): Promise<LaneReading> => {
        if (frame && !(await frame.enter())) return { kind: "refused" }
        const seen = await visit(adapter, url)
        await frame?.leave(seen)
        return seen
      })
      turn = read.catch(() => {})
      return read
    },
    use: async () => ({ kind: "not let in" }),
    close: async () => {},
  }
}
