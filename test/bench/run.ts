import { spawnSync } from "node:child_process"
import { join } from "node:path"

// Every measurement, one table after the other: `npm run bench [NAME]`.
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
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, `${name}.ts`)], { stdio: "inherit" })
  if (status !== 0) process.exitCode = 1
}
