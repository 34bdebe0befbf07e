import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { type Chromium, findChromium, thisMachine } from "../../src/browser/chromium.ts"

/** Why no window can be opened in this test run; null where one can. */
export const whyNoScreen = screenOf()

function screenOf(): string | null {
  if (process.platform !== "linux") return "it opens its windows on an Xvfb of its own, which is for Linux"
  if (!inPath("Xvfb")) return "there is no Xvfb (Debian: apt-get install xvfb)"
  if (process.env.GIANT_CHROME === undefined && !["chromium", "google-chrome", "google-chrome-stable"].some(inPath)) {
    return "there is no Chrome with windows (Debian: apt-get install chromium, or name one in GIANT_CHROME)"
  }
  return null
}

export type Screen = { chromium: Chromium; close: () => void }

/** A screen that nobody looks at, and a Chrome that opens its windows there. */
export async function openScreen(): Promise<Screen> {
  const display = `:${90 + (process.pid % 900)}`
  const server = spawn("Xvfb", [display, "-screen", "0", "1280x900x24", "-nolisten", "tcp"], { stdio: "ignore" })
  const socket = `/tmp/.X11-unix/X${display.slice(1)}`
  for (let tries = 0; tries < 100 && !existsSync(socket); tries++) await sleep(100)
  const chromium = await findChromium(
    { setting: process.env.GIANT_CHROME ?? null, cacheDir: "" },
    { ...thisMachine, env: { ...process.env, DISPLAY: display } },
  )
  return { chromium, close: () => server.kill() }
}

function inPath(name: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, name)))
}
