import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Page } from "playwright"
import { limitsFor } from "../../src/browser/account-settings.ts"
import { addAccount, sharedOwner } from "../../src/browser/accounts.ts"
import type { SendingDeps } from "../../src/browser/composer-lane.ts"
import { openEgress } from "../../src/browser/egress.ts"
import { laneClock, launchProfile, openLane } from "../../src/browser/lane.ts"
import { courierOver, replicaMail, threadsOver } from "../../src/cli/couriers.ts"
import { type Host, openHost } from "../../src/cli/host.ts"
import type { Io } from "../../src/cli/io.ts"
import { rehearsalScale } from "../../src/cli/lanes.ts"
import { portOver } from "../../src/cli/outreach.ts"
import { deskOf } from "../../src/cli/viewer-desk.ts"
import { openViewsPort } from "../../src/cli/views-port.ts"
import { readEnvironment } from "../../src/config.ts"
import type { Store } from "../../src/db/store.ts"
import type { Deciding } from "../../src/outreach/approve.ts"
import type { Inbox } from "../../src/rehearsal/web/inbox.ts"
import { type RunningViewer, serveViewer } from "../../viewer/serve.ts"
import { testChromium } from "../chromium.ts"
import { openSample } from "./sample.ts"

export type OutreachRoom = {
  store: Store
  host: Host
  viewer: RunningViewer
  inbox: Inbox
  deciding: Deciding
  /** Who presses Send, and what the person does in the window. */
  hands: { who: "lane" | "person"; person: (page: Page) => Promise<unknown> }
  close(): Promise<void>
}

/** A viewer that sends into the replica, as in a rehearsal; its windows are seen by the test alone. */
export async function openOutreachRoom(): Promise<OutreachRoom> {
  const { store, close } = openSample()
  const clock = () => new Date()
  const io: Io = {
    environment: readEnvironment({ GIANT_CHROME: process.env.GIANT_CHROME ?? "" }),
    ...{ out: () => {}, err: () => {}, isTerminal: false, isInteractive: false, width: 100, ask: async () => "" },
    clock,
    signal: new AbortController().signal,
  }
  const home = { path: store.home, settings: { web: "replica" as const }, store, person: "human:ada" }
  const world = { model: { kind: "rehearsal" }, web: "replica", because: null } as const
  const host = await openHost(io, home, world, { dayUsd: 5 })
  const { replica } = host
  if (!replica) throw new Error("The rehearsal has no replica.")
  for (const site of ["linkedin", "x"] as const) await addAccount(store, site, sharedOwner, clock())

  const { port, spki } = replica
  const egress = await openEgress({ route: { kind: "replica", port, spki }, clock })
  const profileDir = mkdtempSync(join(tmpdir(), "giant-sending-"))
  const chromium = await testChromium()
  const lane = openLane({
    ...{ profileDir, chromium, egress, headless: true, clock: laneClock(1_000_000), random: () => 0 },
    openWindow: () => launchProfile({ profileDir, chromium, egress, headless: true }),
  })
  const hands: OutreachRoom["hands"] = { who: "lane", person: async () => {} }
  const deps: SendingDeps = {
    ...{ store, clock, scale: rehearsalScale, longestWait: 60_000, whyNoWindow: async () => null },
    lane: async () => lane,
    policy: ({ site }) => ({ limits: limitsFor(site, undefined), mayRead: { kind: "yes" } }),
    presser: () => hands.who,
    onReady: (page) => void hands.person(page).catch(() => {}),
  }
  const deciding: Deciding = { homeKey: () => "k".repeat(64), mailFrom: "ada@team.example" }
  const courier = courierOver(deps, replicaMail(replica))
  const carriers = { kind: "open", courier, threads: threadsOver(deps), close: () => {} } as const
  const outreach = portOver({ store, deciding, open: async () => carriers, clock, signal: io.signal })
  const ask = deskOf(host)
  const views = openViewsPort(home, clock)
  const viewer = await serveViewer({ store, clock, port: 0, live: { every: 50 }, ask, outreach, views })
  return {
    ...{ store, host, viewer, deciding, hands, inbox: replica.inbox },
    async close() {
      await viewer.close()
      views.close()
      await lane.close()
      await egress.close()
      await ask.close()
      await host.close()
      await close()
    },
  }
}
