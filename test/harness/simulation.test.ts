import { expect, test } from "vitest"
import { type End, type Scenario, scenarioOf, simulate } from "./simulation.ts"

const replay = (seed: number) => `node test/soak/harness.ts --seed ${seed} plays it again`

test("a thousand runs through faults, crashes and stops: each task done once, no effect twice, no history broken, no money lost count of", async () => {
  let runs = 0
  let crashes = 0
  for (let seed = 1; runs < 1_000; seed += 1) {
    const report = await simulate(scenarioOf(seed))
    expect(report.violations, replay(seed)).toEqual([])
    runs += report.runs
    crashes += report.crashes
  }
  expect(crashes).toBeGreaterThan(50)
})

const small: Scenario = { seed: 7, tasks: 2, parallel: 2, mischief: { perReply: 0 }, dayUsd: 1_000, ends: [] }

test("wherever a process dies while it stores something, the next one goes on and nothing happens twice", async () => {
  const { writes } = await simulate(small)
  expect(writes).toBeGreaterThan(20)
  for (let write = 1; write <= writes; write += 1) {
    for (const when of ["before", "after"] as const) {
      const end: End = { kind: "crash", write, when }
      const report = await simulate({ ...small, ends: [end] })
      expect(report.violations, `dies ${when} write ${write}`).toEqual([])
      expect(report.tasksDone, `dies ${when} write ${write}`).toBe(2)
    }
  }
})

test("a seed always goes the same way", async () => {
  expect(await simulate(scenarioOf(42))).toEqual(await simulate(scenarioOf(42)))
})
