import { parseArgs } from "node:util"
import { scenarioOf, simulate } from "../harness/simulation.ts"

// Simulated agents through faults, crashes and stops: `node test/soak/harness.ts [--runs 10000] [--from SEED]`.
// What breaks a promise is printed with its seed; `--seed N` plays one seed again.
const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "10000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
  },
})

if (values.seed !== undefined) {
  console.log(JSON.stringify(scenarioOf(Number(values.seed)), null, 2))
  console.log(await simulate(scenarioOf(Number(values.seed))))
} else {
  await soak(Number(values.runs), Number(values.from))
}

async function soak(wanted: number, from: number): Promise<void> {
  const total = { seeds: 0, runs: 0, tasksDone: 0, crashes: 0, broken: 0 }
  const began = performance.now()
  for (let seed = from; total.runs < wanted; seed += 1) {
    const report = await simulate(scenarioOf(seed))
    total.seeds += 1
    total.runs += report.runs
    total.tasksDone += report.tasksDone
    total.crashes += report.crashes
    if (report.violations.length === 0) continue
    total.broken += 1
    console.error(`seed ${seed}: ${report.violations.join(" ")}`)
  }
  console.log({ ...total, seconds: Math.round((performance.now() - began) / 1000) })
  if (total.broken > 0) process.exitCode = 1
}
