import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileNameOf } from "../../src/browser/accounts.ts"
import { openEgress } from "../../src/browser/egress.ts"
import { laneClock, openLane } from "../../src/browser/lane.ts"
import { defaultLimits } from "../../src/browser/ledger.ts"
import { openReader, type Reader, type ReaderDeps, type ReadOptions } from "../../src/browser/reader.ts"
import { openRobots } from "../../src/browser/robots.ts"
import type { Store } from "../../src/db/store.ts"
import { type Replica, startReplica } from "../../src/rehearsal/replica.ts"
import { xProfilePage } from "../../src/rehearsal/web/x/profile.ts"
import { openOutside } from "../../src/sources/outside.ts"
import { testChromium } from "../chromium.ts"
import { openStore } from "../engine.ts"

/** A home with its store, a replica whose overlay a test can write to, and readers over both. */
export type ReadingRoom = {
  folder: string
  captures: string
  store: Store
  replica: Replica
  /** Puts a page, with a status and headers, at an address of the replica. */
  put(address: string, html: string, response?: { status?: number; headers?: Record<string, string> }): void
  reader(deps?: Partial<ReaderDeps>): Promise<Reader>
  /** Paths of the pages of a host that were asked for, in order. */
  asked(host: string): string[]
  close(): Promise<void>
}

export const quietly: ReadOptions = { runId: null, owner: null, signal: new AbortController().signal }

/** Pacing runs a million times as fast as life. */
const scale = 1_000_000

export async function openReadingRoom(): Promise<ReadingRoom> {
  const folder = mkdtempSync(join(tmpdir(), "reader-"))
  const overlay = join(folder, "overlay")
  const captures = join(folder, "captures")
  mkdirSync(overlay)
  const store = openStore(join(folder, "giant.db"))
  const replica = await startReplica({ overlay })
  const readers: Reader[] = []
  return {
    folder,
    captures,
    store,
    replica,
    put(address, html, response) {
      const { host, pathname } = new URL(address)
      const place = join(overlay, host, ...decodeURIComponent(pathname).split("/"))
      mkdirSync(place, { recursive: true })
      writeFileSync(join(place, "index.html"), html)
      if (response) writeFileSync(join(place, "response.json"), JSON.stringify(response))
    },
    async reader(deps = {}) {
      const { port, spki, certificate, knows } = replica
      const profiles = join(folder, "profiles")
      const reader = await readerOver({ store, profiles, captures, port, spki, certificate }, { knows, ...deps })
      readers.push(reader)
      return reader
    },
    asked: (host) =>
      replica
        .requests()
        .map(({ url }) => new URL(url))
        .filter((url) => url.host === host && url.pathname !== "/favicon.ico")
        .map(({ pathname }) => pathname),
    async close() {
      await Promise.all(readers.map((reader) => reader.close()))
      await replica.close()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type Place = {
  store: Store
  /** Folders of the browser profiles, and of the captures. */
  profiles: string
  captures: string
} & Pick<Replica, "port" | "spki" | "certificate">

/** A reader over a replica, which may run in another process. */
export async function readerOver(place: Place, deps: Partial<ReaderDeps>): Promise<Reader> {
  const { store, profiles, captures, port, spki, certificate } = place
  const chromium = await testChromium()
  const outside = openOutside({ kind: "replica", port, certificate })
  const clock = () => new Date()
  return openReader({
    store,
    home: { place: { id: "here", machine: "ada-laptop", folder: profiles }, host: null },
    reach: () => new AbortController().signal,
    async openLane({ name }) {
      const egress = await openEgress({ route: { kind: "replica", port, spki }, clock })
      const lane = openLane({
        profileDir: join(profiles, fileNameOf(name)),
        chromium,
        egress,
        headless: true,
        clock: laneClock(scale),
        random: () => 0,
      })
      return {
        ...lane,
        async close() {
          await lane.close()
          await egress.close()
        },
      }
    },
    policy: ({ site }) => ({ limits: defaultLimits[site], mayRead: { kind: "yes" } }),
    robots: openRobots(async (url, signal) => {
      const answer = await outside({ url, signal })
      return answer.kind === "answered" ? answer : null
    }, clock),
    scale,
    captures,
    clock,
    isolated: false,
    longestWait: 10_000,
    knows: () => true,
    ...deps,
  })
}

/** The X page of an invented account with this handle. */
export function xPage(handle: string): string {
  return xProfilePage({
    handle,
    author: { name: `Person ${handle}`, handle },
    bio: "Keeps bees.",
    location: "Bristol",
    followers: 100,
    following: 10,
    joined: "2014-03",
    posts: [],
    schema: false,
    state: "open",
    employer: null,
    shortLink: "https://t.co/none",
  }).text
}
