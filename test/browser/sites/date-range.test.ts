import { expect, test } from "vitest"
import { parseDateRange } from "../../../src/browser/sites/date-range.ts"

test.each([
  "Jan 2020 - Present · 3 yrs 2 mos",
  "2019 – Present",
  "Okt. 2019–Heute · 7 Jahre",
  "janv. 2020 - aujourd’hui · 5 ans",
  "enero de 2020 - actualidad",
  "jan de 2020 - o momento · 4 anos",
  "2020年4月 - 現在 · 6年8ヶ月",
  "2020年4月～現在",
  "2020년 4월 - 현재",
  "يناير ٢٠٢١ - الحالي · ٥ سنوات",
  "Jan 2020 to Present",
])("%s has not ended", (text) => {
  expect(parseDateRange(text)?.to).toBeNull()
})

test.each([
  "Jan 2015 - Dec 2017 · 3 yrs",
  "2012 – 2016",
  "2012年 – 2014年",
  "Mai 2024–Aug. 2025 · 1 Jahr",
  "مارس ٢٠١٦ - ديسمبر ٢٠٢٠",
  "2015",
  "Jan 2020 · 1 mo",
])("%s has ended", (text) => {
  expect(parseDateRange(text)?.to).toBeTypeOf("string")
})

test.each([
  "Northlight Freight · Full-time",
  "6 yrs 3 mos",
  "Jan 2020 -",
  "- Mar 2022",
  "Jan 2020 - Present 3 years",
  "Head of Planning - EMEA",
  "Rotterdam, South Holland, Netherlands",
  "",
])("%s is no range", (text) => {
  expect(parseDateRange(text)).toBeNull()
})
