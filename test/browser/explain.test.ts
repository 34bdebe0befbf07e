import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { explainPage } from "../../src/browser/explain.ts"
import { capture } from "./sites/fixture.ts"

const url = "https://www.linkedin.com/in/maren-halloway/"
const folder = new URL("sites/linkedin/profile/fixtures/", import.meta.url)
const html = readFileSync(new URL("today-english.html", folder), "utf8")

function fieldOf(page: string, name: string) {
  return explainPage("linkedin.profile", capture(url, page)).fields.find(({ field }) => field === name)
}

test("every hook that was tried for a field is told, and which one found it", () => {
  expect(explainPage("linkedin.profile", capture(url, html)).layouts).toEqual([{ layout: "today", came: "fits" }])
  expect(fieldOf(html, "name")).toEqual({
    field: "name",
    hook: "verification-heading",
    quote: "Maren Halloway",
    tried: [{ hook: "verification-heading", came: "found" }],
  })
  expect(fieldOf(html.replaceAll("ProfileVerificationTriggerRef", "Other"), "name")?.tried).toEqual([
    { hook: "verification-heading", came: "nothing" },
    { hook: "only-heading", came: "found" },
  ])
})

test("of a page that drifted it is told which hooks failed, and what the others still found", () => {
  const damaged = html.replaceAll("<h2", "<h6")
  expect(fieldOf(damaged, "name")).toMatchObject({ hook: null, tried: [{ came: "nothing" }, { came: "nothing" }] })
  expect(fieldOf(damaged, "headline")).toMatchObject({ hook: "after-degree", quote: null })
})

test("where no layout fits, every one that was looked for is named", () => {
  const { layouts, fields } = explainPage("linkedin.profile", capture(url, "<p>Something else</p>"))
  expect(layouts.map(({ layout, came }) => `${layout} ${came}`)).toEqual([
    "today does not fit",
    "guest does not fit",
    "before-2024 does not fit",
  ])
  expect(fields.every(({ tried }) => tried.length === 0)).toBe(true)
})
