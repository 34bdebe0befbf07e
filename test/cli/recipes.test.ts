import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { giantHere as giant, giantJson as jsonOf, newHome, rowsOf } from "./giant.ts"

const giantJson = (args: string[]) => jsonOf(args, giant)

test("without a key enrich does what recipes can on the live web, and says that the rest waits", async () => {
  const home = newHome()
  writeFileSync(join(home, "leads.csv"), "Name,Title\nAda Example,Head of Data\n")
  await giantJson(["import", join(home, "leads.csv"), "--home", home])
  const enriched = await giant(["enrich", "--home", home, "--json"])
  expect(enriched.err).toContain("No model: recipes do what they can")
  expect(JSON.parse(enriched.out)).toMatchObject({ queued: 1, by_recipe: 1, handed_over: 0, tokens: 0, failed: 0 })
  expect(rowsOf(home, "SELECT agent, model, outcome FROM runs")).toEqual([
    { agent: "recipe:enrich", model: "none", outcome: "done" },
  ])
  expect(rowsOf(home, "SELECT outcome FROM tasks")).toEqual([
    { outcome: "0 facts learned. LinkedIn profile: There is no address. no company known." },
  ])
  const agents = await giant(["enrich", "--no-recipe", "--home", home])
  expect([agents.code, agents.err]).toEqual([1, expect.stringContaining("Agents need a model.")])
})

test("what a recipe leaves to a model waits without one, and is taken up when there is one", async () => {
  const home = newHome()
  const url = "https://www.linkedin.com/in/oluwaseun-adebari-cole"
  writeFileSync(join(home, "leads.csv"), `Name,LinkedIn URL\nOluwaseun Adebari-Cole,${url}\n`)
  await giantJson(["import", join(home, "leads.csv"), "--home", home])
  const alone = await giantJson(["enrich", "--model", "none", "--web", "replica", "--home", home])
  expect(alone).toMatchObject({ by_recipe: 0, handed_over: 1, waiting: 1, tokens: 0 })
  const [task] = rowsOf(home, "SELECT state, outcome FROM tasks")
  expect(task).toEqual({ state: "waiting", outcome: expect.stringMatching(/^Waits for a model: The LinkedIn profile/) })
  const helped = await giantJson(["enrich", "--rehearse", "--home", home])
  expect(helped).toMatchObject({ handed_over: 1, waiting: 0, failed: 0 })
  expect(rowsOf(home, "SELECT state FROM tasks")).toEqual([{ state: "done" }])
  expect(rowsOf(home, "SELECT agent, outcome FROM runs ORDER BY id")).toEqual([
    { agent: "recipe:enrich", outcome: "handed-over" },
    { agent: "recipe:enrich", outcome: "handed-over" },
    { agent: "enricher", outcome: "done" },
  ])
})

test("a script of a run is kept as a recipe, and put in force by a person at a terminal, by no pipe", async () => {
  const home = newHome()
  await giantJson(["ask", "how many leads are there", "--home", home])
  expect(
    await giantJson(["recipes", "keep", "counting", "--run", "1", "--purpose", "Counts.", "--home", home]),
  ).toEqual({
    ...{ recipe: "counting@1", state: "proposed" },
  })
  const accepted = await giant(["recipes", "accept", "counting@1", "--home", home])
  expect([accepted.code, accepted.err]).toEqual([
    1,
    expect.stringContaining("Only a person at a terminal can do this."),
  ])
  const ran = await giantJson(["recipes", "run", "counting@1", "--home", home])
  expect(ran).toMatchObject({ recipe: "counting@1", runs: [{ kind: "done", isShown: true }] })
})

test("notes and schedules are kept on the command line, and a time that is none is refused", async () => {
  const home = newHome()
  const noted = await giantJson(["memory", "add", "We", "sell", "boats.", "--team", "--home", home])
  expect(noted).toMatchObject({ owner: "team", text: "We sell boats.", state: "accepted" })
  const added = await giantJson([
    "schedules",
    "add",
    "every morning",
    "--recipe",
    "find-stale",
    "--zone",
    "UTC",
    "--home",
    home,
  ])
  expect(added).toMatchObject({ cron: "0 8 * * *", zone: "UTC", recipe: "find-stale", lastAt: null })
  const odd = await giant(["schedules", "add", "soon", "--recipe", "find-stale", "--home", home])
  expect([odd.code, odd.err]).toEqual([1, expect.stringContaining('"soon" is no time')])
})
