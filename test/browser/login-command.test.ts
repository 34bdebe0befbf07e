import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { type BrowserContext, chromium as playwright } from "playwright"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { startReplica } from "../../src/rehearsal/replica.ts"
import { giant, giantJson } from "../cli/giant.ts"
import { answersAt, freePort, linkedinForm, openOwnChrome, pageOf, xForm } from "./person.ts"
import { openScreen, type Screen, whyNoScreen } from "./window.ts"

const launcher = resolve(import.meta.dirname, "../../src/launcher.js")
const why = whyNoScreen ?? (existsSync("/usr/bin/script") ? null : "there is no `script`, which stands for a terminal")
const homes = mkdtempSync(join(tmpdir(), "login-command-"))
afterAll(() => rmSync(homes, { recursive: true, force: true }))

test("without its owner's yes an account reads nothing live, and without a person nobody can give it", async () => {
  const home = join(homes, "live")
  const url = "https://www.linkedin.com/in/somebody/"
  const read = await giant(["read", url, "--web", "live", "--json", "--home", home])
  expect(JSON.parse(read.out)).toMatchObject({
    kind: "blocked",
    evidence: null,
    reason: "linkedin:team reads nothing yet: giant login linkedin signs in and asks its owner for a yes.",
  })
  const piped = await giant(["login", "linkedin", "--attach", "http://127.0.0.1:9", "--web", "live", "--home", home])
  expect([piped.code, piped.err]).toEqual([1, expect.stringContaining("Only a person at a terminal")])
  expect(accountsOf(home)).toEqual({})
})

describe.skipIf(why !== null)(`giant login in a real window${why ? ` (skipped: ${why})` : ""}`, () => {
  let screen: Screen
  let port: number
  beforeAll(async () => {
    screen = await openScreen()
    port = await freePort()
    // The command's own window, with a door through which the test can be the person in front of it.
    const chrome = join(homes, "chrome")
    writeFileSync(chrome, `#!/bin/sh\nexec ${screen.chromium.executablePath} --remote-debugging-port=${port} "$@"\n`, {
      mode: 0o755,
    })
  })
  afterAll(() => screen?.close())

  test("LinkedIn: a wrong password and a check, then it knows who is signed in and what they agreed to", async () => {
    const home = join(homes, "linkedin")
    const said = await logIn(["linkedin", "--home", home], async (person) => {
      await linkedinForm(person, "wrong")
      await pageOf(person, "www.linkedin.com").waitForSelector("#error-for-password")
      await linkedinForm(person, "challenge")
      const pin = pageOf(person, "www.linkedin.com").locator("[name=pin]")
      await pin.fill("123456")
      await sleep(1_000)
      await pin.press("Enter")
    })
    expect(said).toContain("LinkedIn's terms forbid reading it automatically")
    expect(said).toContain("LinkedIn asks for a check. Only you can pass it, in the window.")
    expect(said).toContain(
      "linkedin:team is signed in as Robin Tellwright (https://www.linkedin.com/in/robin-tellwright/).",
    )
    const { accounts } = await giantJson(["accounts", "--home", home])
    expect(accounts).toMatchObject([
      {
        name: "linkedin:team",
        person: "Robin Tellwright",
        reads: true,
        agreed: { by: expect.stringMatching(/^human:/) },
      },
    ])
    const profile = join(home, "profiles", "linkedin_team")
    expect(statSync(profile).mode & 0o777).toBe(0o700)
    const settings = readFileSync(join(home, "settings.json"), "utf8")
    expect(settings).not.toContain("wrong")
  })

  test("X: signed in for one member of the team", async () => {
    const home = join(homes, "x")
    const said = await logIn(["x", "--for", "Ada", "--home", home], (person) => xForm(person, "replica"))
    expect(accountsOf(home)["x:ada"]).toMatchObject({ person: "Robin Tellwright", agreed: {} })
    expect(said).toContain("x:ada is signed in as Robin Tellwright (https://x.com/robintellwright).")
  })

  test("whoever does not say yes is not signed in", async () => {
    const home = join(homes, "no")
    const said = await terminal(["login", "linkedin", "--web", "replica", "--home", home], async (write, saw) => {
      await saw(/Type yes to go on/)
      write("no\n")
    })
    expect(said).toContain("nothing was done")
    expect(accountsOf(home)).toEqual({})
  })

  test("with --attach it is the person's own Chrome, which stays open", async () => {
    const home = join(homes, "attached")
    const replica = await startReplica({ overlay: null })
    const own = await openOwnChrome(screen.chromium, replica, join(homes, "own"))
    try {
      const person = await playwright.connectOverCDP(own.endpoint, { noDefaults: true })
      const [theirs] = person.contexts()
      const tab = await theirs?.newPage()
      await tab?.goto("https://www.linkedin.com/feed/")
      if (theirs) await linkedinForm(theirs, "replica")
      await tab?.waitForURL("**/feed/")
      const args = ["login", "linkedin", "--attach", own.endpoint, "--web", "replica", "--home", home]
      const said = await terminal(args, async (write, saw) => {
        await saw(/Type yes to go on/)
        write("yes\n")
      })
      expect(said).toContain("what those pages then load is")
      expect(said).toContain("linkedin:team is signed in as Robin Tellwright")
      expect(tab?.isClosed()).toBe(false)
      expect(accountsOf(home)["linkedin:team"]).toMatchObject({ attach: own.endpoint, agreed: {} })
      await person.close()
    } finally {
      await own.close()
      await replica.close()
    }
  })

  /** `giant login` at a terminal, with a person in front of its window; everything that it said. */
  function logIn(args: string[], act: (person: BrowserContext) => Promise<void>): Promise<string> {
    return terminal(["login", ...args, "--web", "replica"], async (write, saw) => {
      await saw(/Type yes to go on/)
      write("yes\n")
      await saw(/It closes by itself/)
      const endpoint = `http://127.0.0.1:${port}`
      await answersAt(endpoint)
      const browser = await playwright.connectOverCDP(endpoint, { noDefaults: true })
      const [window] = browser.contexts()
      if (!window) throw new Error("The window is not open.")
      for (let tries = 0; tries < 100 && !window.pages().some((page) => page.url().startsWith("https:")); tries++) {
        await sleep(100)
      }
      await act(window)
      await saw(/is signed in as/)
      await browser.close().catch(() => {})
    })
  }

  async function terminal(
    args: string[],
    person: (write: (text: string) => void, saw: (words: RegExp) => Promise<void>) => Promise<void>,
  ): Promise<string> {
    const command = [process.execPath, launcher, ...args].map((one) => `'${one}'`).join(" ")
    const { PATH = "", HOME = "" } = process.env
    const { DISPLAY = "" } = screen.chromium.env
    const child = spawn("script", ["-qefc", command, "/dev/null"], {
      env: { PATH, HOME, DISPLAY, GIANT_CHROME: join(homes, "chrome") },
      stdio: ["pipe", "pipe", "inherit"],
    })
    let said = ""
    child.stdout.on("data", (text: Buffer) => {
      said += text
    })
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()))
    const saw = async (words: RegExp) => {
      for (let tries = 0; tries < 300; tries++) {
        if (words.test(said)) return
        await sleep(100)
      }
      throw new Error(`It never said ${words}:\n${said}`)
    }
    try {
      await person((text) => child.stdin.write(text), saw)
      await ended
    } finally {
      child.kill()
    }
    return said
  }
})

/** What a home's settings say of its accounts. */
function accountsOf(home: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(home, "settings.json"), "utf8")).accounts ?? {}
}
