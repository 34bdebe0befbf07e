import { expect, test } from "vitest"
import { catalogue } from "../../src/actions/catalogue.ts"
import type { Grant } from "../../src/actions/define.ts"
import { covers, coversHost, isGranted, narrowedBy } from "../../src/actions/grants.ts"

const patterns = [
  "leads.*",
  "leads.find",
  "leads.learn",
  "linkedin.*",
  "web.site",
  "sql.query",
  "tasks.*",
  "agents.ask",
]
const hosts = ["*.linkedin.com", "www.linkedin.com", "x.com", "*.example", "acme.example"]
const effects = ["read", "write", "browse"] as const

/** Seeded, so that a failure can be seen again. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function someGrant(random: () => number): Grant {
  const some = <T>(list: readonly T[]) => list.filter(() => random() < 0.4)
  const maybe = <T extends object>(part: T) => (random() < 0.5 ? part : {})
  return {
    effects: some(effects),
    actions: random() < 0.3 ? null : some(patterns),
    maxCalls: Math.ceil(random() * 100),
    leadId: random() < 0.5 ? null : Math.ceil(random() * 2),
    ...maybe({ ask: some(patterns) }),
    ...maybe({ deny: some(patterns) }),
    ...maybe({ hosts: some(hosts) }),
    ...maybe({ fields: some(["title", "company", "email"]) }),
    ...maybe({ until: `2027-0${1 + Math.floor(random() * 9)}-01T00:00:00.000Z` }),
  }
}

test("who was asked may do what both may, and nothing else", () => {
  const random = chance(7)
  for (let n = 0; n < 2_000; n += 1) {
    const [grant, asker] = [someGrant(random), someGrant(random)]
    const both = narrowedBy(grant, asker)
    const isOfOneLead = grant.leadId === null || asker.leadId === null || grant.leadId === asker.leadId
    for (const action of catalogue) {
      const isOfBoth = isGranted(grant, action) && isGranted(asker, action)
      const expected = isOfBoth && (action.effect !== "write" || isOfOneLead)
      expect([n, action.name, isGranted(both, action)]).toEqual([n, action.name, expected])
      if (!expected) continue
      const asks = covers([...(grant.ask ?? []), ...(asker.ask ?? [])], action.name)
      expect([n, action.name, covers(both.ask ?? [], action.name)]).toEqual([n, action.name, asks])
    }
    for (const host of ["www.linkedin.com", "de.linkedin.com", "x.com", "acme.example", "a.example", "evil.test"]) {
      const isOpen = ({ hosts }: Grant) => !hosts || coversHost(hosts, host)
      expect([n, host, isOpen(both)]).toEqual([n, host, isOpen(grant) && isOpen(asker)])
    }
    for (const field of ["title", "company", "email"]) {
      const isWritable = ({ fields }: Grant) => !fields || fields.includes(field)
      expect(isWritable(both)).toBe(isWritable(grant) && isWritable(asker))
    }
    expect(both.maxCalls).toBe(Math.min(grant.maxCalls, asker.maxCalls))
    expect(both.leadId).toBe(grant.leadId ?? asker.leadId)
    expect(both.until).toBe([grant.until, asker.until].filter(Boolean).toSorted()[0])
  }
})

test("filters that cannot both stand leave nothing to write", () => {
  const grant: Grant = { effects: ["read", "write"], actions: null, maxCalls: 9, leadId: null, rows: { owner: "ada" } }
  expect(narrowedBy(grant, { ...grant, rows: { owner: "bo" } }).effects).toEqual(["read"])
  expect(narrowedBy(grant, { ...grant, rows: { status: "new" } })).toMatchObject({
    effects: ["read", "write"],
    rows: { owner: "ada", status: "new" },
  })
})
