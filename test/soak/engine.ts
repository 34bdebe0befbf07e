import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { postgresPrograms, startPostgres } from "../postgres/server.ts"

// Every test of the store and the domain on a real Postgres: this machine's, in a temporary folder, or the one that
// GIANT_TEST_DATABASE_URL names.
const root = join(import.meta.dirname, "..", "..")
const named = process.env.GIANT_TEST_DATABASE_URL

if (!named && !postgresPrograms()) {
  console.log(
    "Skipped: there is no Postgres on this machine (apt install postgresql), and GIANT_TEST_DATABASE_URL names none.",
  )
} else {
  const server = named ? null : await startPostgres()
  const where = named
    ? `the server of GIANT_TEST_DATABASE_URL (${new URL(named).host}), in databases and schemas of their own`
    : `a Postgres of ${postgresPrograms()}, started for this and removed afterwards`
  console.log(`Every test of the store, and of what promises something of it, on ${where}.`)
  const env = { ...process.env, GIANT_TEST_DATABASE_URL: named ?? server?.url ?? "" }
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
  const { status } = spawnSync(process.execPath, [vitest, "run", "--project", "postgres"], {
    cwd: root,
    env,
    stdio: "inherit",
  })
  await server?.remove()
  process.exitCode = status ?? 1
}
