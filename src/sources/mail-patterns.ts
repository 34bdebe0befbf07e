import { and, eq, isNotNull, isNull } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"

/** An address that follows from how colleagues' addresses are made. It is a guess, however many colleagues it rests on. */
type MailGuess = {
  email: string
  /** "first.last", "flast", ... */
  pattern: string
  /** How many of the known colleagues have an address made like this, and how many are known. */
  seen: number
  of: number
}

type Name = { first: string; last: string }

const patterns: Record<string, (name: Name) => string> = {
  "first.last": ({ first, last }) => `${first}.${last}`,
  first: ({ first }) => first,
  flast: ({ first, last }) => `${first.charAt(0)}${last}`,
  "f.last": ({ first, last }) => `${first.charAt(0)}.${last}`,
  firstlast: ({ first, last }) => `${first}${last}`,
  firstl: ({ first, last }) => `${first}${last.charAt(0)}`,
  first_last: ({ first, last }) => `${first}_${last}`,
  "last.first": ({ first, last }) => `${last}.${first}`,
  last: ({ last }) => last,
}

/** Guesses a person's address at a domain, from the patterns that colleagues' addresses follow, the most usual first. Without a
 * colleague whose address follows one, there is nothing to guess from. */
export function guessMail(
  name: string,
  domain: string,
  colleagues: readonly { name: string; email: string }[],
): MailGuess[] {
  const person = latinName(name)
  if (!person) return []
  const counts = new Map<string, number>()
  for (const colleague of colleagues) {
    const other = latinName(colleague.name)
    const [local, host] = colleague.email.toLowerCase().split("@")
    if (!other || host !== domain.toLowerCase()) continue
    const pattern = Object.keys(patterns).find((one) => patterns[one]?.(other) === local)
    if (pattern) counts.set(pattern, (counts.get(pattern) ?? 0) + 1)
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .flatMap(([pattern, seen]) => {
      const local = patterns[pattern]?.(person)
      return local ? [{ email: `${local}@${domain.toLowerCase()}`, pattern, seen, of: colleagues.length }] : []
    })
}

/** Leads of a company whose address is known. */
export async function colleaguesOf(store: Store, companyId: number): Promise<{ name: string; email: string }[]> {
  const { leads } = tables
  const rows = await store.read((db) =>
    db
      .select({ name: leads.name, email: leads.email })
      .from(leads)
      .where(and(eq(leads.companyId, companyId), isNotNull(leads.email), isNull(leads.mergedInto)))
      .limit(200),
  )
  return rows.flatMap(({ name, email }) => (name === null || email === null ? [] : [{ name, email }]))
}

/** First and last name in the letters of addresses; null where they have none. */
function latinName(name: string): Name | null {
  const words = name
    .toLowerCase()
    .replace(/ß/g, "ss")
    .replace(/ø/g, "o")
    .replace(/æ/g, "ae")
    .replace(/ł/g, "l")
    .replace(/đ/g, "d")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .split(/\s+/)
    .map((word) => word.replace(/['’.-]/g, ""))
    .filter((word) => word !== "")
  const [first] = words
  const last = words.at(-1)
  return first && last && words.length > 1 && /^[a-z]+$/.test(first + last) ? { first, last } : null
}
