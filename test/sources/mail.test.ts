import { expect, test } from "vitest"
import { checkMailDomain, type MailResolver } from "../../src/sources/mail-domain.ts"
import { guessMail } from "../../src/sources/mail-patterns.ts"

const fails = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }))
const none = fails("ENODATA")
const resolver = (answers: Partial<MailResolver>): MailResolver => ({
  resolveMx: none,
  resolve4: none,
  resolve6: none,
  ...answers,
})

test.each<[string, Partial<MailResolver>, string]>([
  ["mail hosts", { resolveMx: async () => [{ exchange: "mx.holm.example", priority: 10 }] }, "valid domain"],
  ["an address alone", { resolve4: async () => ["192.0.2.1"] }, "valid domain"],
  ["the null host of RFC 7505", { resolveMx: async () => [{ exchange: "", priority: 0 }] }, "no mail"],
  ["nothing at all", {}, "no mail"],
  ["no such name", { resolveMx: fails("ENOTFOUND") }, "no mail"],
  ["a name server that does not answer", { resolveMx: fails("ETIMEOUT") }, "unknown"],
  ["half an answer", { resolve4: fails("ESERVFAIL") }, "unknown"],
])("a domain with %s is judged honestly", async (_what, answers, verdict) => {
  expect((await checkMailDomain("holm.example", resolver(answers))).kind).toBe(verdict)
})

test("in rehearsal no name server is asked, and the verdict says so", async () => {
  expect(await checkMailDomain("holm.example", null)).toEqual({
    kind: "unknown",
    reason: "In rehearsal the domain name system is not asked.",
  })
})

test("an address is guessed from how colleagues' addresses are made, and told as a guess", () => {
  const colleagues = [
    { name: "Ada Holm", email: "ada.holm@tides.example" },
    { name: "Søren Łukasz", email: "soren.lukasz@tides.example" },
    { name: "Bo Ek", email: "bek@tides.example" },
    { name: "Cy Dahl", email: "hello@tides.example" },
    { name: "Di Falk", email: "di.falk@elsewhere.example" },
  ]
  expect(guessMail("Éva Müller-Groß", "tides.example", colleagues)).toEqual([
    { email: "eva.mullergross@tides.example", pattern: "first.last", seen: 2, of: 5 },
    { email: "emullergross@tides.example", pattern: "flast", seen: 1, of: 5 },
  ])
})

test("nothing is guessed without a colleague, or for a name without Latin letters", () => {
  expect(guessMail("Ada Holm", "tides.example", [])).toEqual([])
  const colleagues = [{ name: "Ada Holm", email: "ada.holm@tides.example" }]
  expect(guessMail("山田 太郎", "tides.example", colleagues)).toEqual([])
  expect(guessMail("Ada", "tides.example", colleagues)).toEqual([])
})
