import { spawnSync } from "node:child_process"
import { join } from "node:path"

// Every measurement, one table after the other, each in a process as `giant` has one: `npm run bench [NAME]`.
const benches = [
  "store",
  "engines",
  "import",
  "sandbox",
  "harness",
  "tasks",
  "characters",
  "recipes",
  "browser",
  "viewer",
  "paint",
  "views",
]

const wanted = process.argv[2]
for (const name of benches.filter((bench) => wanted === undefined || bench === wanted)) {
  console.log(`== ${name}`)
  const args = ["--import", join(import.meta.dirname, "as-launched.js"), join(import.meta.dirname, `${name}.ts`)]
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" })
  if (status !== 0) process.exitCode = 1
}
