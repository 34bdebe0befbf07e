import type { Browser, Page } from "playwright"
import { beforeAll, expect, onTestFinished, test } from "vitest"
import { trialDepsOf } from "../../src/cli/recipe-runs.ts"
import { tables } from "../../src/db/tables.ts"
import { noteTrial, proposeRecipe } from "../../src/recipes/proposals.ts"
import { versionsOf } from "../../src/recipes/recipe.ts"
import { openTrialDesk } from "../../src/recipes/trials.ts"
import { serveViewer } from "../../viewer/serve.ts"
import { sharedBrowser } from "../chromium.ts"
import { openServed } from "../mcp/client.ts"
import { addLeads, learnFromProfile, startRun } from "../viewer/sample.ts"

const agent = { actor: "agent:enricher", kind: "run" }
const at = "2026-11-20T08:00:00.000Z"
const evil = "<script>document.title = 'gone'</script>"
const heads = { name: "heads", purpose: "Learns titles.", inputs: { lead: "its number" }, reason: null }

let browser: Browser

beforeAll(async () => {
  browser = await sharedBrowser()
})

/** Two leads whose titles were read on their pages, and a viewer that can try versions on them. */
async function openTrials() {
  const served = await openServed()
  const { store, host } = served
  const trials = openTrialDesk(store, (person) => trialDepsOf(host, person))
  const viewer = await serveViewer({ store, clock: () => new Date(), port: 0, trials })
  onTestFinished(async () => {
    await viewer.close()
    await trials.close()
    await served.close()
  })
  const run = await startRun(store, { startedAt: at })
  const people = [`Ada ${evil}`, "Bo Example"].map((name, nth) => ({
    ...{ name, linkedinUrl: `https://www.linkedin.com/in/example-${nth}` },
  }))
  const leads = await addLeads(store, people, at)
  for (const [nth, lead] of leads.entries())
    await learnFromProfile(store, lead, run, { title: `Head of ${["Data", "Sales"][nth]}` }, at)
  await store.write((db) => db.update(tables.leads).set({ enrichedAt: at }))
  const propose = (script: string) =>
    proposeRecipe(store, [], agent, { ...heads, actions: ["leads.get", "leads.learn"], script }, new Date(at))
  return { store, trials, viewer, propose }
}

test("a person tries a version on known leads, follows it, sees lead by lead what differs, and decides", async () => {
  const { store, viewer, propose } = await openTrials()
  const learning = (value: string) =>
    `await leads.learn(input.lead, [{ field: "title", value: ${value}, reason: "Its list says so." }])`
  await propose(learning('"Head of Data"'))
  await propose(learning('(await leads.get(input.lead)).lead.title ?? ""'))
  const page = await newPage(viewer.url)
  await page.goto("/recipes")
  expect(await page.getByRole("button", { name: /^Put in force/ }).count()).toBe(0)
  await page.getByRole("button", { name: "Try it on known leads: heads@1" }).click()
  await page.getByText("Tried on 2 known leads: 1 fact agrees, 1 differ (title of lead 2).").waitFor()
  const rows = page.getByRole("region", { name: "The trial, lead by lead" }).locator("tbody tr")
  expect((await rows.allInnerTexts()).map((row) => row.split("\t"))).toEqual([
    ["Bo Example", "Title", "Head of Data", "Head of Sales", "Differs"],
    [`Ada ${evil}`, "Title", "Agrees"],
  ])
  expect(await page.getByRole("button", { name: "Put in force: heads@1" }).count()).toBe(0)
  await page.getByRole("button", { name: "Turn down: heads@1" }).click()

  await page.getByRole("button", { name: "Try it on known leads: heads@2" }).click()
  await page.getByRole("button", { name: "Put in force: heads@2" }).click()
  await page.getByRole("button", { name: "Take out of force: heads@2" }).waitFor()
  expect((await versionsOf(store, "heads")).map(({ state }) => state)).toEqual(["accepted", "rejected"])
  expect(await page.title()).toBe("Recipes · Small Giant")
  const titles = await store.read((db) => db.select({ title: tables.leads.title }).from(tables.leads))
  expect(titles).toEqual([{ title: "Head of Data" }, { title: "Head of Sales" }])
})

test("a trial in progress is shown as far as it has come, and one whose process ended can be begun again", async () => {
  const { store, trials, viewer, propose } = await openTrials()
  const row = await propose("return 1")
  const now = Date.now()
  const run = await startRun(store, {
    ...{ agent: "trial:heads", model: "none", startedAt: at },
    watchedUntil: new Date(now + 60_000).toISOString(),
  })
  const trial = { runId: run.id, of: 10, isDone: false, leads: [] }
  const lead = { lead: 1, runId: run.id, fields: [{ field: "title", verdict: "agrees" as const }] }
  await noteTrial(store, agent, row.id, trial, new Date(at))
  const page = await newPage(viewer.url)
  await page.goto("/recipes")
  await page.getByRole("status").getByText("Being tried: 0 of 10 leads.").waitFor()
  await page.getByText("What it may do, and its script").first().click()
  await noteTrial(store, agent, row.id, { ...trial, leads: [lead] }, new Date(at))
  await page.getByRole("status").getByText("Being tried: 1 of 10 leads.").waitFor()
  expect(await page.getByText("May call leads.get, leads.learn.").isVisible()).toBe(true)
  expect(await trials.begin("human:ada", row.id)).toEqual({ kind: "refused", reason: "heads@1 is being tried." })

  await store.write((db) => db.update(tables.runs).set({ watchedUntil: at }))
  await page.reload()
  await page.getByText("The trial ended after 1 of 10 leads: Its process ended in the middle.").waitFor()
  expect(await trials.begin("human:ada", row.id)).toEqual({ kind: "begun", version: "heads@1" })
  await page
    .getByText("heads@1 learned nothing that is known")
    .or(page.getByText("It cannot be put in force"))
    .waitFor()
})

async function newPage(baseURL: string): Promise<Page> {
  const page = await browser.newPage({ baseURL })
  onTestFinished(() => page.close())
  return page
}
