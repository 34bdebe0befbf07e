import type { Command } from "commander"
import { eq } from "drizzle-orm"
import { keptPage, reparse } from "../browser/evidence.ts"
import { type Explained, explainPage } from "../browser/explain.ts"
import type { Reading } from "../browser/reading.ts"
import type { HookOutcome } from "../browser/sites/hooks.ts"
import { adapterFor } from "../browser/sites/route.ts"
import { tables } from "../db/tables.ts"
import { type Home, withHome } from "./home.ts"
import { openHost } from "./host.ts"
import { takeHost } from "./host-lock.ts"
import { CommandFailed, type Io } from "./io.ts"
import { capturesOf } from "./lanes.ts"
import { numberOption } from "./number-option.ts"
import { plainText } from "./table.ts"
import { keepToOneWeb, type WorldOptions, wishedWorld } from "./world.ts"

type How = { json?: boolean | undefined; explain?: boolean }
type Options = WorldOptions & How & { again?: string }

export function readCommand(program: Command, io: Io): void {
  program
    .command("read")
    .summary("read pages through their adapters, as fields with proof")
    .description(
      "Reads LinkedIn, X and company pages through their adapters: typed fields, the words they rest on, and the evidence. With --web replica each address gets a browser lane of its own that starts clean.",
    )
    .argument("[url...]", "addresses of pages")
    .option(
      "--again <evidence>",
      "read a page again from its kept capture, by the number of its evidence; nothing is loaded",
    )
    .option("--explain", "which layouts and hooks were tried for each field, and what came of each")
    .action(async (urls: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      if ((urls.length === 0) === (options.again === undefined)) {
        throw new CommandFailed(
          "usage",
          "giant read takes addresses, or --again with the number of an evidence.",
          "giant read https://www.linkedin.com/in/name",
        )
      }
      if (options.again === undefined) return readAll(io, urls, options)
      const evidenceId = numberOption(options.again, "--again", 1, Number.MAX_SAFE_INTEGER)
      await withHome(io, options, (home) => readAgain(io, home, evidenceId, options))
    })
}

async function readAll(io: Io, urls: string[], options: Options): Promise<void> {
  await withHome(io, options, async (home) => {
    const { web } = wishedWorld(options, io.environment, home.settings)
    const lock = takeHost(home.path)
    try {
      await keepToOneWeb(home.store, home.path, home.settings, web)
      const world = { model: { kind: "real", name: null, baseURL: null }, web, because: null } as const
      const host = await openHost(io, home, world, { dayUsd: 0, isolated: web === "replica", lock })
      try {
        await host.chromium()
        for (const url of urls) {
          const read = await host.reader.read(url, { runId: null, owner: null, signal: io.signal })
          if (read.kind === "read") await show(io, home, { ...read, url }, options)
          else tellUnread(io, url, read.reason, options)
        }
      } finally {
        await host.close()
      }
    } finally {
      lock.release()
    }
  })
}

async function readAgain(io: Io, home: Home, evidence: number, how: How): Promise<void> {
  const again = await reparse(home.store, capturesOf(home.path), evidence)
  if (again.kind === "refused") throw new CommandFailed("not_kept", again.reason, "giant read URL loads the page anew.")
  if (!how.json) {
    io.out(again.isNew ? `Read otherwise than before; kept as evidence ${again.evidenceId}.\n` : "Read as before.\n")
  }
  await show(io, home, { ...again, url: again.reading.url }, how)
}

function tellUnread(io: Io, url: string, reason: string, { json }: How): void {
  if (!json) {
    io.out(`${plainText(url)}: not read. ${plainText(reason)}\n`)
    return
  }
  const page = adapterFor(url)?.page ?? null
  const nothing = { page, kind: "blocked", reason, fields: {}, quotes: {}, hooks: {}, evidence: null }
  io.out(`${JSON.stringify({ url, ...nothing })}\n`)
}

/** Characters of a page's text on a terminal; --json has all of it. */
const longestText = 2_000

type Shown = { url: string; reading: Reading; evidenceId: number }

async function show(io: Io, home: Home, { url, reading, evidenceId }: Shown, how: How): Promise<void> {
  const { page, kind, reason, fields, quotes, hooks } = reading
  const { store } = home
  const explained = how.explain ? await explain(home, reading, evidenceId) : null
  if (how.json) {
    const [evidence] = await store.read((db) =>
      db.select().from(tables.evidence).where(eq(tables.evidence.id, evidenceId)),
    )
    const proof = evidence && {
      id: evidence.id,
      url: evidence.finalUrl ?? evidence.url,
      title: evidence.title,
      captured_at: evidence.capturedAt,
      sha256: evidence.sha256,
      text: evidence.text,
    }
    const document = { url, page, kind, reason, fields, quotes, hooks, evidence: proof }
    return io.out(`${JSON.stringify(explained ? { ...document, explain: explained } : document)}\n`)
  }
  io.out(`${plainText(url)}\n  ${page}: ${kind}${reason ? ` (${plainText(reason)})` : ""}, evidence ${evidenceId}\n`)
  for (const [field, value] of Object.entries(fields)) {
    io.out(`  ${field}: ${plainText(typeof value === "string" ? value : JSON.stringify(value)).slice(0, 300)}\n`)
  }
  if (page === "web.page") io.out(indented(reading.text.split("\nStructured data:\n")[0] ?? ""))
  for (const line of explained ? explanation(explained) : []) io.out(`  ${line}\n`)
}

function indented(text: string): string {
  const shown = text.length > longestText ? `${text.slice(0, longestText)} ...` : text
  return shown
    .split("\n")
    .map((line) => `  | ${plainText(line)}\n`)
    .join("")
}

/** What was tried on the page, from its kept capture. */
async function explain(home: Home, { page }: Reading, evidenceId: number): Promise<Explained> {
  const kept = await keptPage(home.store, capturesOf(home.path), evidenceId)
  return kept.kind === "kept" ? explainPage(page, kept.capture) : { layouts: [], fields: [] }
}

function explanation({ layouts, fields }: Explained): string[] {
  const lines = layouts.map(({ layout, came }) => `layout ${layout}: ${came}`)
  if (!layouts.some(({ came }) => came === "fits")) return [...lines, "no layout fits, so no hook was tried"]
  return [
    ...lines,
    ...fields.map(({ field, hook, quote, tried }) => {
      const missed = tried.filter((one) => one.came !== "found").map((one) => `${one.hook}: ${cameWords[one.came]}`)
      const before = missed.length === 0 ? "" : ` (${missed.join("; ")})`
      if (hook === null) return `${field}: ${tried.length === 0 ? "not on this layout" : `not found${before}`}`
      const from = quote === null ? ", but the page does not count" : `, from "${plainText(quote).slice(0, 120)}"`
      return `${field}: by ${hook}${from}${before}`
    }),
  ]
}

const cameWords: Record<HookOutcome, string> = {
  found: "found it",
  nothing: "nothing there",
  unfit: "a value that the field does not take",
  unproved: "words that are not on the page",
}
