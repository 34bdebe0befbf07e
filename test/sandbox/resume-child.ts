import { readFile } from "node:fs/promises"
import type { Call } from "../../src/sandbox/run.ts"
import { openSandbox } from "../../src/sandbox/sandbox.ts"

// Run as a process of its own: goes on with the script stored in a file and prints its outcome as JSON.
const [file = "", waiting = "", api = ""] = process.argv.slice(2)
const sandbox = openSandbox()
const answers = { [waiting]: { kind: "value" as const, value: "from another process" } }
const echo: Call = async (name, args) => ({ kind: "value", value: { name, args } })
const outcome = await sandbox.resume(await readFile(file), answers, echo, { api: JSON.parse(api), now: 0 })
process.stdout.write(JSON.stringify(outcome))
await sandbox.close()
