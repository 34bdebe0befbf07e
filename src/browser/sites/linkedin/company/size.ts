import { asciiDigits } from "../../count.ts"
import type { Found } from "../../hooks.ts"

/** "51-200 employees", "1.001–5.000 Beschäftigte", "10,001+ employees": as "51-200", "1001-5000", "10001+". */
export function findSize(quote: string): Found<string> | null {
  const [, from, to, open] =
    /^(\d[\d.,\s]*?)\s*(?:[-–~]\s*(\d[\d.,\s]*\d|\d)|(\+))(?![\d-])/.exec(asciiDigits(quote)) ?? []
  if (from === undefined) return null
  const bare = (number: string) => number.replace(/\D/g, "")
  return { value: open === undefined && to !== undefined ? `${bare(from)}-${bare(to)}` : `${bare(from)}+`, quote }
}
