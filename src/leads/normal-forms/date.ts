import { foldText, wordsOf } from "./text.ts"

export type DateOrder = "dmy" | "mdy"

/**
 * A day as `YYYY-MM-DD`. Dots mean day first; a slashed date that fits both orders is read in `order`, and without one it is
 * no date.
 */
export function parseDate(text: string, order: DateOrder | null = null): string | null {
  const written = foldText(text)
  const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:$|[T ]\d{1,2}:)/.exec(written)
  if (iso) return day(iso[1], iso[2], iso[3])
  const named = /^(\d{1,2})\.?[ -](\p{L}{3,})\.?,?[ -](\d{4})\b/u.exec(written)
  if (named) return day(named[3], monthOf(named[2]), named[1])
  const american = /^(\p{L}{3,})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b/u.exec(written)
  if (american) return day(american[3], monthOf(american[1]), american[2])
  const numeric = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:$|[ ,])/.exec(written)
  if (!numeric) return null
  const settled = numeric[2] === "." ? "dmy" : (dateOrderOf([written]) ?? order)
  if (!settled) return numeric[1] === numeric[3] ? day(numeric[4], numeric[3], numeric[1]) : null
  return settled === "dmy" ? day(numeric[4], numeric[3], numeric[1]) : day(numeric[4], numeric[1], numeric[3])
}

/** The order in which a column writes day and month, as far as one of its dates shows it. Null where none or both are shown. */
export function dateOrderOf(texts: string[]): DateOrder | null {
  const seen = new Set<DateOrder>()
  for (const text of texts) {
    const numeric = /^\s*(\d{1,2})[/-](\d{1,2})[/-]\d{4}/.exec(text)
    if (numeric && Number(numeric[1]) > 12) seen.add("dmy")
    if (numeric && Number(numeric[2]) > 12) seen.add("mdy")
  }
  const [order = null] = seen
  return seen.size === 1 ? order : null
}

function day(year = "", month = "", date = ""): string | null {
  const iso = `${year}-${month.padStart(2, "0")}-${date.padStart(2, "0")}`
  const days = Number(month) === 2 && !isLeap(Number(year)) ? 28 : monthDays[Number(month) - 1]
  return days !== undefined && Number(date) >= 1 && Number(date) <= days ? iso : null
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

function monthOf(name = ""): string {
  const word = wordsOf(name)
  return String(months.findIndex((month) => month.split(" ").some((start) => word.startsWith(start))) + 1)
}

const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const months = [
  "jan ene janv gen",
  "feb fev fevr",
  "mar mrz maer",
  "apr avr abr",
  "may mai mag",
  "jun juin giu",
  "jul juil lug",
  "aug aou ago",
  "sep set",
  "oct okt out ott",
  "nov",
  "dec dez dic",
]
