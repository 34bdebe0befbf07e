import { mkdtemp, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { type BrowserContext, chromium as playwright } from "playwright"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Chromium } from "../../src/browser/chromium.ts"
import { type Egress, openEgress } from "../../src/browser/egress.ts"
import { attach, launchProfile, openLane } from "../../src/browser/lane.ts"
import { type Login, login, loginHosts, type SocialSite, whyNoWindow } from "../../src/browser/login.ts"
import { linkedinProfile } from "../../src/browser/sites/linkedin/profile/profile.ts"
import { type Replica, startReplica } from "../../src/rehearsal/replica.ts"
import { patience } from "../chromium.ts"
import { linkedinForm, openOwnChrome, pageOf, xForm } from "./person.ts"
import { openScreen, whyNoScreen } from "./window.ts"

test("who has only the bundled browser, or no screen, is told what to do", () => {
  expect(whyNoWindow({ kind: "bundled" }, "linux", { DISPLAY: ":0" })?.hint).toContain("apt-get install chromium")
  expect(whyNoWindow({ kind: "installed" }, "linux", {})?.reason).toContain("no screen")
  expect(whyNoWindow({ kind: "installed" }, "linux", { WAYLAND_DISPLAY: "wayland-0" })).toBeNull()
  expect(whyNoWindow({ kind: "installed" }, "darwin", {})).toBeNull()
})

describe.skipIf(whyNoScreen !== null)(`in a real window${whyNoScreen ? ` (skipped: ${whyNoScreen})` : ""}`, () => {
  let replica: Replica
  let screen: { chromium: Chromium; close: () => void }
  let egress: Egress
  let folder: string

  beforeAll(async () => {
    replica = await startReplica({ overlay: null })
    screen = await openScreen()
    egress = await openEgress({
      clock: () => new Date(),
      route: { kind: "replica", port: replica.port, spki: replica.spki },
    })
    for (const hosts of Object.values(loginHosts)) egress.grant(hosts)
    folder = await mkdtemp(join(tmpdir(), "login-"))
  })
  afterAll(async () => {
    await egress?.close()
    await replica?.close()
    screen?.close()
    await rm(folder, { recursive: true, force: true })
  })

  test("LinkedIn: a wrong password waits on, the right one signs in, and the name is read", async () => {
    const seen = await signIn("linkedin", "first", async (context) => {
      await linkedinForm(context, "wrong")
      await sleep(1_500)
      expect(await pageOf(context, "www.linkedin.com").locator("#error-for-password").count()).toBe(1)
      await linkedinForm(context, "replica")
    })
    expect(seen.came).toEqual({
      kind: "signed in",
      who: { name: "Robin Tellwright", profile: "https://www.linkedin.com/in/robin-tellwright/" },
    })
    expect(seen.challenges).toBe(0)
    expect((await stat(join(folder, "first"))).mode & 0o777).toBe(0o700)
  })

  test("LinkedIn: who is signed in already need do nothing", async () => {
    const seen = await signIn("linkedin", "first", async () => {})
    expect(seen.came).toMatchObject({ kind: "signed in", who: { name: "Robin Tellwright" } })
  })

  test("LinkedIn: a security check is left to the person, and told once", async () => {
    const seen = await signIn("linkedin", "checked", async (context) => {
      await linkedinForm(context, "challenge")
      const pin = pageOf(context, "www.linkedin.com").locator("[name=pin]")
      await pin.fill("000000")
      await pin.press("Enter")
      await sleep(1_000)
      await pin.fill("123456")
      await pin.press("Enter")
    })
    expect(seen).toMatchObject({ came: { kind: "signed in" }, challenges: 1 })
  })

  test("X: a wrong password waits on, the right one signs in, and the name is read", async () => {
    const seen = await signIn("x", "x", async (context) => {
      await xForm(context, "wrong")
      await sleep(1_000)
      await xForm(context, "replica")
    })
    expect(seen.came).toEqual({
      kind: "signed in",
      who: { name: "Robin Tellwright", profile: "https://x.com/robintellwright" },
    })
  })

  test("a window that is closed, or in which nobody signs in, ends without an account", async () => {
    const closed = await signIn("linkedin", "closed", (context) => context.close())
    expect(closed.came).toMatchObject({ kind: "given up", reason: expect.stringContaining("closed") })
    const waited = await signIn("linkedin", "waited", async () => {}, 1_500)
    expect(waited.came).toEqual({ kind: "given up", reason: "Nobody signed in in time." })
  })

  test("a person's own Chrome is read with and left open, with its tabs as they were", async () => {
    const own = await openOwnChrome(screen.chromium, replica, join(folder, "own"))
    try {
      const person = await playwright.connectOverCDP(own.endpoint, { noDefaults: true })
      const [theirs] = person.contexts()
      if (!theirs) throw new Error("The Chrome has no window.")
      const tab = await theirs.newPage()
      await tab.goto("https://www.linkedin.com/feed/")
      await linkedinForm(theirs, "replica")
      await tab.waitForURL("**/feed/")
      const came = await login({ ...quiet, site: "linkedin", open: () => attach(own.endpoint), patienceMs: 20_000 })
      expect(came).toMatchObject({ kind: "signed in", who: { name: "Robin Tellwright" } })

      const lane = openLane({
        profileDir: join(folder, "unused"),
        chromium: screen.chromium,
        egress,
        headless: true,
        attachTo: own.endpoint,
        clock: { now: () => new Date(), sleep: async () => {} },
        random: () => 0,
      })
      const opensWhileReading = sleep(600).then(() => theirs.newPage())
      const read = await lane.read(
        linkedinProfile,
        "https://www.linkedin.com/in/robin-tellwright",
        AbortSignal.timeout(patience),
      )
      expect(read).toMatchObject({ kind: "read", reading: { kind: "found", fields: { name: "Robin Tellwright" } } })
      const opened = await opensWhileReading
      await lane.close()
      expect(opened.isClosed()).toBe(false)
      expect(tab.isClosed()).toBe(false)
      expect(await tab.title()).toContain("Feed")
      await person.close()
    } finally {
      await own.close()
    }
  })

  const quiet = { signal: new AbortController().signal, clock: () => new Date(), onChallenge: () => {} }

  async function signIn(
    site: SocialSite,
    profile: string,
    person: (context: BrowserContext) => Promise<void>,
    patienceMs = 30_000,
  ): Promise<{ came: Login; challenges: number }> {
    const seen = { challenges: 0 }
    let acted: Promise<void> = Promise.resolve()
    const came = await login({
      ...quiet,
      site,
      patienceMs,
      onChallenge: () => void seen.challenges++,
      async open() {
        const opened = await launchProfile({
          profileDir: join(folder, profile),
          chromium: screen.chromium,
          egress,
          headless: false,
        })
        acted = sleep(1_500).then(() => person(opened.context))
        return opened
      },
    })
    await acted
    return { came, challenges: seen.challenges }
  }
})
