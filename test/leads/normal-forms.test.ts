import { describe, expect, test } from "vitest"
import { companyKey } from "../../src/leads/normal-forms/company-name.ts"
import { parseCountry } from "../../src/leads/normal-forms/country.ts"
import { dateOrderOf, parseDate } from "../../src/leads/normal-forms/date.ts"
import { isFreeMail, isRoleAddress, parseEmail } from "../../src/leads/normal-forms/email.ts"
import {
  parseLinkedinCompanySlug,
  parseLinkedinCompanyUrl,
  parseLinkedinSlug,
  parseLinkedinUrl,
} from "../../src/leads/normal-forms/linkedin.ts"
import { parseMoney, parseNumber } from "../../src/leads/normal-forms/number.ts"
import { joinName, parsePersonName } from "../../src/leads/normal-forms/person-name.ts"
import { parsePhone } from "../../src/leads/normal-forms/phone.ts"
import { parseSeniority } from "../../src/leads/normal-forms/seniority.ts"
import { foldLines, foldText } from "../../src/leads/normal-forms/text.ts"
import { parseDomain, parseUrl } from "../../src/leads/normal-forms/web-address.ts"
import { parseXHandle } from "../../src/leads/normal-forms/x-handle.ts"

const texts = [
  "",
  " ",
  "Ada Quill",
  "ada@quill.example",
  "<Ada.Quill+x@Quill.EXAMPLE>,",
  "käthe@bücher.example",
  "https://www.linkedin.com/in/ada-quill/?x=1",
  "https://de.linkedin.com/in/j%C3%B6rg-w%C3%BCst",
  "linkedin.com/pub/ada-quill/39/31b/a2",
  "https://www.linkedin.com/company/Quill-Harbor/about/",
  "@AdaQuill",
  "https://x.com/AdaQuill/status/1",
  "(555) 010-1234",
  "+1 555 010 1234 ext 5",
  "www.Quill.example/a?b#c",
  "04 Mar 2026",
  "12/31/2025",
  "$12,500.00",
  "1.234,5",
  "Deutschland",
  "VP of Sales",
  "Q.U.I.L.L. S.p.A.",
  "Quill GmbH & Co. KG",
  "\u202eAda\u200b  Quill\u2069",
  "%E0%A4%A",
  "in/%2e%2e",
  "İstanbul A.Ş.",
  "e\u0301clair",
  "9".repeat(5000),
  "a-".repeat(5000),
]

const parsers: Record<string, (text: string) => string | null> = {
  foldText,
  foldLines,
  parsePersonName,
  parseEmail,
  parsePhone: (text) => parsePhone(text),
  "parsePhone in the US": (text) => parsePhone(text, "US"),
  parseUrl,
  parseDomain,
  parseLinkedinSlug,
  parseLinkedinUrl,
  parseLinkedinCompanySlug,
  parseLinkedinCompanyUrl,
  parseXHandle,
  parseCountry,
  parseDate: (text) => parseDate(text, "mdy"),
  parseSeniority,
  companyKey,
}

describe("a normal form parses to itself", () => {
  test.each(Object.entries(parsers))("%s", (_, parse) => {
    for (const text of texts) {
      const form = parse(text)
      if (form !== null) expect(parse(form)).toBe(form)
    }
  })
})

test("every form can be told from an identifier of another person by nothing but its own text", () => {
  expect(parseLinkedinUrl("ada-quill")).toBeNull()
  expect(parseLinkedinSlug("ada-quill")).toBe("ada-quill")
})

test.each([
  ["Ada@Quill.EXAMPLE", "ada@quill.example"],
  ["mailto:ada@quill.example?subject=x", "ada@quill.example"],
  ["<ada@quill.example>;", "ada@quill.example"],
  ["käthe@quill.example", "käthe@quill.example"],
  ["ada@bücher.example", "ada@xn--bcher-kva.example"],
  ["ada@quill", null],
  ["ada..x@quill.example", null],
  ["ada@@quill.example", null],
  ["ada quill@quill.example", null],
  ["ada@127.0.0.1", null],
  ["@quill.example", null],
  ["ada@-quill.example", null],
])("the email address in %j is %j", (text, form) => expect(parseEmail(text)).toBe(form))

test("addresses of functions are role addresses, addresses of people are not", () => {
  for (const role of ["info", "Sales", "no-reply", "sales-emea", "kontakt", "support.team", "info+x"]) {
    expect(isRoleAddress(`${role}@quill.example`), role).toBe(true)
  }
  for (const person of ["ada", "ada.sales", "hello.kitty", "salesman", "infoada"]) {
    expect(isRoleAddress(`${person}@quill.example`), person).toBe(false)
  }
})

test("public mail providers say nothing about a company", () => {
  expect(["ada@gmail.com", "yahoo.co.uk", "gmx.de"].map(isFreeMail)).toEqual([true, true, true])
  expect(isFreeMail("ada@quill.example")).toBe(false)
})

test.each([
  ["(555) 010-1234", null, "(555) 010-1234"],
  ["(555) 010-1234", "US", "+15550101234"],
  ["0049 30 5550123", null, "+49305550123"],
  ["'+1 555 010 1234 x5", null, "+15550101234 ext. 5"],
  ["030 5550123", "de", "+49305550123"],
  ["4.93E+11", null, null],
  ["12345", null, null],
  ["call me", null, null],
])("the phone number in %j (region %j) is %j", (text, region, form) => expect(parsePhone(text, region)).toBe(form))

test.each([
  ["quill.example", "https://quill.example"],
  ["HTTP://Quill.example/A?b=1#c", "http://quill.example/A?b=1#c"],
  ["javascript:alert(1)", null],
  ["https://ada:secret@quill.example/", null],
  ["not a url", null],
  ["file:///etc/passwd", null],
])("the web address in %j is %j", (text, form) => expect(parseUrl(text)).toBe(form))

test.each([
  ["https://www.Quill.example/about", "quill.example"],
  ["ada@quill.example", "quill.example"],
  ["bücher.example", "xn--bcher-kva.example"],
  ["Quill", null],
  ["10.0.0.1", null],
])("the domain of %j is %j", (text, form) => expect(parseDomain(text)).toBe(form))

test.each([
  ["https://www.linkedin.com/in/Ada-Quill/", "ada-quill"],
  ["http://de.linkedin.com/in/ada-quill/en?trk=x", "ada-quill"],
  ["linkedin.com/in/j%C3%B6rg-w%C3%BCst", "jörg-wüst"],
  ["https://www.linkedin.com/in/j\u006f\u0308rg", "jörg"],
  ["https://www.linkedin.com/pub/ada-quill/39/31b/a2", "ada-quill-0a231b39"],
  ["https://m.linkedin.com/mwlite/in/ada-quill", "ada-quill"],
  ["https://www.linkedin.com/in/ACoAAB1234567890abcdefGHIJKLMN", "ACoAAB1234567890abcdefGHIJKLMN"],
  ["https://www.linkedin.com/sales/lead/ACwAAB1234,NAME_SEARCH", null],
  ["https://www.linkedin.com/pub/dir/ada/quill", null],
  ["https://www.linkedin.com/in/unavailable/", null],
  ["https://www.linkedin.com/company/quill", null],
  ["https://www.linkedin.com.evil.example/in/ada-quill", null],
  ["https://www.linkedin.com/in/..%2F..%2Fadmin", null],
  ["https://www.linkedin.com/in/ada%E2%80%AEquill", null],
])("the LinkedIn slug of %j is %j", (text, slug) => {
  expect(parseLinkedinSlug(text)).toBe(slug)
  expect(parseLinkedinUrl(text)).toBe(slug && `https://www.linkedin.com/in/${slug}`)
})

test("a company page and a school have one address, with numbers as well as names", () => {
  expect(parseLinkedinCompanyUrl("linkedin.com/company/Quill-Harbor/jobs")).toBe(
    "https://www.linkedin.com/company/quill-harbor",
  )
  expect(parseLinkedinCompanySlug("https://www.linkedin.com/school/quill-college/")).toBe("quill-college")
  expect(parseLinkedinCompanySlug("https://www.linkedin.com/company/5550123")).toBe("5550123")
  expect(parseLinkedinCompanySlug("https://www.linkedin.com/in/ada-quill")).toBeNull()
})

test.each([
  ["@AdaQuill", "AdaQuill"],
  ["AdaQuill", "AdaQuill"],
  ["https://twitter.com/AdaQuill/status/5", "AdaQuill"],
  ["mobile.x.com/@adaquill?s=20", "adaquill"],
  ["https://x.com/intent/user?screen_name=adaquill", "adaquill"],
  ["https://x.com/home", null],
  ["x.com/i/user/5550123", null],
  ["https://notx.com/adaquill", null],
  ["a_handle_longer_than_it_can_be", null],
  ["Ada Quill", null],
])("the X handle in %j is %j", (text, form) => expect(parseXHandle(text)).toBe(form))

test("countries are known by code and by name in five languages", () => {
  expect(["de", "Germany", "Deutschland", "Allemagne", "Alemania", "Alemanha"].map(parseCountry)).toEqual(
    Array(6).fill("DE"),
  )
  expect(["USA", "U.S.", "The Netherlands", "Great Britain", "Atlantis"].map(parseCountry)).toEqual([
    "US",
    "US",
    "NL",
    "GB",
    null,
  ])
})

test.each([
  ["2026-03-04", "2026-03-04"],
  ["2026-03-04T23:30:00Z", "2026-03-04"],
  ["04 Mar 2026", "2026-03-04"],
  ["4. März 2026", "2026-03-04"],
  ["March 4, 2026", "2026-03-04"],
  ["31.12.2025", "2025-12-31"],
  ["12/31/2025", "2025-12-31"],
  ["31/12/2025", "2025-12-31"],
  ["03/04/2025", null],
  ["05/05/2025", "2025-05-05"],
  ["30 Feb 2025", null],
  ["29.02.2024", "2024-02-29"],
  ["13/13/2025", null],
  ["soon", null],
])("the day in %j is %j", (text, form) => expect(parseDate(text)).toBe(form))

test("a slashed date that fits both orders is read as its column shows", () => {
  expect(dateOrderOf(["03/04/2025", "25/04/2025"])).toBe("dmy")
  expect(dateOrderOf(["03/04/2025", "04/25/2025"])).toBe("mdy")
  expect(dateOrderOf(["03/04/2025"])).toBeNull()
  expect(dateOrderOf(["25/04/2025", "04/25/2025"])).toBeNull()
  expect([parseDate("03/04/2025", "dmy"), parseDate("03/04/2025", "mdy")]).toEqual(["2025-04-03", "2025-03-04"])
})

test.each([
  ["$12,500.00", { amount: 12500, currency: "USD" }],
  ["12.500,00 €", { amount: 12500, currency: "EUR" }],
  ["EUR 12 500", { amount: 12500, currency: "EUR" }],
  ["£1.2m", { amount: 1200000, currency: "GBP" }],
  ["12k", { amount: 12000, currency: null }],
  ["1200000", { amount: 1200000, currency: null }],
  ["CHF 1'200.50", { amount: 1200.5, currency: "CHF" }],
  ["12.500", { amount: 12500, currency: null }],
  ["-40 USD", { amount: -40, currency: "USD" }],
  ["12 apples", null],
  ["call us", null],
])("the amount in %j is %j", (text, money) => expect(parseMoney(text)).toEqual(money))

test.each([
  ["1,234.5", 1234.5],
  ["1.234,5", 1234.5],
  ["1 234", 1234],
  ["1,234", 1234],
  ["1.234", 1.234],
  ["-7", -7],
  ["1,23,4", null],
  ["abc", null],
])("the number in %j is %j", (text, number) => expect(parseNumber(text)).toBe(number))

test.each([
  ["Co-Founder & CEO", "founder"],
  ["Chief Revenue Officer", "c-level"],
  ["Geschäftsführerin", "c-level"],
  ["Vice President, Sales", "vp"],
  ["Head of Growth", "head"],
  ["Director of IT", "director"],
  ["Product Manager", "manager"],
  ["Senior Engineer", "senior"],
  ["Praktikant", "junior"],
  ["Engineer", null],
])("the seniority of %j is %j", (title, seniority) => expect(parseSeniority(title)).toBe(seniority))

test("a name loses marks that nobody sees and keeps its letters", () => {
  expect(parsePersonName("\u202e Jo\u0308rg\u200b \n Quill\u0000 ")).toBe("Jörg Quill")
  expect(parsePersonName("ada@quill.example")).toBeNull()
  expect(parsePersonName("12345")).toBeNull()
})

test("a name is put together from the parts that there are", () => {
  expect(joinName("Ada", "", "Quill")).toBe("Ada Quill")
})

test("companies match without legal form, punctuation, case and accents", () => {
  for (const name of ["Quill, Inc.", "QUILL GmbH & Co. KG", "Quill S.p.A.", "Qüill Ltd", "quill"]) {
    expect(companyKey(name), name).toBe("quill")
  }
  expect(companyKey("Salt & Marsh LLC")).toBe("salt and marsh")
  expect(companyKey("Limited")).toBe("limited")
  expect(companyKey("株式会社クイル")).not.toBeNull()
  expect(companyKey("ｶﾞｰﾄﾞ")).toBe(companyKey("ガード"))
  expect(companyKey("שָׁלוֹם")).toBe(companyKey("שלום"))
  expect(companyKey("...")).toBeNull()
})

test("a mark that is no accent makes another word", () => {
  for (const [one = "", other = ""] of [
    ["カード", "ガード"],
    ["कमल", "कोमल"],
    ["กา", "กำ"],
  ]) {
    expect(companyKey(one)).not.toBe(companyKey(other))
    expect(companyKey(other)).toBe(other.normalize("NFKC"))
  }
  expect(companyKey("❤️ Quill")).toBe("quill")
})
