import { existsSync, renameSync, statSync } from "node:fs"
import { join, resolve } from "node:path"
import type { Command } from "commander"
import { changeSecrets, changeSettings, readSecrets, readSettings, standingIn } from "../config.ts"
import { isUrl, type Place, placeOf } from "../db/place.ts"
import { openServer } from "../db/postgres/server.ts"
import { type Moved, moveHome } from "../leads/move.ts"
import { databaseOf, type HomeOptions, homePath, withHome } from "./home.ts"
import { takeHost } from "./host-lock.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { count } from "./wording.ts"

export function moveCommand(program: Command, io: Io): void {
  program
    .command("move")
    .summary("move the home's database to Postgres, or back into a file")
    .description(
      "Copies everything to another database, which has to be empty, compares every row, and works there from then on. The old one stays as it was. Stop what works in this home before, on every machine.",
    )
    .requiredOption("--to <url|path>", "postgres://USER:PASSWORD@HOST:5432/DATABASE, or a folder or file for SQLite")
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions & { to: string }>()
      const home = homePath(io, options)
      const from = databaseOf(io, home)
      const to = targetOf(io, home, options.to)
      if (isSame(from, to)) {
        throw new CommandFailed("same_database", "The home's database is there already.", "Name another one with --to.")
      }
      const label = labelOf(to)
      const moved = await withHome(io, options, async ({ store }) => {
        const lock = takeHost(home)
        try {
          return await moveHome(store, to, io.clock, ({ table, rows }) => {
            if (!options.json && rows > 0) io.err(`${table}: ${count(rows, "row")}\n`)
          })
        } finally {
          lock.release()
        }
      })
      if (moved.kind !== "moved") throw refusal(moved, label)
      const then = workThere(io, home, from, to)
      const rows = moved.tables.reduce((sum, table) => sum + table.rows, 0)
      if (options.json) return printJson(io, { to: label, rows, tables: moved.tables })
      io.out(`${count(rows, "row")} moved to ${label}, every one compared. ${then}\n`)
    })
}

function targetOf(io: Io, home: string, to: string): Place {
  if (isUrl(to)) return placeOf(to, home)
  if (/^[a-z]+:\/\//.test(to)) {
    throw new CommandFailed(
      "usage",
      "--to takes a URL of Postgres, or a path.",
      "It looks like postgres://HOST/DATABASE.",
    )
  }
  const path = resolve(standingIn(io.environment), to)
  return placeOf(existsSync(path) && statSync(path).isDirectory() ? join(path, "giant.db") : path, home)
}

function isSame(one: Place, other: Place): boolean {
  if (one.engine === "sqlite") return other.engine === "sqlite" && one.path === other.path
  return other.engine === "postgres" && labelOf(one) === labelOf(other)
}

function labelOf(place: Place): string {
  if (place.engine === "sqlite") return place.path
  const server = openServer(place.url)
  void server.close()
  return server.label
}

/** Points the home at its new database, and says what is left to do. */
function workThere(io: Io, home: string, from: Place, to: Place): string {
  const own = join(home, "giant.db")
  if (to.engine === "postgres") {
    changeSecrets(home, { database: to.url })
    const kept = from.engine === "sqlite" && from.path === own ? `${own}.before-move` : null
    if (kept !== null) renameSync(own, kept)
    const there = "The home works there from now on."
    return kept === null ? there : `${there} The old database is ${kept}; delete it when you need it no more.`
  }
  if (to.path !== own) return `The home works in ${labelOf(from)} as before. ${stepsTo(io, home, to.path, own)}`
  changeSecrets(home, { database: undefined })
  changeSettings(home, { database: undefined })
  return io.environment.GIANT_DATABASE_URL === undefined
    ? "The home works there from now on."
    : "Unset GIANT_DATABASE_URL to work there."
}

/** What a person does to work in a file that is not where the home looks for its own. */
function stepsTo(io: Io, home: string, file: string, own: string): string {
  const files = [
    { name: "secrets.json", database: readSecrets(home).database },
    { name: "settings.json", database: readSettings(home).database },
  ]
  const steps = [
    ...(io.environment.GIANT_DATABASE_URL === undefined ? [] : ["unset GIANT_DATABASE_URL"]),
    ...files
      .filter(({ database }) => database !== undefined)
      .map(({ name }) => `take "database" out of ${join(home, name)}`),
    ...(existsSync(own) ? [`move ${own} away`] : []),
    `move ${file} to ${own}`,
  ]
  return `To work in the new file instead: ${steps.join(", ")}.`
}

function refusal(moved: Exclude<Moved, { kind: "moved" }>, label: string): CommandFailed {
  if (moved.kind === "in-use") {
    return new CommandFailed(
      "target_in_use",
      `${label} holds another home already (${moved.tables.slice(0, 3).join(", ")}).`,
      "Name an empty database, or a file that is not there yet; nothing was changed.",
    )
  }
  return new CommandFailed(
    "changed_meanwhile",
    `Something was written while the home was moved (${moved.tables.slice(0, 3).join(", ")}).`,
    "Stop what works in this home, on every machine, and move again; the home is as it was.",
  )
}
