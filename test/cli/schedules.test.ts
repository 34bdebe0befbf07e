import { writeFileSync } from "node:fs"
import { join } from "node:path"
import Database from "better-sqlite3"
import { expect, onTestFinished, test } from "vitest"
import { keepSchedules } from "../../src/cli/due.ts"
import { openServed } from "../mcp/client.ts"
import { giantHere, giantJson, newHome, rowsOf } from "./giant.ts"

const json = (args: string[]) => giantJson(args, giantHere)
const start = (home: string) => giantHere(["start", "--once", "--model", "none", "--web", "replica", "--home", home])

test("start runs what is due and catches up once what was missed for days; what goes wrong says so in the list", async () => {
  const home = newHome()
  writeFileSync(join(home, "leads.csv"), "Name,Title\nAda Example,Head of Data\n")
  await json(["import", join(home, "leads.csv"), "--home", home])
  const add = (when: string, ...does: string[]) =>
    json(["schedules", "add", when, ...does, "--zone", "UTC", "--home", home])
  await add("every hour", "--recipe", "find-stale", "--input", "enrich=true")
  await add("every morning", "--prompt", "How many leads are there?")
  await add("every night", "--recipe", "find-stale")
  await json(["schedules", "pause", "3", "--home", home])
  await add("every evening", "--recipe", "find-duplicates")
  missed(home, "id < 4")

  const started = await start(home)
  expect(started.code, started.err).toBe(0)
  const after = rowsOf(
    home,
    "SELECT id, last_at IS NOT NULL AS ran, last_outcome, next_at > last_at AS later FROM schedules",
  )
  expect(after).toEqual([
    { id: 1, ran: 1, last_outcome: expect.any(String), later: 1 },
    { id: 2, ran: 1, last_outcome: expect.stringMatching(/needs a model/i), later: 1 },
    { id: 3, ran: 0, last_outcome: null, later: null },
    { id: 4, ran: 0, last_outcome: null, later: null },
  ])
  const runs = "SELECT count(*) AS made FROM runs WHERE agent = 'recipe:find-stale'"
  expect(rowsOf(home, runs)).toEqual([{ made: 1 }])
  expect((await start(home)).code).toBe(0)
  expect(rowsOf(home, runs)).toEqual([{ made: 1 }])
  const { out } = await giantHere(["schedules", "--home", home])
  expect(out).toMatch(/every hour.*find-stale/)
})

test("a look at the schedules that fails is told, and work goes on", async () => {
  const served = await openServed()
  onTestFinished(() => served.host.close())
  await served.store.close()
  const ending = new AbortController()
  const told: string[] = []
  await keepSchedules(served.host, ending.signal, (words) => {
    told.push(words)
    ending.abort()
  })
  expect(told).toEqual([expect.stringMatching(/\w/)])
})

/** Lets these schedules have been due three days ago. */
function missed(home: string, which: string): void {
  const database = new Database(join(home, "giant.db"))
  const then = new Date(Date.now() - 3 * 86_400_000).toISOString()
  database.prepare(`UPDATE schedules SET next_at = ? WHERE ${which}`).run(then)
  database.close()
}
