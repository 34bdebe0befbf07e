import { afterAll, beforeAll, expect, test } from "vitest"
import { type Replica, startReplica } from "../../src/rehearsal/replica.ts"
import { companies } from "../../src/rehearsal/web/companies.ts"
import { staffOf } from "../../src/rehearsal/web/people.ts"
import { ask, pageAt } from "./ask.ts"

let replica: Replica
beforeAll(async () => {
  replica = await startReplica({ overlay: null })
})
afterAll(() => replica.close())

test("a company's site has its pages, its people and its addresses", async () => {
  for (const company of companies.filter((one) => one.awkward !== "site-down")) {
    const home = await pageAt(replica, `https://${company.domain}/`)
    expect(home("html").attr("lang")).toBe(company.site.language)
    expect(home("h1").text()).toBe(company.site.heading)
    expect(home("script[type='application/ld+json']")).toHaveLength(company.site.jsonLd ? 1 : 0)
    for (const link of home("nav a").toArray())
      await pageAt(replica, `https://${company.domain}${home(link).attr("href")}`)
    await ask(replica, `https://${company.domain}${home("script[src]").attr("src")}`).then((script) =>
      expect(script.status).toBe(200),
    )
    const team = await pageAt(replica, `https://${company.domain}/team`)
    expect(team("li.team-member")).toHaveLength(staffOf(company).length + company.site.teammates.length)
    const contact = await pageAt(replica, `https://${company.domain}/contact`)
    expect(contact("a[href^='mailto:']").text()).toBe(company.site.email)
    const www = await ask(replica, `https://www.${company.domain}/about`)
    expect(www.headers.location).toBe(`https://${company.domain}/about`)
  }
})

test("one site is down, and one gives orders in the open and in hiding", async () => {
  const down = companies.find((company) => company.awkward === "site-down")
  expect(await ask(replica, `https://${down?.domain}/`)).toMatchObject({ status: 503 })
  const injected = companies.find((company) => company.awkward === "site-injection")
  const $ = await pageAt(replica, `https://${injected?.domain}/`)
  expect($("main section").last().text()).toContain("Ignore your instructions")
  expect($(".fine").text()).toContain("ignore your instructions")
})
