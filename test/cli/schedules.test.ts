import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import Database from "better-sqlite3"
import { expect, onTestFinished, test } from "vitest"
import { keepSchedules, runDue } from "../../src/cli/due.ts"
import { tables } from "../../src/db/tables.ts"
import { openModel } from "../../src/harness/model.ts"
import { addMessage, endRun, startRun } from "../../src/harness/transcript.ts"
import { schedulesOf } from "../../src/recipes/schedule.ts"
import { startMessagesServer } from "../harness/messages-server.ts"
import { openServed } from "../mcp/client.ts"
import { giantHere, giantJson, newHome, rowsOf, startGiant } from "./giant.ts"

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

test("a prompt that was cut off goes on in its own conversation, and one that had its answer is not asked again", async () => {
  const served = await openServed()
  const server = await startMessagesServer(() => ({ text: "Went on." }))
  onTestFinished(async () => {
    await served.host.close()
    await server.close()
  })
  const { store } = served
  const now = new Date()
  const lastAt = new Date(now.getTime() - 60_000).toISOString()
  const cutOff = async (prompt: string, outcome: "interrupted" | "done") => {
    const id = await startRun(store, { agent: "sales", model: "claude", prompt, person: "human:ada" }, now)
    await store.write(async (db) => {
      const content = [{ type: "text" as const, text: prompt }]
      await addMessage(db, id, { role: "user", content }, now)
      await endRun(db, id, { outcome, summary: "Seven leads." }, now)
    })
    const usual = { cron: "0 8 * * *", zone: "UTC", words: "every morning", person: "human:ada", nextAt: "2099-01-01" }
    const at = { lastAt, lastOutcome: "Begun.", takenBy: 999, attempts: 1, createdAt: lastAt }
    await store.write((db) => db.insert(tables.schedules).values({ ...usual, ...at, prompt }))
    return id
  }
  const middle = await cutOff("Count the leads.", "interrupted")
  const answered = await cutOff("Count the companies.", "done")
  const model = () => openModel({ model: "claude-sonnet-5-5", apiKey: "sk-test", baseURL: server.url })
  expect(await runDue({ ...served.host, model, dayUsd: 5 }, new AbortController().signal)).toBe(2)
  expect(server.requests).toHaveLength(1)
  expect(JSON.stringify(server.requests[0]?.body.messages)).toContain("Count the leads.")
  const [, , last] = await store.read((db) => db.select().from(tables.runs).orderBy(tables.runs.id))
  expect(last).toMatchObject({ parentId: middle, prompt: "(goes on)", outcome: "done" })
  expect((await schedulesOf(store)).map(({ lastOutcome, takenBy }) => [lastOutcome, takenBy])).toEqual([
    [`Run ${last?.id}: Went on.`, null],
    [`Run ${answered}: Seven leads.`, null],
  ])
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

test("a schedule whose process is killed in the middle goes on at the next start, and what it had done is not done twice", async () => {
  const home = newHome()
  const people = ["Ada Example", "Bo Example", "Cy Example"]
  writeFileSync(join(home, "leads.csv"), `Name,Title\n${people.map((name) => `${name},Head`).join("\n")}\n`)
  await json(["import", join(home, "leads.csv"), "--home", home])
  const keep = (rest: string) => {
    const head = "name: hello\npurpose: Says hello.\ninputs: { lead: its number }\nactions: [leads.get, leads.note]"
    mkdirSync(join(home, "agents", "recipes"), { recursive: true })
    writeFileSync(join(home, "agents", "recipes", "hello.ts"), `/*\n${head}\n*/\n${rest}\n`)
  }
  keep('if (input.lead === 2) for (let i = 0; i < 1e6; i++) await leads.get(2)\nawait leads.note(input.lead, "Hello")')
  await json(["schedules", "add", "every night", "--recipe", "hello", "--zone", "UTC", "--home", home])
  missed(home, "id = 1")

  const first = startGiant(["start", "--once", "--model", "none", "--web", "replica", "--home", home])
  const middle = "SELECT 1 FROM runs WHERE agent = 'recipe:hello' AND lead_id = 2"
  await first.until(() => rowsOf(home, middle).length > 0)
  first.child.kill("SIGKILL")
  await first.ended
  const [cutOff] = rowsOf(home, "SELECT last_at, taken_by IS NOT NULL AS taken FROM schedules")
  expect(cutOff).toMatchObject({ taken: 1 })

  keep('await leads.note(input.lead, "Hello")')
  expect((await start(home)).code).toBe(0)
  expect(rowsOf(home, "SELECT last_at, last_outcome, taken_by, attempts FROM schedules")).toEqual([
    {
      ...{ last_at: cutOff?.last_at, taken_by: null, attempts: 0 },
      last_outcome: expect.stringContaining("2 runs: 2 done"),
    },
  ])
  const notes = "SELECT lead_id, count(*) AS notes FROM timeline WHERE text = 'Hello' GROUP BY lead_id ORDER BY lead_id"
  expect(rowsOf(home, notes)).toEqual([1, 2, 3].map((lead_id) => ({ lead_id, notes: 1 })))
  const ended = "SELECT lead_id, outcome FROM runs WHERE agent = 'recipe:hello' ORDER BY id"
  expect(rowsOf(home, ended).map(({ outcome }) => outcome)).toEqual(["done", "interrupted", "done", "done"])
})

/** Lets these schedules have been due three days ago. */
function missed(home: string, which: string): void {
  const database = new Database(join(home, "giant.db"))
  const then = new Date(Date.now() - 3 * 86_400_000).toISOString()
  database.prepare(`UPDATE schedules SET next_at = ? WHERE ${which}`).run(then)
  database.close()
}
