import { asciiDigits } from "./count.ts"

/** When something was or is done, in the words of the page; `to` is null when it has not ended. */
type DateRange = { from: string; to: string | null }

const SEPARATORS = [/\s*[–—−~〜～]\s*/, /\s+-\s+/, /(?<=[\d年月])\s*-\s*/, /\s+(?:to|bis|à|al|até)\s+/i]
const YEAR = /(?<!\d)(?:19|20|25)\d\d(?!\d)/

/** Reads "Jan 2020 – Present · 3 yrs" in any language. Both ends are judged by their form and not by their words: an end with a year
 * is a date, an end of words alone is "until now". Null when the text is not a range with two ends, or a single date. */
export function parseDateRange(text: string): DateRange | null {
  const dates = (text.split("·")[0] ?? "").trim()
  const ends = SEPARATORS.map((separator) => dates.split(separator)).find((parts) => parts.length === 2)
  if (ends === undefined) return isDate(dates) ? { from: dates, to: dates } : null
  const [from, to] = ends
  if (from === undefined || to === undefined || !isDate(from)) return null
  if (isDate(to)) return { from, to }
  return isOpenEnd(to) ? { from, to: null } : null
}

/** A year, with at most a month and a day around it. */
function isDate(text: string): boolean {
  const ascii = asciiDigits(text)
  const rest = ascii.replace(YEAR, "")
  if (rest === ascii) return false
  const isBare = /^[\p{L}\p{N}](?:.*[\p{L}\p{N}.])?$/u.test(text) && !/\d{3}|[+&|@]/.test(rest)
  return isBare && rest.length <= 24 && rest.split(/\s+/).filter(Boolean).length <= 2
}

function isOpenEnd(text: string): boolean {
  return /^\p{L}[\p{L}\p{M}'’ ]*$/u.test(text) && text.length <= 24 && text.split(" ").length <= 3
}
