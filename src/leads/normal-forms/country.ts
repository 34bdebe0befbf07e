import { getCountries } from "libphonenumber-js"
import { wordsOf } from "./text.ts"

/** A country as its ISO 3166 alpha-2 code, from a code or a name in English, German, French, Spanish or Portuguese. */
export function parseCountry(text: string): string | null {
  const words = wordsOf(text)
  return countries().get(words) ?? countries().get(words.replace(/^the /, "")) ?? null
}

let countryNames: Map<string, string> | null = null

/** Made when first asked for: it takes some milliseconds. */
function countries(): Map<string, string> {
  if (countryNames) return countryNames
  countryNames = new Map(Object.entries(countryAliases))
  for (const locale of ["en", "de", "fr", "es", "pt"]) {
    const names = new Intl.DisplayNames([locale], { type: "region" })
    for (const code of getCountries()) {
      countryNames.set(code.toLowerCase(), code)
      countryNames.set(wordsOf(names.of(code) ?? code), code)
    }
  }
  return countryNames
}

const countryAliases: Record<string, string> = {
  usa: "US",
  "u s a": "US",
  "u s": "US",
  america: "US",
  "united states of america": "US",
  uk: "GB",
  "u k": "GB",
  england: "GB",
  scotland: "GB",
  wales: "GB",
  "northern ireland": "GB",
  "great britain": "GB",
  grossbritannien: "GB",
  holland: "NL",
  "czech republic": "CZ",
  turkey: "TR",
  korea: "KR",
  "republic of korea": "KR",
  uae: "AE",
  brasil: "BR",
  espana: "ES",
  italia: "IT",
  polska: "PL",
  sverige: "SE",
  norge: "NO",
  danmark: "DK",
  suomi: "FI",
  osterreich: "AT",
  oesterreich: "AT",
  schweiz: "CH",
}
