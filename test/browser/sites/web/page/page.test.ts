import { expect, test } from "vitest"
import { webPage } from "../../../../../src/browser/sites/web/page/page.ts"
import { stepsOf, withoutSteps, withStep } from "../../../../../src/browser/sites/web/page/steps.ts"
import { snapshotOf } from "../../../../../src/browser/snapshot.ts"
import { capture, fixture, unprovedQuotes, wrongValues } from "../../fixture.ts"

const url = "https://northlight.example/blog/cold-chains"
const html = fixture(import.meta.url, "article")

test("an article has its heading, its words and where it leads, without what frames it", () => {
  const reading = webPage.parse(capture(url, html))
  expect(reading).toMatchObject({ kind: "found", title: "Cold chains in winter" })
  expect(reading.fields).toEqual({
    name: "Northlight",
    headline: "Cold chains in winter",
    description: "What a frozen lorry costs.",
    links: [
      { text: "Maren Halloway", url: "https://www.linkedin.com/in/maren-halloway/" },
      { text: "Thermowatch", url: "https://northlight.example/products/thermowatch?from=blog" },
    ],
  })
  expect(reading.text).toMatch(/^Cold chains in winter\nA lorry that stands still/)
  expect(reading.text).not.toMatch(/evil|Subscribe|Imprint|Home/)
  expect(unprovedQuotes(reading)).toEqual([])
})

test("damage to the page makes no wrong value", () => {
  expect(wrongValues(webPage, url, html, "article, h1, [role=dialog]")).toEqual([])
})

test("a page that is gone, shut or empty says so", () => {
  expect(webPage.parse(capture(url, html, { status: 404 })).kind).toBe("gone")
  expect(webPage.parse(capture(url, html, { status: 401 })).kind).toBe("private")
  expect(webPage.parse(capture(url, html, { status: 503 })).kind).toBe("blocked")
  expect(webPage.parse(capture(url, "<main></main>")).kind).toBe("drift")
})

test("an outline has fields to write words in, but none for passwords, and nothing that is shut", () => {
  const snapshot = snapshotOf(capture(url, html), 7)
  expect(snapshot?.controls.map(({ at, role, name }) => [at, role, name])).toEqual([[0, "textbox", "Search the blog"]])
  expect(snapshot?.text).toContain('([7:c0] textbox: hint "Search the blog")')
  expect(snapshot?.text).toContain("Maren Halloway [7:l0]")
  expect(snapshot?.text).not.toContain("evil")
})

test("an address names the steps to what stands there, and only a few", () => {
  const step = { kind: "click", at: 3, print: "button||More #1" } as const
  const once = withStep(url, step)
  expect(stepsOf(once)).toEqual([step])
  expect(stepsOf(withStep(once, step))).toEqual([step, step])
  expect(withoutSteps(once)).toBe(url)
  expect(webPage.address(new URL(once))).toBe(once)
  expect(webPage.address(new URL(`${url}#top`))).toBe(url)
  let far = url
  for (let i = 0; i < 7; i++) far = withStep(far, step)
  expect(stepsOf(far)).toEqual([])
})

test("of an endless page the beginning and the end are read", () => {
  const rows = Array.from({ length: 30_000 }, (_, i) => `<p>Row ${i}</p>`).join("")
  const { text } = webPage.parse(capture(url, `<main><h1>All rows</h1>${rows}</main>`))
  expect(text).toMatch(/^All rows\nRow 0\n/)
  expect(text).toMatch(/Row 29999$/)
  expect(text.split("\n")).toHaveLength(2_500)
})
