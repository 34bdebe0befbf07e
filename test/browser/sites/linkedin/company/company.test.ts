import { expect, test } from "vitest"
import { linkedinCompany } from "../../../../../src/browser/sites/linkedin/company/company.ts"
import { capture, fixture, unprovedQuotes, wrongValues } from "../../fixture.ts"

const northlight = "https://www.linkedin.com/company/northlight-freight/"
const loomwerk = "https://www.linkedin.com/company/loomwerk-nord/about/"
const kumo = "https://www.linkedin.com/company/kumo-tofu/"

function read(url: string, name: string) {
  return linkedinCompany.parse(capture(url, fixture(import.meta.url, name)))
}

test("the front page for members is read from the record under the address's own name", () => {
  const reading = read(northlight, "member-english")
  expect(reading.fields).toEqual({
    name: "Northlight Freight",
    website: "https://www.northlight.example/",
    industry: "Transportation, Logistics, Supply Chain and Storage",
    size: "201-500",
    location: "Rotterdam, South Holland",
    description: "Cold chains that stay cold.\nEleven depots, two hundred drivers.",
  })
  expect(reading.quotes.size).toBe("employeeCountRange: 201-500")
  expect(reading.text).not.toContain("Evil Freight")
})

test("a record of another company is not taken for the page's own", () => {
  const reading = read("https://www.linkedin.com/company/grebe-holdings/", "member-english")
  expect(reading.fields).toEqual({ name: "Northlight Freight" })
})

test("the German About tab is read from its pairs; specialities that look like a size are none", () => {
  expect(read(loomwerk, "about-german").fields).toEqual({
    name: "Loomwerk Nord",
    website: "https://www.loomwerk-nord.example",
    industry: "Maschinenbau",
    size: "1001-5000",
    location: "Chemnitz, Sachsen",
    description: "Wir hören am Klang, ob ein Lager müde wird.\nSeit 1985.",
  })
})

test("the guest page is read from its hooks, and the website from the words of its link", () => {
  expect(read(kumo, "guest-english").fields).toEqual({
    name: "Kumo Tofu",
    website: "https://kumotofu.example",
    industry: "Food and Beverage Manufacturing",
    size: "11-50",
    location: "Kyoto, Kyoto Prefecture",
    description: "豆腐を、空のように。",
  })
})

const pages: [string, string][] = [
  [northlight, "member-english"],
  [loomwerk, "about-german"],
  [kumo, "guest-english"],
]

test.each(pages)("%s (%s): every quote stands in the text", (url, name) => {
  expect(unprovedQuotes(read(url, name))).toEqual([])
})

test.each(pages)("%s (%s): damage to the page makes no wrong value", (url, name) => {
  expect(wrongValues(linkedinCompany, url, fixture(import.meta.url, name), "br")).toEqual([])
})
