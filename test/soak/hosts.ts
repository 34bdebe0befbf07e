import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { postgresPrograms, startPostgres } from "../postgres/server.ts"
import { hubAddress, layNetwork, network, removeNetwork, whyNoNetwork } from "./hosts-network.ts"
import { rivalsKeepTo } from "./hosts-rivals.ts"
import { people, threeHosts } from "./hosts-work.ts"

/** Three machines with addresses of their own around a Postgres, their clocks a minute apart: first they want more than there is of
 * everything, then they work leads while one is killed, one is cut off for a minute, and the database is restarted.
 * `hosts.ts [leads] [agents of each]`. */
const leads = Number(process.argv[2] ?? 300)
const parallel = Number(process.argv[3] ?? 10)
const why = whyNoNetwork() ?? (postgresPrograms() ? null : "there is no Postgres here (apt install postgresql)")

if (why) {
  console.log(`SKIPPED: ${why}.`)
} else if (process.env.GIANT_SOAK_INSIDE) {
  process.exitCode = await inside()
} else {
  layNetwork(["db", ...people])
  try {
    const [command = "", ...before] = network.on("db")
    const again = [...before, process.execPath, ...process.execArgv, ...process.argv.slice(1)]
    const child = spawn(command, again, { stdio: "inherit", env: { ...process.env, GIANT_SOAK_INSIDE: "yes" } })
    // It tidies up after itself, and then this does.
    process.on("SIGTERM", () => child.kill("SIGTERM"))
    const [code] = await once(child, "exit")
    process.exitCode = code ?? 1
  } finally {
    removeNetwork(["db", ...people])
  }
}

async function inside(): Promise<number> {
  const ending = new AbortController()
  process.once("SIGTERM", () => ending.abort())
  const folder = mkdtempSync(join(tmpdir(), "giant-hosts-soak-"))
  const postgres = await startPostgres({ host: hubAddress, port: 5432, isDurable: true })
  try {
    const wrong = [
      ...(await rivalsKeepTo(await postgres.newDatabase())),
      ...(await threeHosts(postgres, { folder, leads, parallel, signal: ending.signal })),
    ]
    for (const one of wrong) console.log(`WRONG: ${one}`)
    console.log(wrong.length === 0 ? "Nothing lost, nothing twice, no limit exceeded." : `${wrong.length} wrong.`)
    return wrong.length === 0 ? 0 : 1
  } finally {
    await postgres.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}
