import { execFileSync, spawn } from "node:child_process"
import { chownSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"

/** A Postgres of this machine in a folder of its own. */
export type PostgresServer = {
  /** Of a database that is empty; each call makes another. */
  newDatabase(): Promise<string>
  /** Of the superuser. */
  url: string
  stop(how?: "fast" | "immediate"): Promise<void>
  start(): Promise<void>
  /** Stops it and removes its folder. */
  remove(): Promise<void>
}

/** Where the programs of the newest Postgres of this machine stand; null where there is none. */
export function postgresPrograms(): string | null {
  const root = "/usr/lib/postgresql"
  if (!existsSync(root)) return null
  const [newest] = readdirSync(root).toSorted((a, b) => Number(b) - Number(a))
  return newest ? join(root, newest, "bin") : null
}

/** Starts a Postgres as a user that is not root, for it refuses to be. `host` is the address that it listens on. */
export async function startPostgres(
  options: { host?: string; port?: number; isDurable?: boolean } = {},
): Promise<PostgresServer> {
  const programs = postgresPrograms()
  if (!programs) throw new Error("There is no Postgres on this machine (apt install postgresql).")
  const folder = mkdtempSync(join(tmpdir(), "giant-postgres-"))
  const as = whoRuns()
  if (as) chownSync(folder, as.uid, as.gid)
  const run = (program: string, args: string[]) =>
    execFileSync(join(programs, program), args, {
      ...as,
      cwd: folder,
      stdio: "ignore",
      env: { PATH: process.env.PATH ?? "" },
    })
  const data = join(folder, "data")
  run("initdb", ["-D", data, "-U", "giant", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"])
  const host = options.host ?? "127.0.0.1"
  const port = options.port ?? (await freePort())
  const lasting = options.isDurable ? {} : { fsync: "off", full_page_writes: "off" }
  const settings = {
    listen_addresses: `'${host}'`,
    port: String(port),
    unix_socket_directories: `'${folder}'`,
    max_connections: "200",
    ...lasting,
  }
  writeFileSync(
    join(data, "postgresql.auto.conf"),
    Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(""),
  )
  writeFileSync(
    join(data, "pg_hba.conf"),
    "local all all trust\nhost all all 0.0.0.0/0 trust\nhost all all ::1/128 trust\n",
  )
  const url = `postgres://giant@${host}:${port}/postgres`
  const log = openSync(join(folder, "log"), "a")
  let databases = 0

  async function start() {
    const server = spawn(join(programs ?? "", "postgres"), ["-D", data], {
      ...as,
      cwd: folder,
      stdio: ["ignore", log, log],
    })
    server.unref()
    for (let tries = 0; tries < 200; tries += 1) {
      const client = new pg.Client({ connectionString: url })
      try {
        await client.connect()
        await client.end()
        return
      } catch {
        await sleep(50)
      }
    }
    throw new Error("Postgres did not start.")
  }

  async function stop(how: "fast" | "immediate" = "fast") {
    run("pg_ctl", ["stop", "-D", data, "-m", how, "-w"])
  }

  await start()
  return {
    url,
    start,
    stop,
    async newDatabase() {
      databases += 1
      const name = `giant${process.pid}_${databases}`
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      await client.query(`CREATE DATABASE ${name}`)
      await client.end()
      return `postgres://giant@${host}:${port}/${name}`
    },
    async remove() {
      await stop("immediate").catch(() => {})
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Who runs it: this user, or where that is root, Debian's own user for it. */
function whoRuns(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const id = (kind: string) => Number(execFileSync("id", [kind, "postgres"], { encoding: "utf8" }))
  return { uid: id("-u"), gid: id("-g") }
}

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0))
    })
  })
}
