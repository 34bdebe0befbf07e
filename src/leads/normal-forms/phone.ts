import { isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js"
import { foldText } from "./text.ts"

/**
 * A phone number as E.164, with ` ext. N` where it has an extension. `region` (ISO 3166 alpha-2) reads national numbers;
 * without one they are kept as they are written.
 */
export function parsePhone(text: string, region: string | null = null): string | null {
  if (text.length > 60) return null
  const written = foldText(text)
    .replace(/^(?:tel:|')/i, "")
    .replace(/^00(?=[1-9])/, "+")
    .trim()
  if (!/^[+(]?[\d(]/.test(written) || !/^[\d\s().,/+–-]*(?:(?:;ext=|ext\.?|x|#)\s*\d{1,7})?$/i.test(written))
    return null
  const digits = written.replace(/\D/g, "").length
  if (digits < 6 || digits > 22) return null
  const country = region?.toUpperCase() ?? ""
  const number = parsePhoneNumberFromString(written, isSupportedCountry(country) ? country : undefined)
  if (number?.isPossible()) return number.ext ? `${number.number} ext. ${number.ext}` : number.number
  return !written.startsWith("+") && !region ? written : null
}
