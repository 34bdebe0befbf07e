import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import Database from "better-sqlite3"
import type { Io } from "../../src/cli/io.ts"
import { runProgram } from "../../src/cli/program.ts"
import { report } from "../../src/cli/report.ts"

const launcher = resolve(import.meta.dirname, "../../src/launcher.js")

export type Ended = { code: number | null; signal: NodeJS.Signals | null; out: string; err: string }
type Running = {
  child: ChildProcess
  ended: Promise<Ended>
  saw(words: RegExp): Promise<void>
  /** Waits until it has come so far. */
  until(isSoFar: () => boolean): Promise<void>
}

export function newHome(): string {
  return mkdtempSync(join(tmpdir(), "giant-home-"))
}

/** Starts the real executable, as a person does, without any key of this machine. */
export function startGiant(args: string[], environment: Record<string, string> = {}): Running {
  const { PATH = "", HOME = "" } = process.env
  const child = spawn(process.execPath, [launcher, ...args], {
    env: { PATH, HOME, TMPDIR: tmpdir(), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let out = ""
  let err = ""
  const listeners = new Set<() => void>()
  const heard = (part: "out" | "err") => (text: Buffer) => {
    if (part === "out") out += text
    else err += text
    for (const listener of listeners) listener()
  }
  child.stdout?.on("data", heard("out"))
  child.stderr?.on("data", heard("err"))
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal, out, err })),
  )
  return {
    child,
    ended,
    async until(isSoFar) {
      while (!isSoFar()) {
        await sleep(20)
        if (child.exitCode !== null) throw new Error(`It ended before it had come so far:\n${out}\n${err}`)
      }
    },
    saw: (words) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!words.test(out + err)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        look()
        void ended.then(() => reject(new Error(`It ended without saying ${words}:\n${out}\n${err}`)))
      }),
  }
}

export function giant(args: string[], environment: Record<string, string> = {}): Promise<Ended> {
  return startGiant(args, environment).ended
}

/** Runs a command in this process: the same program, without a process that starts anew. */
export async function giantHere(
  args: string[],
  environment: Record<string, string> = {},
  other: Partial<Pick<Io, "ask" | "signal">> = {},
): Promise<Pick<Ended, "code" | "out" | "err">> {
  let out = ""
  let err = ""
  const io: Io = {
    environment,
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    isTerminal: false,
    isInteractive: false,
    width: 120,
    ask: async () => "",
    clock: () => new Date(),
    signal: new AbortController().signal,
    ...other,
  }
  const code = await runProgram(io, args).catch((error) => report(io, error, args.includes("--json"), false))
  return { code, out, err }
}

/** The one JSON document that a command printed. */
export async function giantJson(
  args: string[],
  run: (args: string[]) => Promise<Pick<Ended, "code" | "out" | "err">> = giant,
) {
  const ended = await run([...args, "--json"])
  if (ended.code !== 0) throw new Error(`giant ${args.join(" ")} ended with ${ended.code}: ${ended.out}${ended.err}`)
  return JSON.parse(ended.out)
}

/** Rows of a home's database, as any SQLite tool reads them. */
export function rowsOf(home: string, sql: string): Record<string, unknown>[] {
  const database = new Database(join(home, "giant.db"), { readonly: true })
  try {
    return database.prepare<[], Record<string, unknown>>(sql).all()
  } finally {
    database.close()
  }
}

/** How many rows of another process there are already: it may just be making its database. */
export function rowsAlready(home: string, sql: string): number {
  try {
    return rowsOf(home, sql).length
  } catch {
    return 0
  }
}
