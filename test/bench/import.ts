import { execFileSync, spawn, spawnSync } from "node:child_process"
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { text } from "node:stream/consumers"
import { pipeline } from "node:stream/promises"
import { fileURLToPath } from "node:url"
import Database from "better-sqlite3"
import { postgresPrograms, startPostgres } from "../postgres/server.ts"

/** Prints how fast a file of leads comes in, beside what SQLite itself needs for the same file; and the first hundred thousand of them
 * on both engines, if there is a Postgres on this machine: `node test/bench/import.ts [ROWS]`. */
const rows = Number(process.argv[2] ?? 1_000_000)
const onBoth = Math.min(rows, 100_000)
const folder = mkdtempSync(join(tmpdir(), "giant-import-"))
const columns = ["first_name", "last_name", "title", "company", "email", "linkedin_url", "location"]
const file = await fileOf(rows)

const bare = hasShell() ? importByShell() : await importByHand()
const ours = await importByUs("giant import: identities, companies, journal, search", file, rows)
console.table([bare, ours].map((one) => ({ ...one, "to SQLite": `${(one.seconds / bare.seconds).toFixed(1)}x` })))
if (postgresPrograms()) console.table(await onBothEngines())
rmSync(folder, { recursive: true })

async function onBothEngines() {
  const some = await fileOf(onBoth)
  const here = await importByUs("giant import into SQLite", some, onBoth)
  const server = await startPostgres({ isDurable: true })
  const database = await server.newDatabase()
  const there = await importByUs("giant import into Postgres", some, onBoth, { GIANT_DATABASE_URL: database })
  await server.remove()
  return [here, there].map((one) => ({ ...one, "to SQLite": `${(one.seconds / here.seconds).toFixed(1)}x` }))
}

async function fileOf(count: number): Promise<string> {
  const path = join(folder, `leads-${count}.csv`)
  await pipeline(Readable.from(lines(count)), createWriteStream(path))
  return path
}

/** The command itself, in a home of its own. */
async function importByUs(way: string, path: string, count: number, environment: Record<string, string> = {}) {
  const began = performance.now()
  const launcher = fileURLToPath(new URL("../../src/launcher.js", import.meta.url))
  const home = mkdtempSync(join(folder, "home-"))
  const child = spawn(process.execPath, [launcher, "import", path, "--home", home, "--json"], {
    env: { ...process.env, ...environment },
  })
  const watched = watch(child.pid)
  const said = JSON.parse(await text(child.stdout))
  const seconds = (performance.now() - began) / 1_000
  if (said.leads_made < count * 0.99) throw new Error(`Only ${said.leads_made} of ${count} were made.`)
  const { megabytes, microseconds } = watched()
  return {
    way,
    ...speed(count, seconds),
    "processor of all threads, us/row": Math.round(microseconds / count),
    "most memory": `${Math.round(megabytes)} MB`,
  }
}

/** What a process took at most of memory, and of the processors until a moment ago, as Linux tells. */
function watch(pid: number | undefined): () => { megabytes: number; microseconds: number } {
  let last = { megabytes: Number.NaN, microseconds: Number.NaN }
  const look = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8")
      const [user = 0, system = 0] = readFileSync(`/proc/${pid}/stat`, "utf8").split(" ").slice(13, 15).map(Number)
      const peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1])
      // Linux counts in hundredths of a second.
      if (peak > 0) last = { megabytes: (peak * 1024) / 1e6, microseconds: (user + system) * 10_000 }
    } catch {
      clearInterval(look)
    }
  }, 50)
  return () => {
    clearInterval(look)
    return last
  }
}

function hasShell(): boolean {
  return spawnSync("sqlite3", ["--version"]).status === 0
}

/** SQLite's command line, into one table without an index. */
function importByShell() {
  const began = performance.now()
  execFileSync("sqlite3", [join(folder, "shell.db"), ".mode csv", `.import ${file} leads`])
  return { way: "sqlite3 .import: one table, no index", ...speed(rows, (performance.now() - began) / 1_000) }
}

/** A prepared statement of our own, where there is no command line: one table without an index, one transaction. */
async function importByHand() {
  const database = new Database(join(folder, "hand.db"))
  database.exec(`CREATE TABLE leads (${columns.join(", ")})`)
  const insert = database.prepare(`INSERT INTO leads VALUES (${columns.map(() => "?").join(", ")})`)
  const began = performance.now()
  database.exec("BEGIN")
  for await (const line of lines(rows)) for (const row of line.trimEnd().split("\n")) insert.run(row.split(","))
  database.exec("COMMIT")
  const seconds = (performance.now() - began) / 1_000
  database.close()
  return { way: "a bare prepared insert: one table, no index", ...speed(rows, seconds) }
}

function speed(count: number, seconds: number) {
  return { seconds: Number(seconds.toFixed(1)), "rows/s": Math.round(count / seconds) }
}

/** People with an address each, every third with a LinkedIn page, at companies of which a few have many of them. */
function* lines(count: number): Generator<string> {
  const random = openRandom(1)
  yield `${columns.join(",")}\n`
  for (let i = 0; i < count; ) {
    let text = ""
    for (const end = Math.min(count, i + 1_000); i < end; i++) {
      const [first, last] = [word(random(3_000)), word(random(9_000) + 5_000)]
      const number = Math.floor((random(1_000) ** 2 / 1e6) * 50_000)
      const company = `${word(number)} ${number}`
      const email = `${first}.${last}${i}@${company.replace(" ", "")}.example`.toLowerCase()
      const page = i % 3 === 0 ? `https://www.linkedin.com/in/${first}-${last}-${i.toString(36)}`.toLowerCase() : ""
      text += `${first},${last},Title ${random(300)},${company},${email},${page},City ${random(400)}\n`
    }
    yield text
  }
}

function word(number: number): string {
  let rest = Math.imul(number + 1, 2_654_435_761) >>> 0
  let letters = ""
  for (let i = 0; i < 3; i++) {
    letters += "bcdfghklmnprstvw".charAt(rest & 15) + "aeiou".charAt((rest >>> 4) % 5)
    rest >>>= 7
  }
  return letters.charAt(0).toUpperCase() + letters.slice(1)
}

/** The same numbers in every run. */
function openRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
