import { expect, test, vi } from "vitest"
import { z } from "zod"
import { parseArguments } from "../../src/actions/arguments.ts"
import { catalogue } from "../../src/actions/catalogue.ts"
import type { Gate } from "../../src/actions/gate.ts"
import { modelTools } from "../../src/actions/tools.ts"
import type { Store } from "../../src/db/store.ts"
import { companyOf } from "../../src/leads/companies.ts"
import { importedLead } from "../leads/fixture.ts"
import { type Bench, machines, newStore, now, openBench, type Page, use } from "./bench.ts"

vi.setConfig({ testTimeout: 240_000 })

// What people really ask for, once through the gate and once without it: a gate that is in the way would be switched off.

const shared = machines()
const pages: Record<string, Page> = {
  "www.linkedin.com/in/ada-example": {
    fields: { name: "Ada Example", title: "Head of Data", company: "Acme" },
    quotes: { name: "Ada Example", title: "Head of Data", company: "Acme" },
  },
  "www.linkedin.com/in/ada-example/recent-activity/all": {
    fields: { posts: [{ author: "Ada Example", text: "Shoes", at: null, url: null }] },
  },
  "www.linkedin.com/company/acme": { fields: { name: "Acme", industry: "Shoes" }, quotes: { industry: "Shoes" } },
  "www.linkedin.com/search/results/people": {
    fields: {
      people: [{ name: "Ada", headline: null, title: null, url: null, location: null }],
    },
  },
  "x.com/ada_example": { fields: { name: "Ada", bio: "Data and shoes" }, quotes: { name: "Ada" } },
  "acme.example": { fields: { name: "Acme", description: "Shoes" }, quotes: { description: "Shoes" } },
}

/** 1: Ada of Acme, whose pages are known. 2: Bo, who has nothing. 3 and 4: Ada once more. */
const tasks: Record<string, string> = {
  "the latest leads": "return show(await leads.find({ limit: 20 }))",
  "how many leads there are": "return await leads.count()",
  "leads without a title": 'return show(await leads.find({ missing: "title" }))',
  "one lead with all that is known": "return await leads.get(1)",
  "leads by status, in SQL":
    'return show(await sql.query("SELECT status, count(*) AS leads FROM leads GROUP BY status"))',
  "companies that make shoes": 'return show(await companies.find({ q: "acme" }))',
  "one company": "return await companies.get(1)",
  "a lead enriched from LinkedIn":
    'const seen = await linkedin.profile("ada-example")\nreturn await leads.learn(1, seen.facts)',
  "a lead enriched from everywhere": `const { lead } = await leads.get(1)
const profile = await linkedin.profile(lead.linkedinUrl)
await leads.learn(1, profile.facts)
const account = await x.profile(lead.xHandle)
await leads.learn(1, account.facts)
const site = await web.site("acme.example")
return await companies.learn(1, site.facts)`,
  "a company's LinkedIn page":
    'const seen = await linkedin.company("acme")\nreturn await companies.learn(1, seen.facts)',
  "what somebody posted": 'return (await linkedin.posts("ada-example")).kind',
  "a search before any page": 'return (await linkedin.search("head of data")).kind',
  "a search after a page": 'await linkedin.profile("ada-example")\nreturn (await linkedin.search("head of data")).kind',
  "a note": 'return await leads.note(2, "Met at the fair.")',
  "a note on what a page says":
    'const seen = await linkedin.profile("ada-example")\nreturn await leads.note(1, "Now " + seen.fields.title)',
  "a stage": 'return await leads.stage(2, "qualified")',
  "a reminder": 'return await leads.remind(2, "Call", "2027-01-01T09:00:00Z")',
  "a score": 'return await leads.score(2, 60, "title unknown; size fits")',
  "a score of what a page says":
    'const seen = await linkedin.profile("ada-example")\nreturn await leads.score(1, 80, "Head of Data fits")',
  "a value that the person dictates":
    'return await leads.learn(2, [{ field: "location", value: "Bergen", reason: "The person said so." }])',
  "enrichment of all that lack a title": 'return await leads.enrich({ missing: "title" })',
  "twins merged": "return await leads.merge(1, 3)",
  "twins merged after reading a page": 'await linkedin.profile("ada-example")\nreturn await leads.merge(1, 4)',
  "possible duplicates": "return show(await leads.duplicates(20))",
  "a field of the team's own": 'return await fields.define("lead", "shoe_size", "number")',
  "a draft from what is known": `await leads.learn(1, [{ field: "title", value: "Head of Data", reason: "Told." }])
return await drafts.make(1, { channel: "linkedin-message", body: "Hello Ada", claims: [] })`,
  "a draft after reading the profile": `await linkedin.profile("ada-example")
return await drafts.make(1, { channel: "x-message", body: "Hello Ada", claims: [] })`,
  "a draft made shorter": `const made: any = await drafts.make(1, { channel: "linkedin-note", body: "Hello dear Ada", claims: [] })
return await drafts.revise(made.draft?.id ?? made.id ?? 1, { body: "Hello Ada", claims: [] })`,
  "the drafts that wait": "return show(await drafts.find())",
  "one draft": "return await drafts.get(1)",
  "a view of the leads": `return show(await views.make({
  title: "Leads", queries: { all: { sql: "SELECT id AS lead_id, name FROM leads" } }, parts: [{ type: "table", query: "all" }],
}))`,
  "the views there are": "return await views.find()",
  "what to remember": 'return await memory.propose("Quotes go out on Fridays.", { team: true })',
  "what was to be remembered": 'return await memory.find("quotes")',
  "recipes there are": "return await recipes.find()",
  "a recipe of what was worked out":
    'return await recipes.keep({ name: "greet", purpose: "Notes a hello.", inputs: { lead: "its number" }, actions: ["leads.note"], script: \'await leads.note(input.lead, "Hello")\' })',
  "how the team writes": "return await skills.find()",
  "data beside the browser": "return await sources.list()",
  "another agent's opinion": 'return await agents.ask("researcher", "What is worth saying to lead 1?")',
  "a sample of facts": "return await facts.sample(5)",
  "how precise sources are": "return await facts.precision()",
  "a task put off": 'return await tasks.wait("Later.")',
  "a task done": 'const seen = await linkedin.profile("ada-example")\nreturn await tasks.done("Read " + seen.kind)',
  "lists worked through in one script":
    "const ids = (await leads.find()).map(({ id }) => id)\nfor (const id of ids) await leads.get(id)\nreturn ids.length",
  "a person's lead after three readings": `for (const one of ["ada-example", "ada-example"]) await linkedin.profile(one)
await web.site("acme.example")
return await leads.stage(1, "qualified")`,
}

async function prepared(): Promise<Store> {
  const store = newStore()
  const company = await store.change({ actor: "human:ada", kind: "import" }, (db) =>
    companyOf(db, { name: "Acme", domain: "acme.example" }, now.toISOString()),
  )
  await importedLead(store, {
    ...{ name: "Ada Example", company: "Acme", companyId: company ?? 0, xHandle: "ada_example" },
    linkedinUrl: "https://www.linkedin.com/in/ada-example",
  })
  await importedLead(store, { name: "Bo Example" })
  await importedLead(store, { name: "Ada Example" })
  await importedLead(store, { name: "Ada Example" })
  return store
}

/** Every action without question, and what it answered. */
function openDoor({ context }: Bench, answers: Map<string, unknown>): Gate {
  return {
    async call(name, args) {
      const action = catalogue.find((one) => one.name === name)
      const parsed = action && parseArguments(action, args)
      if (!action || parsed?.kind !== "right") return { kind: "failed", reason: `${name} was called wrongly.` }
      try {
        const value = await action.run(context, parsed.args)
        answers.set(name, value)
        return { kind: "done", value }
      } catch (error) {
        return { kind: "failed", reason: String(error) }
      }
    },
  }
}

test("at least nine of ten ordinary requests are done as without the gate", async () => {
  const answers = new Map<string, unknown>()
  const report: Record<string, string> = {}
  const [without, within] = [await prepared(), await prepared()]
  for (const [name, code] of Object.entries(tasks)) {
    const open = await openBench(shared, { store: without, pages })
    const [ungated] = modelTools({ ...open.deps, gate: openDoor(open, answers) })
    const free = await use(ungated, { code })
    if (free.isError) throw new Error(`${name} fails even without the gate: ${free.text}`)
    const { text, isError } = await (await openBench(shared, { store: within, pages })).execute(code)
    report[name] = isError || text.startsWith("Waits for a person") ? text.slice(0, 160) : "done"
  }
  const done = Object.values(report).filter((one) => one === "done").length
  const share = done / Object.keys(tasks).length
  console.log(
    `${done} of ${Object.keys(tasks).length} ordinary requests are done as without the gate (${(share * 100).toFixed(0)} %)`,
  )
  console.log(Object.fromEntries(Object.entries(report).filter(([, one]) => one !== "done")))
  expect(Object.keys(tasks).length).toBeGreaterThanOrEqual(30)
  expect(share).toBeGreaterThanOrEqual(0.9)

  for (const [name, answer] of answers) {
    const returns = catalogue.find((action) => action.name === name)?.returns ?? z.never()
    // What is not declared would be stripped.
    expect([name, returns.parse(answer)]).toEqual([name, answer])
  }
})
