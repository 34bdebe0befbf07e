import { type CheerioAPI, load } from "cheerio"
import { afterAll, beforeAll, expect, test } from "vitest"
import { z } from "zod"
import { type Replica, startReplica } from "../../src/rehearsal/replica.ts"
import { companies } from "../../src/rehearsal/web/companies.ts"
import { people } from "../../src/rehearsal/web/people.ts"
import { memberId, type Person } from "../../src/rehearsal/web/person.ts"
import { ask, pageAt } from "./ask.ts"

let replica: Replica
beforeAll(async () => {
  replica = await startReplica({ overlay: null })
})
afterAll(() => replica.close())

const key = "com.linkedin.sdui.profile.card.ref"
const walls = ["authwall", "checkpoint", "status-999", "gone"]
const shown = people.filter((person) => !walls.includes(person.awkward ?? ""))

test("a profile has the server-driven structure", async () => {
  for (const person of shown) {
    const $ = await profileOf(person)
    expect($("head title")).toHaveLength(2)
    expect($('meta[name="como-pk"]').attr("content")).toBe("d_flagship3_profile_view_base")
    expect($('meta[name="como-t"]').attr("content")).toContain("locale")
    expect($('body[data-rehydrated] > #root [data-sdui-screen$="profile.Profile"] > main#workspace')).toHaveLength(1)
    expect($('[role=toolbar][aria-hidden="true"][inert] ~ main')).toHaveLength(1)
    expect($("h1, [type='application/ld+json'], code")).toHaveLength(0)
    expect($("main > section [data-testid=lazy-column] > div").length).toBeGreaterThan(10)
    expect($("main > aside a[href^='/in/']").length).toBeGreaterThan(3)
    expect($("#interop-outlet > template[shadowrootmode]")).toHaveLength(1)
    expect($("script").first().text()).toContain("window.__como_rehydration__")
    expect($(`[componentkey="ProfileVerificationTriggerRef-${person.slug}"] > h2`).text()).toBe(person.name)
    expect(
      $('[data-testid="lazy-column"] a[href$="/overlay/contact-info/"]').closest("div").find("p").first().text(),
    ).toBe(person.location)
    expect($('a[href*="/preload/custom-invite/"]')).toHaveLength(2)
  }
})

test("all cards of a profile agree on the ID, save Activity and the drifted page", async () => {
  for (const person of shown) {
    const $ = await profileOf(person)
    const keys = [...attributes($, "componentkey"), ...attributes(deferredCards($), "componentkey")]
      .filter((value) => value.startsWith(key))
      .map((value) => value.slice(key.length))
    const others = keys.filter((value) => !value.startsWith(memberId(person.slug)))
    expect(keys.length).toBeGreaterThan(10)
    expect(others.map((value) => value.replace(/^ACoAA.{34}/, ""))).toEqual(
      person.awkward === "ids-disagree" ? ["About", `${person.slug}Activity`] : [`${person.slug}Activity`],
    )
    expect(attributes($, "id").filter((value) => value.startsWith(key))).toEqual(
      attributes($, "componentkey").filter((value) => value.startsWith(key)),
    )
  }
})

test("no class of a profile is to be found on another one", async () => {
  const seen = new Set<string>()
  for (const person of shown) {
    const $ = await profileOf(person)
    const classes = new Set(attributes($, "class").flatMap((value) => value.split(" ")))
    for (const name of classes) {
      expect(name).toMatch(/^[0-9a-f]{8}$/)
      expect(seen.has(name)).toBe(false)
    }
    for (const name of classes) seen.add(name)
  }
})

test("what stands below Activity is not in the page until it is scrolled to", async () => {
  for (const person of shown) {
    const $ = await profileOf(person)
    const placeholders = $("[id^=profileCards][aria-busy=true]")
    expect(placeholders.length).toBe(8)
    expect(placeholders.text().trim()).toBe("")
    expect($(`[componentkey$=ExperienceTopLevelSection], [componentkey$=EducationTopLevelSection]`)).toHaveLength(0)
    expect($(`#profile_top_card_experience_lazy_anchor_${escaped(person.slug)}`)).toHaveLength(1)
    const filled = deferredCards($)
    const [newest] = person.roles
    expect(
      filled(`[data-testid^=profile_ExperienceTopLevelSection_] [componentkey^=entity-collection-item-]`).text(),
    ).toContain(newest.title)
  }
})

test("roles at one company stand under one heading, with the company's number in the link", async () => {
  const $ = deferredCards(await profileOf(personOf("grouped-roles")))
  const items = $("[data-testid^=profile_ExperienceTopLevelSection_] > [componentkey^=entity-collection-item-]")
  expect(items).toHaveLength(2)
  expect(items.first().find("ul > li")).toHaveLength(3)
  expect(items.first().find("a").attr("href")).toMatch(/\/company\/90417082\/$/)
})

test("an ended role has an end, and the top card has no employer", async () => {
  const $ = await profileOf(personOf("role-ended"))
  expect(deferredCards($).text()).toContain("Feb 2015 - Jun 2026 · 11 yrs 5 mos")
  expect($("[componentkey$=Topcard] [role=button]").text()).toBe("Wharfe College")
})

test("German labels leave the content alone", async () => {
  const $ = await profileOf(personOf("german-labels"))
  expect($("html").attr("lang")).toBe("de")
  expect(deferredCards($).text()).toContain("März 2018–Heute · 8 Jahre 9 Monate")
  expect($("[componentkey$=About] h2").text()).toBe("Info")
})

test("an empty headline is two dashes", async () => {
  const $ = await profileOf(personOf("no-headline"))
  expect($("[componentkey$=Topcard] p:contains('--')")).toHaveLength(1)
})

test("a LinkedIn company page has its facts among other companies'", async () => {
  for (const company of companies) {
    const { body } = await ask(replica, `https://www.linkedin.com/company/${company.slug}/`)
    const $ = load(body)
    if (company.linkedin === "guest") {
      expect($("meta[name=pageKey]").attr("content")).toBe("d_org_guest_company_overview")
      expect($("[data-test-id=about-us__website] a").attr("href")).toContain(
        encodeURIComponent(`https://${company.domain}/`),
      )
      const organization = z.object({ sameAs: z.string(), numberOfEmployees: z.object({ value: z.number() }) })
      expect(organization.parse(JSON.parse($("script[type='application/ld+json']").text()))).toEqual({
        sameAs: `https://${company.domain}/`,
        numberOfEmployees: { value: company.members },
      })
    } else {
      const records = $("code[id^=bpr-guid-]")
        .toArray()
        .flatMap((code) => response.parse(JSON.parse($(code).text())).included)
      expect(records.filter((record) => record.universalName !== undefined).length).toBeGreaterThan(1)
      expect(records.find((record) => record.universalName === company.slug)).toMatchObject({
        name: company.name,
        websiteUrl: `https://${company.domain}/`,
        employeeCountRange: { start: company.size.from, end: company.size.to },
      })
    }
    const numbered = await ask(replica, `https://www.linkedin.com/company/${company.number}/`)
    expect(numbered.headers.location).toBe(`/company/${company.slug}/`)
  }
})

test("roles, recent activity and contact info have pages of their own", async () => {
  const [person] = people
  const address = `https://www.linkedin.com/in/${person?.slug}`
  const experience = await pageAt(replica, `${address}/details/experience/`)
  expect(experience("[componentkey$=ExperienceDetailsSection] [componentkey^=entity-collection-item-]")).toHaveLength(2)
  const contact = await pageAt(replica, `${address}/overlay/contact-info/`)
  expect(contact("dialog[open]").text()).toContain(person?.x?.handle)
  const activity = await pageAt(replica, `${address}/recent-activity/all/`)
  const [post] = person?.posts ?? []
  const urn = activity(".feed-shared-update-v2[role=article]").first().attr("data-urn") ?? ""
  expect(Number(BigInt(urn.replace("urn:li:activity:", "")) >> 22n)).toBe(Date.parse(post?.at ?? ""))
})

test("people are found by their words, each with a stranger beside", async () => {
  const $ = await pageAt(replica, "https://www.linkedin.com/search/results/people/?keywords=daniela%20ferrucci")
  expect($("[data-testid=lazy-column] [role=list] > [role=listitem]")).toHaveLength(2)
  expect($("[role=listitem]").first().find("a")).toHaveLength(2)
  const x = await pageAt(replica, "https://x.com/search?q=ferrucci&f=user")
  expect(x("[data-testid=primaryColumn] [data-testid=UserCell]")).toHaveLength(1)
})

test("a search shows hostile words as words", async () => {
  const words = `"><script>alert(1)</script>`
  const { body } = await ask(
    replica,
    `https://www.linkedin.com/search/results/people/?keywords=${encodeURIComponent(words)}`,
  )
  expect(body).not.toContain("<script>alert")
  expect(load(body)("title").text()).toContain(words)
})

function personOf(kind: NonNullable<Person["awkward"]>): Person {
  const person = people.find((one) => one.awkward === kind)
  if (person === undefined) throw new Error(`Nobody in the replica is ${kind}.`)
  return person
}

const profiles = new Map<string, Promise<CheerioAPI>>()

/** A person's profile, asked for once: one of them is slow. */
function profileOf({ slug }: Person): Promise<CheerioAPI> {
  const page = profiles.get(slug) ?? pageAt(replica, `https://www.linkedin.com/in/${encodeURIComponent(slug)}/`)
  profiles.set(slug, page)
  return page
}

/** What the placeholders of a profile will be filled with. */
function deferredCards($: CheerioAPI) {
  return load(Object.values(z.record(z.string(), z.string()).parse(JSON.parse($("#deferred-cards").text()))).join(""))
}

/** An answer of LinkedIn's own interface, as far as this test looks into it. */
const response = z.object({ included: z.array(z.looseObject({ universalName: z.string().optional() })) })

function attributes($: CheerioAPI, name: string): string[] {
  return $(`[${name}]`)
    .toArray()
    .map((element) => $(element).attr(name) ?? "")
}

/** For a selector. */
function escaped(slug: string): string {
  return slug.replace(/[^\w-]/g, (character) => `\\${character.codePointAt(0)?.toString(16)} `)
}
