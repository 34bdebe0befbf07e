import { expect, test } from "vitest"
import { xSearch } from "../../../../../src/browser/sites/x/search/search.ts"
import { capture, fixture, wrongValues } from "../../fixture.ts"

const url = "https://x.com/search?q=cold+chain"

function read(name: string) {
  return xSearch.parse(capture(url, fixture(import.meta.url, name)))
}

test("a search for people gives people, and not those at the side", () => {
  expect(read("people").fields).toEqual({
    people: [
      { name: "Maren Halloway ❄️", headline: null, title: null, url: "https://x.com/maren_cold", location: null },
      { name: "Hana Okimoto", headline: null, title: null, url: "https://x.com/hana_slow", location: null },
    ],
  })
})

test("a search for posts gives posts, and no advertisements", () => {
  expect(read("posts").fields.posts?.map(({ author }) => author)).toEqual(["Maren Halloway ❄️", "Bruno Castagnier"])
})

test.each(["people", "posts"])("%s: damage to the page makes no wrong value", (name) => {
  const words = 'img, [data-testid="tweetText"] *'
  expect(wrongValues(xSearch, url, fixture(import.meta.url, name), words)).toEqual([])
})
