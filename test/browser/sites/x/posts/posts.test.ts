import { expect, test } from "vitest"
import { xPosts } from "../../../../../src/browser/sites/x/posts/posts.ts"
import { capture, fixture, wrongValues } from "../../fixture.ts"

const url = "https://x.com/maren_cold/status/2119704543359926272"

function read(name: string) {
  return xPosts.parse(capture(url, fixture(import.meta.url, name)))
}

test("a post comes with its answers, each with its own author", () => {
  expect(read("status").fields.posts?.map(({ author, text }) => [author, text])).toEqual([
    ["Maren Halloway ❄️", "Eleven minutes of slack 🚢 thanks @hana_slow for the note"],
    ["Hana Okimoto", "You are welcome"],
  ])
})

test("an article is its title and its text", () => {
  expect(read("article").fields.posts).toEqual([
    {
      author: "Maren Halloway",
      text: "On doors\nA door is a promise.\nKeep it.",
      at: "2026-10-01T07:00:00.000Z",
      url: "https://x.com/maren_cold/status/2119704543359920001",
    },
  ])
})

test("a list without a post is drift", () => {
  const html = '<body><main><div data-testid="primaryColumn"><h2>Posts</h2></div></main></body>'
  expect(xPosts.parse(capture(url, html)).kind).toBe("drift")
})

test.each(["status", "article"])("%s: damage to the page makes no wrong value", (name) => {
  const words = 'img, [data-testid="tweetText"] *, [data-testid="twitterArticleRichTextView"] *'
  expect(wrongValues(xPosts, url, fixture(import.meta.url, name), words)).toEqual([])
})
