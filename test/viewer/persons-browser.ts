import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Browser, chromium } from "playwright"
import { findChromium } from "../../src/browser/chromium.ts"

let started: Promise<Browser> | null = null

/** The browser of whoever looks, started once for all test files of a process; each test opens contexts of its own in it. */
export function personsBrowser(): Promise<Browser> {
  started ??= start()
  return started
}

async function start(): Promise<Browser> {
  const found = await findChromium({
    setting: process.env.GIANT_CHROME || null,
    cacheDir: join(tmpdir(), "giant-chromium"),
  })
  const { executablePath, args, env } = found
  return chromium.launch({ executablePath, args, env, chromiumSandbox: found.sandbox.kind === "on" })
}
