import { afterEach, beforeEach, expect, test } from "vitest"
import type { Store } from "../../src/db/store.ts"
import type { NewLead } from "../../src/db/tables.ts"
import { tables } from "../../src/db/tables.ts"
import { countLeads, findLeads, type LeadQuery, leadQuery } from "../../src/leads/find.ts"
import { companyQuery, findCompanies } from "../../src/leads/find-companies.ts"
import { askedIn } from "../../src/leads/listing-query.ts"
import { ada, addLeads, openSample } from "../viewer/sample.ts"

let store: Store
let close: () => Promise<void>

beforeEach(() => {
  ;({ store, close } = openSample())
})
afterEach(() => close())

const start = "2026-11-02T08:00:00.000Z"
const add = (leads: Partial<NewLead>[]) => addLeads(store, leads, start)
const asked = (address: string): LeadQuery => leadQuery.parse(askedIn(new URLSearchParams(address)))
const names = async (address: string) => (await findLeads(store, asked(address))).rows.map(({ name }) => name)

async function walk(address: string, way: "next" | "previous" = "next", from: string | null = null): Promise<string[]> {
  const after = from === null ? "" : `&after=${from}`
  const page = await findLeads(store, asked(`${address}${after}`))
  const ids = page.rows.map(({ id }) => String(id))
  const further = page[way]
  if (further === null) return ids
  const rest = await walk(address, way, further)
  return way === "next" ? [...ids, ...rest] : [...rest, ...ids]
}

test("leads come newest first, and merged ones do not come", async () => {
  await add([{ name: "Ada" }, { name: "Ben" }, { name: "Cleo", mergedInto: 1 }])
  expect(await names("")).toEqual(["Ben", "Ada"])
})

test("pages meet every lead once in every order, forwards and backwards, also where many lack the value", async () => {
  await add(
    Array.from({ length: 23 }, (_, nth) => ({
      name: `Lead ${nth % 5}`,
      title: nth % 3 === 0 ? null : `Title ${nth % 4}`,
      score: nth % 4 === 0 ? null : nth % 6,
      status: nth % 2 ? ("qualified" as const) : ("new" as const),
    })),
  )
  for (const sort of ["id", "name", "title", "score", "status", "created_at", "enriched_at"]) {
    for (const dir of ["asc", "desc"]) {
      const address = `sort=${sort}&dir=${dir}&limit=4`
      const all = (await findLeads(store, asked(`sort=${sort}&dir=${dir}`))).rows.map(({ id }) => String(id))
      expect(new Set(all).size).toBe(23)
      expect(await walk(address), address).toEqual(all)
      const last = await lastPage(address)
      expect(await walk(address, "previous", last), address).toEqual(all.slice(0, 20))
    }
  }
})

async function lastPage(address: string, from: string | null = null): Promise<string> {
  const page = await findLeads(store, asked(from === null ? address : `${address}&after=${from}`))
  if (page.next !== null) return lastPage(address, page.next)
  expect(page.previous).not.toBeNull()
  return page.previous ?? ""
}

test("pages go on beside values that are too long for an address", async () => {
  await add(["c", "a", "b"].map((letter) => ({ name: letter.repeat(20_000) })))
  const page = await findLeads(store, asked("sort=name&limit=1"))
  expect(page.next?.length).toBeLessThan(200)
  expect(await walk("sort=name&limit=1")).toEqual(["2", "3", "1"])
  const third = await findLeads(store, asked("sort=name&dir=desc&limit=1"))
  expect(await walk("sort=name&dir=desc&limit=1", "next", third.next)).toEqual(["3", "2"])
})

test("what lacks the value comes last in either direction", async () => {
  await add([
    { name: "Ada", title: null },
    { name: "Ben", title: "Zoologist" },
    { name: "Cleo", title: "Actuary" },
  ])
  expect(await names("sort=title&dir=asc")).toEqual(["Cleo", "Ben", "Ada"])
  expect(await names("sort=title&dir=desc")).toEqual(["Ben", "Cleo", "Ada"])
})

test("a search finds the beginnings of words, newest first, and pages by itself", async () => {
  await add([
    { name: "Maria Okafor", company: "Larkspur" },
    { name: "Ben Vance", title: "Marine biologist" },
    { name: "José Mareš", location: "Brno" },
    { name: "Cleo Haddad" },
  ])
  expect(await names("q=mar")).toEqual(["José Mareš", "Ben Vance", "Maria Okafor"])
  expect(await names("q=jose mares")).toEqual(["José Mareš"])
  expect(await names("q=mar&sort=name&dir=asc")).toEqual(["Ben Vance", "José Mareš", "Maria Okafor"])
  expect(await walk("q=mar&limit=1")).toEqual(["3", "2", "1"])
  expect(await names("q=mar&status=qualified")).toEqual([])
  expect(await names('q=")(*')).toEqual([])
})

test("filters compare as their address says", async () => {
  await add([
    { name: "Ada", title: "CTO", score: 80, status: "qualified", email: "ada@larkspur.example" },
    { name: "Ben", title: "ctO of Cobalt", score: 60, custom: { Booth: "B4" } },
    { name: "Cleo", title: null, score: null, custom: { Booth: "100%_sure" } },
  ])
  expect(await names("status=qualified")).toEqual(["Ada"])
  expect(await names("title~=cto")).toEqual(["Ben", "Ada"])
  expect(await names("title=CTO")).toEqual(["Ada"])
  expect(await names("title!=CTO")).toEqual(["Cleo", "Ben"])
  expect(await names("score>=70")).toEqual(["Ada"])
  expect(await names("score<=60")).toEqual(["Ben"])
  expect(await names("email=")).toEqual(["Cleo", "Ben"])
  expect(await names("email!=")).toEqual(["Ada"])
  expect(await names("missing=title")).toEqual(["Cleo"])
  expect(await names("custom.Booth=B4")).toEqual(["Ben"])
  expect(await names("custom.Booth~=0%25_")).toEqual(["Cleo"])
})

test("an agent asks in the words of rows, and gets the same", async () => {
  await add([{ name: "Ada", linkedinUrl: "https://www.linkedin.com/in/ada-example" }, { name: "Ben" }])
  const query = leadQuery.parse({ status: "new", missing: "linkedinUrl", limit: 20 })
  expect((await findLeads(store, query)).rows.map(({ name }) => name)).toEqual(["Ben"])
  expect(leadQuery.parse({ where: { "score>": 70 } }).conditions).toEqual([
    { column: "score", is: "at least", value: 70 },
  ])
})

test("what cannot be asked is refused with what could be", () => {
  const refusal = (address: string) => {
    const parsed = leadQuery.safeParse(askedIn(new URLSearchParams(address)))
    return parsed.success ? "" : parsed.error.issues.map(({ message }) => message).join(" ")
  }
  expect(refusal("sort=shoe_size")).toContain("Columns are: id, name")
  expect(refusal("shoe_size=44")).toContain("There is no column shoe_size")
  expect(refusal("constructor=1")).toContain("There is no column constructor")
  expect(refusal("status=asleep")).toContain("status is one of new, qualified")
  expect(refusal("score>=many")).toContain("score is compared with a number")
  expect(refusal("limit=100000")).not.toBe("")
  expect(refusal("after=zzzz")).toContain("Start again from the first page")
  expect(refusal("custom.a%22b=1")).toContain("There is no column")
})

test("beginnings of words find what they begin, be it few words or many, in any script", async () => {
  const many = Array.from({ length: 12 }, (_, nth) => ({ name: `Robo${String.fromCharCode(97 + nth)} Kaya` }))
  await add([{ name: "Ada Robotics" }, { name: "Ben Robot" }, { name: "Zoë Ångström" }, { name: "金 Yuki" }, ...many])
  expect(await names("q=robotics")).toEqual(["Ada Robotics"])
  expect(await names("q=robot")).toEqual(["Ben Robot", "Ada Robotics"])
  expect(await names("q=robo")).toHaveLength(14)
  expect(await names("q=robo+ben")).toEqual(["Ben Robot"])
  expect(await names("q=ångstr")).toEqual(["Zoë Ångström"])
  expect(await names("q=angstr+zoe")).toEqual(["Zoë Ångström"])
  expect(await names("q=金")).toEqual(["金 Yuki"])
  expect(await names("q=OR+robotics")).toEqual([])
  expect((await countLeads(store, asked("q=robo"))).total).toBe(14)
})

test("a cursor of another order is refused", async () => {
  await add([{ name: "Ada" }, { name: "Ben" }])
  const { next } = await findLeads(store, asked("sort=name&limit=1"))
  expect(leadQuery.safeParse({ sort: "title", after: next }).success).toBe(false)
  expect(leadQuery.safeParse({ sort: "name", dir: "desc", after: next }).success).toBe(false)
  expect(leadQuery.safeParse({ sort: "name", after: next }).success).toBe(true)
})

test("counts leave the status aside, and heed everything else", async () => {
  await add([
    { name: "Maria", status: "qualified", email: "m@larkspur.example" },
    { name: "Marek", status: "new" },
    { name: "Ben", status: "new", email: "b@larkspur.example" },
    { name: "Cleo", mergedInto: 1 },
  ])
  const count = async (address: string) => {
    const { total, byStatus } = await countLeads(store, asked(address))
    return [total, byStatus.filter(({ count }) => count > 0).map(({ status, count }) => `${status} ${count}`)]
  }
  expect(await count("")).toEqual([3, ["new 2", "qualified 1"]])
  expect(await count("status=new")).toEqual([2, ["new 2", "qualified 1"]])
  expect(await count("status=new&email!=")).toEqual([1, ["new 1", "qualified 1"]])
  expect(await count("status~=qual")).toEqual([1, ["new 2", "qualified 1"]])
  expect(await count("status>=qualified")).toEqual([1, ["new 2", "qualified 1"]])
  expect(await count("status=new&status!=new")).toEqual([0, ["new 2", "qualified 1"]])
  expect(await count("q=mar")).toEqual([2, ["new 1", "qualified 1"]])
  expect(await count("q=mar&status=qualified")).toEqual([1, ["new 1", "qualified 1"]])
})

test("leads with suggestions can be asked for", async () => {
  await add([{ name: "Ada" }, { name: "Ben" }])
  await store.change(ada, async (db) => {
    await db.insert(tables.facts).values({
      entity: "lead",
      entityId: 2,
      field: "title",
      value: "CTO",
      basis: "inferred",
      state: "suggested",
      createdAt: start,
    })
  })
  expect(await names("suggestions>=1")).toEqual(["Ben"])
})

test("companies are found by name, domain and place, with how many leads work there", async () => {
  await add([
    { name: "Ada", company: "Larkspur Robotics" },
    { name: "Ben", company: "Larkspur Robotics" },
    { name: "Cleo", company: "Cobalt Freight" },
  ])
  const found = async (address: string) => {
    const { rows } = await findCompanies(store, companyQuery.parse(askedIn(new URLSearchParams(address))))
    return rows.map(({ name, leads }) => `${name} ${leads}`)
  }
  expect(await found("sort=name")).toEqual(["Cobalt Freight 1", "Larkspur Robotics 2"])
  expect(await found("q=LARK")).toEqual(["Larkspur Robotics 2"])
  expect(await found("name~=freight")).toEqual(["Cobalt Freight 1"])
})
