#!/usr/bin/env node
// Plain JavaScript that any Node from 20.19 runs: installs what a fresh clone lacks, then hands over to the pinned runtime.
import { spawn, spawnSync } from "node:child_process"
import { existsSync, lstatSync, statSync } from "node:fs"
import module, { createRequire } from "node:module"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { setFlagsFromString } from "node:v8"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const source = join(root, "src", "main.ts")
const main = existsSync(source) ? source : join(root, "dist", "src", "main.js")
const newEnough = 24

if (needsInstall()) install()
if (process.argv[2] !== "--install") await handOver()

/** Packages are missing, or older than the lock file of this clone. An installed package has no lock file; packages behind a link
 * belong to another clone, which looks after them. */
function needsInstall() {
  const lock = join(root, "package-lock.json")
  if (!existsSync(lock) || lstatSync(join(root, "node_modules"), { throwIfNoEntry: false })?.isSymbolicLink())
    return false
  const installed = join(root, "node_modules", ".package-lock.json")
  return !existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs
}

function install() {
  process.stderr.write("Installing packages (once, well under a minute on most lines) ...\n")
  const npm = process.platform === "win32" ? "npm.cmd" : "npm"
  const { status, stderr } = spawnSync(npm, ["ci", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"], {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
    stdio: ["ignore", "ignore", "pipe"],
  })
  if (status === 0) return
  process.stderr.write(
    `${stderr ?? ""}\nThe packages could not be installed. Check the network, then run npm ci here and try again.\n`,
  )
  process.exit(1)
}

async function handOver() {
  if (Number(process.versions.node.split(".")[0]) >= newEnough) {
    module.enableCompileCache(join(homedir(), ".cache", "smallgiant", "compiled"))
    quickenImports()
    // Another thread that frees what answers were made of is in the way of the next answer.
    setFlagsFromString("--no-concurrent-array-buffer-sweeping")
    // What an import makes is soon gone: a nursery that grows would hold 60 MB of it, and what outlives the nursery 60 more.
    if (process.argv.includes("import"))
      for (const flag of ["--semi-space-growth-factor=1", "--heap-growing-percent=70"]) setFlagsFromString(flag)
    await import(pathToFileURL(main).href)
    return
  }
  const runtime = pinnedRuntime()
  if (!runtime) {
    process.stderr.write(
      `Small Giant needs Node ${newEnough} or later, and the one that comes with it was not installed.\nRun npm rebuild node, or install Node ${newEnough}, and try again.\n`,
    )
    process.exit(1)
  }
  // The channel tells the child when this process is killed, so that no worker is left behind.
  const child = spawn(runtime, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)))
}

/** drizzle-orm's package.json has 180 KB, and Node parses it again for each of its hundred files, only to learn that they are ES
 * modules: a third of a second and 150 MB at every start. */
function quickenImports() {
  module.registerHooks({
    resolve(specifier, context, next) {
      if (!specifier.startsWith(".") || !context.parentURL?.includes("/node_modules/drizzle-orm/"))
        return next(specifier, context)
      return { url: new URL(specifier, context.parentURL).href, format: "module", shortCircuit: true }
    },
  })
}

function pinnedRuntime() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve("node/package.json"))
    const file = join(folder, "bin", process.platform === "win32" ? "node.exe" : "node")
    return existsSync(file) ? file : null
  } catch {
    return null
  }
}
