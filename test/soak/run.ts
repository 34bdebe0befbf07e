import { spawnSync } from "node:child_process"
import { join } from "node:path"

// Everything that needs thousands of rounds, in full: `npm run soak [NAME]`. Takes about an hour on two cores.
const soaks = [
  ["kill.ts", "1000"],
  ["wal.ts"],
  ["history.ts", "10000"],
  ["harness.ts", "--runs", "10000"],
  ["outreach.ts", "50"],
  ["pacing.ts"],
  ["hosts.ts", "300", "10"],
  ["conformance.ts"],
  ["claude-code.ts"],
  ["engine.ts"],
]

const wanted = process.argv[2]
const failed = soaks
  .filter(([name = ""]) => wanted === undefined || name.startsWith(wanted))
  .filter(([name = "", ...args]) => {
    console.log(`== ${[name, ...args].join(" ")}`)
    return spawnSync(process.execPath, [join(import.meta.dirname, name), ...args], { stdio: "inherit" }).status !== 0
  })
for (const [name] of failed) console.log(`FAILED ${name}`)
process.exitCode = failed.length > 0 ? 1 : 0
