import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import type { BrowserContext } from "playwright"
import type { Chromium } from "../../src/browser/chromium.ts"
import type { Replica } from "../../src/rehearsal/replica.ts"

/** What a person does in a window of a site, and a Chrome as they start it. */

export async function linkedinForm(context: BrowserContext, password: string): Promise<void> {
  const page = pageOf(context, "www.linkedin.com")
  await page.fill("#username", "robin@small-team.example")
  await page.fill("#password", password)
  await page.press("#password", "Enter")
}

export async function xForm(context: BrowserContext, password: string): Promise<void> {
  const page = pageOf(context, "x.com")
  await page.fill("[name=text]", "robintellwright")
  await page.fill("[name=password]", password)
  await page.press("[name=password]", "Enter")
}

export function pageOf(context: BrowserContext, host: string) {
  const page = context.pages().find((one) => one.url().includes(host))
  if (!page) throw new Error(`No page of ${host} is open.`)
  return page
}

/** A Chrome as its person starts it, with a debugging port, on a web that is the replica alone. */
export async function openOwnChrome(
  chromium: Chromium,
  replica: Replica,
  profileDir: string,
): Promise<{ endpoint: string; close: () => Promise<void> }> {
  const port = await freePort()
  const { executablePath, env } = chromium
  const args = [
    `--remote-debugging-port=${port}`,
    `--user-data-dir=${profileDir}`,
    `--host-resolver-rules=MAP *.linkedin.com:443 127.0.0.1:${replica.port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
    `--ignore-certificate-errors-spki-list=${replica.spki}`,
    "--no-first-run",
    ...(chromium.sandbox.kind === "off" ? ["--no-sandbox"] : []),
    "about:blank",
  ]
  const chrome = spawn(executablePath, args, { env, stdio: "ignore" })
  const endpoint = `http://127.0.0.1:${port}`
  await answersAt(endpoint)
  return {
    endpoint,
    async close() {
      const exited = once(chrome, "exit")
      chrome.kill()
      await exited
    },
  }
}

/** Waits until a Chrome can be spoken to at its debugging address. */
export async function answersAt(endpoint: string): Promise<void> {
  const answers = () =>
    fetch(`${endpoint}/json/version`).then(
      () => true,
      () => false,
    )
  for (let tries = 0; tries < 200 && !(await answers()); tries++) await sleep(100)
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0))
    })
  })
}
