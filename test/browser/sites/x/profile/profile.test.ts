import { expect, test } from "vitest"
import { xProfile } from "../../../../../src/browser/sites/x/profile/profile.ts"
import { capture, fixture, unprovedQuotes, wrongValues } from "../../fixture.ts"

const maren = "https://x.com/maren_cold"
const tomori = "https://x.com/tomori_hayasaka"

function read(url: string, name: string) {
  return xProfile.parse(capture(url, fixture(import.meta.url, name)))
}

test("a profile keeps its emoji, the site that its link shows, and the exact number of followers", () => {
  const reading = read(maren, "english")
  expect(reading.title).toBe("Maren Halloway (@maren_cold) / X")
  expect(reading.fields).toMatchObject({
    name: "Maren Halloway ❄️",
    handle: "maren_cold",
    bio: "VP Logistics @northlight_fr. 🚢\nDoors stay shut",
    location: "Rotterdam",
    website: "northlight.example",
    followers: 12_438,
  })
  expect(reading.quotes.website).toBe("northlight.example/cold-chain…")
  expect(reading.text).not.toMatch(/Ottoline|Vantongeren|timetables/)
})

test("posts are those of the timeline: reposts have their own author, quoted posts and advertisements are left out", () => {
  expect(read(maren, "english").fields.posts).toEqual([
    {
      author: "Maren Halloway ❄️",
      text: "Pinned: how to keep a door shut.\nThread",
      at: "2025-01-14T09:00:00.000Z",
      url: "https://x.com/maren_cold/status/1879091080197046272",
    },
    {
      author: "Maren Halloway ❄️",
      text: "Eleven minutes of slack 🚢 thanks @hana_slow for the note",
      at: "2026-11-09T08:12:00.000Z",
      url: "https://x.com/maren_cold/status/2119704543359926272",
    },
    {
      author: "Maren Halloway ❄️",
      text: "So true.",
      at: "2026-11-08T08:12:00.000Z",
      url: "https://x.com/maren_cold/status/2119704543359926999",
    },
    {
      author: "Bruno Castagnier",
      text: "We hire.",
      at: "2026-11-05T08:12:00.000Z",
      url: "https://x.com/bruno_fils/status/2119342155494326272",
    },
  ])
})

test("a profile without structured data gives the short count as it is, approximately", () => {
  expect(read(tomori, "japanese").fields).toEqual({
    name: "早坂 灯里",
    handle: "tomori_hayasaka",
    bio: "冷たいものを、冷たいまま。",
    location: "京都",
    website: "hotarubin.example",
    followers: 32_000,
  })
})

test.each([
  ["suspended", "https://x.com/vikram_docks", "gone"],
  ["missing", "https://x.com/nobody_here_7", "gone"],
  ["protected", "https://x.com/noor_quiet", "private"],
  ["rate-limited", maren, "blocked"],
  ["login-wall", maren, "blocked"],
])("%s: %s is %s", (name, url, kind) => {
  expect(read(url, name)).toMatchObject({ kind, fields: {}, text: "" })
})

test("an empty timeline is no missing account, even when the handle says suspended", () => {
  expect(read("https://x.com/suspended_ned", "empty-timeline")).toMatchObject({
    kind: "found",
    fields: { name: "Ned Farrowby", handle: "suspended_ned", followers: 9 },
  })
})

test("a page of another account is drift", () => {
  expect(read("https://x.com/somebody_else", "english")).toMatchObject({ kind: "drift", fields: {} })
})

test.each([
  ["https://x.com/i/flow/login?redirect_after_login=x", 200],
  ["https://x.com/account/access", 200],
  [maren, 429],
  [maren, 403],
])("an answer from %s with status %i is blocked", (finalUrl, status) => {
  const html = fixture(import.meta.url, "english")
  expect(xProfile.parse(capture(maren, html, { finalUrl, status })).kind).toBe("blocked")
})

test.each([
  [maren, "english"],
  [tomori, "japanese"],
])("%s (%s): every quote is proved, and damage to the page makes no wrong value", (url, name) => {
  const words = 'img, [data-testid="tweetText"] *'
  expect(unprovedQuotes(read(url, name))).toEqual([])
  expect(wrongValues(xProfile, url, fixture(import.meta.url, name), words)).toEqual([])
})
