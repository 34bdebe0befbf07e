import { expect, test } from "vitest"
import { linkedinSearch } from "../../../../../src/browser/sites/linkedin/search/search.ts"
import { capture, fixture, unprovedQuotes, wrongValues } from "../../fixture.ts"

const url = "https://www.linkedin.com/search/results/people/?keywords=cold+chain"
const maren = {
  name: "Maren Halloway",
  headline: "VP Logistics, Northlight Freight",
  title: null,
  url: "https://www.linkedin.com/in/maren-halloway/",
  location: "Rotterdam, Netherlands",
}

function read(name: string) {
  return linkedinSearch.parse(capture(url, fixture(import.meta.url, name)))
}

test("results are people with headline and place; mutual connections and nameless members are not", () => {
  const reading = read("list-items")
  expect(reading.fields.people).toEqual([
    maren,
    {
      name: "早坂 灯里",
      headline: "物流部長",
      title: null,
      url: "https://www.linkedin.com/in/%E6%97%A9%E5%9D%82-%E7%81%AF%E9%87%8C/",
      location: "京都府 京都市",
    },
    {
      name: "Ned Farrowby",
      headline: null,
      title: null,
      url: "https://www.linkedin.com/in/ned-farrowby/",
      location: null,
    },
  ])
  expect(unprovedQuotes(reading)).toEqual([])
})

test("the older form of a result is read alike", () => {
  expect(read("universal-template").fields.people).toEqual([maren])
})

test("a search without a result that is known is drift", () => {
  const html = "<body><main><p>No results found</p></main></body>"
  expect(linkedinSearch.parse(capture(url, html)).kind).toBe("drift")
})

test.each(["list-items", "universal-template"])("%s: damage to the page makes no wrong value", (name) => {
  expect(wrongValues(linkedinSearch, url, fixture(import.meta.url, name), ".visually-hidden")).toEqual([])
})
