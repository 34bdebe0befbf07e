import type { Found } from "../../hooks.ts"
import type { Part } from "../../page.ts"
import { isSameSite } from "./organization.ts"

const EMAIL = /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,5}\p{L}{2,24}/gu
const INTERNATIONAL_PHONE = /\+\d[\d\s()./-]{6,20}\d/g
const NATIONAL_PHONE = /(?<![\d-])(?:\(\d{3}\)\s?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\d-])/g

/** Addresses at the site's own domain that the page shows, and all to which a visible link writes. In lower case. An address
 * elsewhere that merely stands in a text is somebody else's. */
export function findEmails(part: Part, site: URL): Found<string[]> | null {
  const linked = linksOf(part, "mailto:").flatMap((address) => address.match(EMAIL) ?? [])
  const known = new Set(linked.map((address) => address.toLowerCase()))
  const shown = (part.text.match(EMAIL) ?? []).filter(
    (address) => known.has(address.toLowerCase()) || isSameSite(`https://${address.split("@")[1]}`, site),
  )
  return asList(shown, linked, "mailto", (address) => address.toLowerCase())
}

/** Phone numbers as the page shows them, or as a visible link calls them. */
export function findPhones(part: Part): Found<string[]> | null {
  const shown = [...(part.text.match(INTERNATIONAL_PHONE) ?? []), ...(part.text.match(NATIONAL_PHONE) ?? [])]
  const linked = linksOf(part, "tel:").filter((number) => digits(number).length >= 7)
  const known = new Set(shown.map(digits))
  const more = linked.filter(
    (number) => ![...known].some((one) => one.endsWith(digits(number)) || digits(number).endsWith(one)),
  )
  return asList(
    shown.filter((number, index) => shown.findIndex((one) => digits(one).endsWith(digits(number))) === index),
    more,
    "tel",
    (number) => number,
  )
}

function linksOf({ $, main }: Part, scheme: string): string[] {
  return main
    .find(`a[href^="${scheme}" i]`)
    .toArray()
    .map((link) => decode(($(link).attr("href") ?? "").slice(scheme.length).split("?")[0] ?? "").trim())
}

function asList(
  shown: string[],
  linked: string[],
  key: string,
  normal: (text: string) => string,
): Found<string[]> | null {
  const value = [...new Set([...shown, ...linked].map(normal))]
  const [first] = shown
  if (first !== undefined) return { value, quote: first }
  const [link] = linked
  return link === undefined ? null : { value, quote: `${key}: ${link}`, structured: true }
}

function digits(number: string): string {
  return number.replace(/\D/g, "")
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
