import type { Found } from "../../hooks.ts"
import type { Part } from "../../page.ts"

const EMAIL = /[\p{L}\p{N}._%+-]+@(?:[\p{L}\p{N}-]+\.)+\p{L}{2,24}/gu
const INTERNATIONAL_PHONE = /\+\d[\d\s()./-]{6,20}\d/g
const NATIONAL_PHONE = /(?<![\d-])(?:\(\d{3}\)\s?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\d-])/g

/** Addresses that the page shows, or to which a visible link writes. In lower case. */
export function findEmails(part: Part): Found<string[]> | null {
  const shown = part.text.match(EMAIL) ?? []
  const linked = linksOf(part, "mailto:").flatMap((address) => address.match(EMAIL) ?? [])
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
