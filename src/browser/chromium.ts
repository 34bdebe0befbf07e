import { execFile } from "node:child_process"
import { randomUUID } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { delimiter, dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { promisify } from "node:util"
import { chromium } from "playwright"
import { z } from "zod"

/** A browser that was started once and answered. */
export type Chromium = {
  executablePath: string
  /** `bundled` is a headless shell: it reads pages, but nobody can log in with it. */
  kind: "setting" | "installed" | "bundled"
  args: string[]
  /** The browser's whole environment: it gets none of the keys that this process may hold. */
  env: Record<string, string>
  /** Whether Chromium's own sandbox holds its pages, and if not, why, for the person to know. */
  sandbox: { kind: "on" } | { kind: "off"; why: string }
}

/** What is asked of the machine; an argument so that a test can be another machine. */
export type Machine = {
  platform: NodeJS.Platform
  arch: NodeJS.Architecture
  isRoot: boolean
  env: NodeJS.ProcessEnv
}

export class NoBrowserFound extends Error {
  readonly code = "no_browser_found"
  readonly hint: string
  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

export const thisMachine: Machine = {
  platform: process.platform,
  arch: process.arch,
  isRoot: process.getuid?.() === 0,
  env: process.env,
}

/** The browser of the setting, else an installed Chrome or Chromium, else (Linux on x64) the one bundled with the package,
 * unpacked once into `cacheDir`. Throws NoBrowserFound. */
export async function findChromium(
  options: { setting: string | null; cacheDir: string },
  machine: Machine = thisMachine,
): Promise<Chromium> {
  if (options.setting !== null) return chromiumOfSetting(options.setting, machine)
  const env = browserEnvironment(machine.env)
  for (const executablePath of installedPaths(machine).filter((path) => existsSync(path))) {
    const tried = await tryToStart(executablePath, env, machine)
    if (tried.kind === "started") return { executablePath, kind: "installed", args, env, sandbox: tried.sandbox }
  }
  if (machine.platform !== "linux" || machine.arch !== "x64") {
    throw new NoBrowserFound("No Chrome or Chromium of this machine starts.", installHint)
  }
  const bundled = await unpackBundled(options.cacheDir)
  const bundledEnv = { ...env, ...(await whatBundledNeeds(bundled, env)) }
  const tried = await tryToStart(bundled.executablePath, bundledEnv, machine)
  if (tried.kind === "failed") {
    throw new NoBrowserFound(`The bundled Chromium does not start here: ${tried.why}`, installHint)
  }
  return { executablePath: bundled.executablePath, kind: "bundled", args, env: bundledEnv, sandbox: tried.sandbox }
}

/** How long a browser may take to start, in milliseconds: on a busy machine it does take its time. */
const startMs = 60_000

const installHint = "Install Chrome or Chromium, or name its executable in GIANT_CHROME."

/** Quiet, and with no way out beside the proxy: no QUIC, no UDP for WebRTC, no name looked up by the browser itself. */
const args = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-domain-reliability",
  "--disable-sync",
  "--no-pings",
  "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
  "--webrtc-ip-handling-policy=disable_non_proxied_udp",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

async function chromiumOfSetting(executablePath: string, machine: Machine): Promise<Chromium> {
  const hint = "Correct GIANT_CHROME, or unset it to have a browser found."
  if (!existsSync(executablePath)) {
    throw new NoBrowserFound(`GIANT_CHROME names ${executablePath}, which does not exist.`, hint)
  }
  const env = browserEnvironment(machine.env)
  const tried = await tryToStart(executablePath, env, machine)
  if (tried.kind === "failed") {
    throw new NoBrowserFound(`GIANT_CHROME names ${executablePath}, which does not start: ${tried.why}`, hint)
  }
  return { executablePath, kind: "setting", args, env, sandbox: tried.sandbox }
}

function installedPaths({ platform, env }: Machine): string[] {
  if (platform === "darwin") {
    return ["/Applications", join(env.HOME ?? "", "Applications")].flatMap((folder) => [
      join(folder, "Google Chrome.app/Contents/MacOS/Google Chrome"),
      join(folder, "Chromium.app/Contents/MacOS/Chromium"),
    ])
  }
  if (platform === "win32") {
    return [env.ProgramFiles, env["ProgramFiles(x86)"], env.LOCALAPPDATA]
      .filter((folder) => folder !== undefined)
      .flatMap((folder) => [
        join(folder, "Google/Chrome/Application/chrome.exe"),
        join(folder, "Chromium/Application/chrome.exe"),
      ])
  }
  const folders = [...(env.PATH ?? "").split(delimiter), "/opt/google/chrome", "/snap/bin"].filter((it) => it !== "")
  const names = ["google-chrome-stable", "google-chrome", "chrome", "chromium", "chromium-browser"]
  return [...new Set(names.flatMap((name) => folders.map((folder) => join(folder, name))))]
}

const passedOn =
  /^(PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|XDG_\w+|DBUS_SESSION_BUS_ADDRESS|FONTCONFIG_\w+|SystemRoot|SystemDrive|windir|USERPROFILE|APPDATA|LOCALAPPDATA|ProgramFiles|ProgramFiles\(x86\)|ProgramData)$/i

function browserEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const pairs = Object.entries(env).flatMap(([name, value]): [string, string][] =>
    value !== undefined && passedOn.test(name) ? [[name, value]] : [],
  )
  return Object.fromEntries(pairs)
}

type Tried = { kind: "started"; sandbox: Chromium["sandbox"] } | { kind: "failed"; why: string }

/** Starts it for a moment, without its sandbox only where it cannot start with it. */
async function tryToStart(executablePath: string, env: Record<string, string>, machine: Machine): Promise<Tried> {
  if (machine.platform !== "linux" || !machine.isRoot) {
    const held = await start(executablePath, env, true)
    if (held.kind === "started") return { kind: "started", sandbox: { kind: "on" } }
  }
  const free = await start(executablePath, env, false)
  if (free.kind === "failed") return free
  const why = machine.isRoot ? "it does not work for root" : "this system does not let it make user namespaces"
  return { kind: "started", sandbox: { kind: "off", why } }
}

async function start(
  executablePath: string,
  env: Record<string, string>,
  chromiumSandbox: boolean,
): Promise<{ kind: "started" } | { kind: "failed"; why: string }> {
  try {
    const browser = await chromium.launch({ executablePath, env, chromiumSandbox, args, timeout: startMs })
    await browser.close()
    return { kind: "started" }
  } catch (error) {
    return { kind: "failed", why: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error) }
  }
}

type Bundled = { executablePath: string; libraries: string; fontSettings: string }

/** Unpacks beside the final folder, in a process of its own, and takes the final name in one step. Whoever is second finds
 * the name taken and throws its copy away, so no process sees half a browser, none waits for a lock whose holder was killed,
 * and nobody starts a file that is still open for writing. */
async function unpackBundled(cacheDir: string): Promise<Bundled> {
  const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium")
  const root = join(dirname(entry), "..")
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(root, "package.json"), "utf8")))
  const folder = join(cacheDir, `chromium-${version}`)
  if (!existsSync(folder)) {
    const staging = `${folder}.${randomUUID()}`
    await mkdir(staging, { recursive: true, mode: 0o700 })
    try {
      await run(process.execPath, ["--input-type=module", "--eval", inflating, pathToFileURL(entry).href, root], {
        env: { TMPDIR: staging },
      })
      await writeFile(join(staging, "fonts.xml"), fontSettings)
      await rename(staging, folder).catch((error: unknown) => {
        if (!existsSync(folder)) throw error
      })
    } finally {
      await rm(staging, { recursive: true, force: true })
    }
  }
  return {
    executablePath: join(folder, "chromium"),
    libraries: join(folder, "al2023", "lib"),
    fontSettings: join(folder, "fonts.xml"),
  }
}

const run = promisify(execFile)

/** The package unpacks into the temporary folder of the process. */
const inflating = `
  const [entry, root] = process.argv.slice(1)
  const { inflate } = await import(entry)
  await Promise.all(["chromium.br", "al2023.tar.br", "fonts.tar.br"].map((pack) => inflate(root + "/bin/" + pack)))
`

const fontSettings = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>
`

/** Its own libraries and fonts, only where the system has none: the system's are newer. */
async function whatBundledNeeds(bundled: Bundled, env: Record<string, string>): Promise<Record<string, string>> {
  const needs: Record<string, string> = {}
  if (!existsSync("/etc/fonts/fonts.conf")) needs.FONTCONFIG_FILE = bundled.fontSettings
  const version = run(bundled.executablePath, ["--version"], { env, timeout: startMs })
  await version.catch(() => {
    needs.LD_LIBRARY_PATH = bundled.libraries
  })
  return needs
}
