import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type ImportedLead, openLeadFile } from "../../src/leads/import/lead-file.ts"
import { type Replica, startReplica } from "../../src/rehearsal/replica.ts"
import { awkward } from "../../src/rehearsal/web/awkward.ts"
import { companies } from "../../src/rehearsal/web/companies.ts"
import { employerName, people } from "../../src/rehearsal/web/people.ts"
import { currentRole, memberId, type Person } from "../../src/rehearsal/web/person.ts"
import { strangers } from "../../src/rehearsal/web/strangers.ts"

let replica: Replica
beforeAll(async () => {
  replica = await startReplica({ overlay: null })
})
afterAll(() => replica.close())

const handles = people.flatMap((person) => person.x?.handle ?? [])

test("there are enough people and companies, none twice, and every awkward kind", () => {
  expect(people.length).toBeGreaterThanOrEqual(30)
  expect(companies.length).toBeGreaterThanOrEqual(16)
  for (const names of [
    people.map((person) => person.slug),
    handles.map((handle) => handle.toLowerCase()),
    companies.map((company) => company.domain),
    companies.map((company) => String(company.number)),
  ]) {
    expect(new Set(names).size).toBe(names.length)
  }
  const kinds = new Set([...people, ...companies].map((record) => record.awkward).filter((kind) => kind !== undefined))
  expect([...kinds].sort()).toEqual(Object.keys(awkward).sort())
})

test("every handle and site is one that could be", () => {
  for (const handle of handles) expect(handle).toMatch(/^\w{4,15}$/)
  for (const company of companies) expect(company.domain).toMatch(/^[a-z]+\.example$/)
  for (const person of people) expect(memberId(person.slug)).toHaveLength(39)
})

test("no stranger is a person of the replica", () => {
  const names = new Set(people.map((person) => person.name))
  for (const stranger of strangers) expect(names.has(stranger.name)).toBe(false)
})

test("the sample is a LinkedIn export as the import knows it, without a row that it refuses", async () => {
  for (const name of [first, second]) {
    const file = await openLeadFile(pathOf(name))
    expect(file).toMatchObject({ kind: "opened", source: "linkedin" })
    expect(readFileSync(pathOf(name), "utf8")).toMatch(/^Notes:\n".+"\n\nFirst Name,Last Name,URL,Email Address,/)
  }
  expect(await sample(first)).toHaveLength(36)
})

test("the sample leads are people of the replica, save two, and one stands there twice", async () => {
  const urls = (await sample(first)).map((lead) => lead.linkedinUrl ?? "")
  expect(urls.filter((url) => !replica.knows(url))).toEqual([
    "https://www.linkedin.com/in/tancredi-bellavoce",
    "https://www.linkedin.com/in/perpetua-lindqvist-amadi",
  ])
  expect(urls.filter((url, index) => urls.indexOf(url) !== index)).toEqual([
    "https://www.linkedin.com/in/grant-ostergaard-ne",
  ])
})

test("the walls stand in the second account's leads alone, and the newest leads are ordinary", async () => {
  const kinds = (await sample(first)).map((lead) => personOf(lead)?.awkward)
  for (const wall of ["authwall", "checkpoint", "status-999"]) expect(kinds).not.toContain(wall)
  expect(new Set(kinds.slice(-18))).toEqual(new Set([undefined]))
  const walled = (await sample(second)).map((lead) => personOf(lead)?.awkward)
  expect(walled).toEqual(["status-999", "checkpoint", "authwall", undefined])
})

test("the export is right about everybody's employer but those who moved on", async () => {
  const wrong = (await sample(first)).flatMap((lead) => {
    const person = personOf(lead)
    const role = person === undefined ? null : currentRole(person)
    const employer = role === null ? null : employerName(role.company)
    return person === undefined || employer === lead.company ? [] : [person.awkward]
  })
  expect(wrong).toEqual(["role-ended", "changed-jobs"])
})

const first = "Connections.csv"
const second = "Connections-second-account.csv"

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../../src/rehearsal/sample/${name}`, import.meta.url))
}

async function sample(name: string): Promise<ImportedLead[]> {
  const file = await openLeadFile(pathOf(name))
  if (file.kind === "refused") throw new Error(file.message)
  const rows = (await Array.fromAsync(file.rows)).flat()
  return rows.map((row) => {
    if (row.kind === "refused") throw new Error(`${name}:${row.line} ${row.reason}`)
    return row.lead
  })
}

function personOf(lead: ImportedLead): Person | undefined {
  return people.find((person) => decodeURIComponent(lead.linkedinUrl ?? "").endsWith(`/in/${person.slug}`))
}
