import { expect, test } from "vitest"
import { parseCount, parseLabelledCount } from "../../../src/browser/sites/count.ts"

test.each([
  ["611", 611],
  ["105,570", 105_570],
  ["1.234", 1234],
  ["1 234 567", 1_234_567],
  ["12.4K", 12_400],
  ["12,4 tys.", 12_400],
  ["1,2 mln", 1_200_000],
  ["3.2万", 32_000],
  ["٤٬٢٠٧", 4207],
])("%s is %i", (text, count) => {
  expect(parseCount(text)).toBe(count)
})

test.each(["12.4", "1,23", "12 quux", "500+", "1.2.3", "", "1,234 of 5,678"])("%s is no count", (text) => {
  expect(parseCount(text)).toBeNull()
})

test.each([
  ["105,570 followers", 105_570],
  ["1.234 Follower:innen", 1234],
  ["フォロワー3,021人", 3021],
  ["٤٬٢٠٧ متابعين", 4207],
])("%s counts %i", (text, count) => {
  expect(parseLabelledCount(text)).toBe(count)
})

test.each(["500+ connections", "12.4K followers", "8 of 9 followers", "Followers"])(
  "%s counts nothing exactly",
  (text) => {
    expect(parseLabelledCount(text)).toBeNull()
  },
)
