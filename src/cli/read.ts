import type { Command } from "commander"
import { eq } from "drizzle-orm"
import { tables } from "../db/tables.ts"
import { withHome } from "./home.ts"
import { type Host, openHost, takeHost } from "./host.ts"
import type { Io } from "./io.ts"
import { plainText } from "./table.ts"
import { keepToOneWeb, type WorldOptions, wishedWorld } from "./world.ts"

export function readCommand(program: Command, io: Io): void {
  program
    .command("read")
    .summary("read pages through their adapters, as fields with proof")
    .description(
      "Reads LinkedIn, X and company pages through their adapters: typed fields, the words they rest on, and the evidence. With --web replica each address gets a browser lane of its own that starts clean.",
    )
    .argument("<url...>", "addresses of pages")
    .action(async (urls: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<WorldOptions>()
      await withHome(io, options, async (home) => {
        const { web } = wishedWorld(options, io.environment, home.settings)
        const lock = takeHost(home.path)
        try {
          await keepToOneWeb(home.store, home.path, home.settings, web)
          const world = { model: { kind: "real", name: null, baseURL: null }, web, because: null } as const
          const host = await openHost(io, home, world, { dayUsd: 0, isolated: web === "replica" })
          try {
            await host.chromium()
            for (const url of urls) await readOne(io, host, url, options.json ?? false)
          } finally {
            await host.close()
          }
        } finally {
          lock.release()
        }
      })
    })
}

async function readOne(io: Io, host: Host, url: string, isJson: boolean): Promise<void> {
  const read = await host.reader.read(url, { runId: null, owner: null, signal: io.signal })
  if (read.kind !== "read") {
    const reason = read.reason
    if (isJson) {
      return io.out(
        `${JSON.stringify({ url, page: null, kind: "blocked", reason, fields: {}, quotes: {}, hooks: {}, evidence: null })}\n`,
      )
    }
    return io.out(`${plainText(url)}: not read. ${plainText(reason)}\n`)
  }
  const { reading, evidenceId } = read
  const [evidence] = await host.home.store.read((db) =>
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
  const { page, kind, reason, fields, quotes, hooks } = reading
  if (isJson) return io.out(`${JSON.stringify({ url, page, kind, reason, fields, quotes, hooks, evidence: proof })}\n`)
  io.out(`${plainText(url)}\n  ${page}: ${kind}${reason ? ` (${plainText(reason)})` : ""}\n`)
  for (const [field, value] of Object.entries(fields)) {
    io.out(`  ${field}: ${plainText(typeof value === "string" ? value : JSON.stringify(value)).slice(0, 300)}\n`)
  }
}
