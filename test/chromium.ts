import { homedir } from "node:os"
import { join } from "node:path"
import { type Browser, chromium } from "playwright"
import { type Chromium, findChromium } from "../src/browser/chromium.ts"

/** How long what a page shows is waited for, in milliseconds: how busy the machine is decides no test. */
export const patience = 120_000

let found: Promise<Chromium> | null = null
let shared: Promise<Browser> | null = null

/** The browser of this machine as the product finds it, once for all test files of a process. */
export function testChromium(): Promise<Chromium> {
  found ??= findChromium({
    setting: process.env.GIANT_CHROME || null,
    cacheDir: join(homedir(), ".cache", "smallgiant"),
  })
  return found
}

/** Starts it. `args` are the product's own unless others are given. */
export async function startBrowser(args?: string[]): Promise<Browser> {
  const { executablePath, env, sandbox, ...usual } = await testChromium()
  const chromiumSandbox = sandbox.kind === "on"
  const browser = await chromium.launch({
    ...{ executablePath, env, chromiumSandbox, args: args ?? usual.args, timeout: patience },
  })
  browser.on("context", (context) => context.setDefaultTimeout(patience))
  return browser
}

/** One browser for all test files of a process; each test opens contexts of its own in it, and closes them. */
export function sharedBrowser(): Promise<Browser> {
  shared ??= startBrowser()
  return shared
}
