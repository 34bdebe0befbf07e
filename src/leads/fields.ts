import type { Json } from "../db/json.ts"
import { leadStatuses } from "../db/tables/leads.ts"
import { parseCountry } from "./normal-forms/country.ts"
import { parseEmail } from "./normal-forms/email.ts"
import { parseLinkedinCompanyUrl, parseLinkedinUrl } from "./normal-forms/linkedin.ts"
import { parseMoney } from "./normal-forms/number.ts"
import { parsePhone } from "./normal-forms/phone.ts"
import { parseSeniority } from "./normal-forms/seniority.ts"
import { foldText, wordsOf } from "./normal-forms/text.ts"
import { parseDomain, parseUrl } from "./normal-forms/web-address.ts"
import { parseXHandle } from "./normal-forms/x-handle.ts"

export type Entity = "lead" | "company"

/** One field of a lead or company: where its current value stands, and how any text becomes its normal form. */
export type Field = {
  name: string
  /** The column of its own, or null: then the value stands in `custom`. */
  column: string | null
  /** The identity that a value of this field is, if it is one. */
  identity: "email" | "linkedin" | "x" | "domain" | null
  /** The normal form of a value, or null for what is none. */
  normalise(value: Json): Json | null
  /** Whether a quote says the value: its normal form can be had from the quote. */
  saidBy(value: Json, quote: string): boolean
}

/** The columns of a lead that say who somebody is; in the others stands what the team makes of it. */
export const personColumns = [
  "name",
  "title",
  "company",
  "email",
  "phone",
  "linkedinUrl",
  "xHandle",
  "location",
] as const
export type PersonColumn = (typeof personColumns)[number]

const longest = 4_000

export const leadFields: Record<string, Field> = table([
  text("name", "name"),
  text("title", "title"),
  text("company", "company"),
  form("email", "email", parseEmail, /\S+@\S+/g, "email"),
  form("phone", "phone", (value) => parsePhone(value), /\+?[\d() ./-]{6,}\d/g, null),
  form("linkedin_url", "linkedinUrl", parseLinkedinUrl, /\S+/g, "linkedin"),
  form("x_handle", "xHandle", parseXHandle, /\S+/g, "x"),
  text("location", "location"),
  form("country", null, parseCountry, /[\p{L}. ]+/gu, null),
  form("seniority", null, parseSeniority, /.+/g, null),
  text("headline", null),
  text("about", null),
  text("bio", null),
  form("website", null, parseUrl, /\S+/g, null),
  count("followers"),
  count("x_followers"),
])

export const companyFields: Record<string, Field> = table([
  text("name", "name"),
  form("domain", "domain", parseDomain, /\S+/g, "domain"),
  form("linkedin_url", "linkedinUrl", parseLinkedinCompanyUrl, /\S+/g, "linkedin"),
  form("x_handle", "xHandle", parseXHandle, /\S+/g, "x"),
  text("industry", "industry"),
  text("size", "size"),
  text("location", "location"),
  text("description", "description"),
])

/** What the team decides about a lead: agents learn no such thing from a page. */
export const teamFields: Record<string, Field> = table([
  choice("status", "status", leadStatuses),
  money("value", "value"),
  { ...count("score"), column: "score" },
  text("owner", "owner"),
  text("source", "source"),
])

export function fieldsOf(entity: Entity): Record<string, Field> {
  return entity === "lead" ? leadFields : companyFields
}

/** Which field of the lead or company each field of a page (by its kind) says something about. What is not listed is not learned. */
export const learnedFrom: Partial<Record<string, { entity: Entity; fields: Record<string, string> }>> = {
  "linkedin.profile": {
    entity: "lead",
    fields: {
      name: "name",
      title: "title",
      company: "company",
      location: "location",
      headline: "headline",
      about: "about",
      followers: "followers",
      website: "website",
    },
  },
  "x.profile": {
    entity: "lead",
    fields: { handle: "x_handle", bio: "bio", website: "website", followers: "x_followers" },
  },
  "linkedin.company": {
    entity: "company",
    fields: {
      name: "name",
      website: "domain",
      industry: "industry",
      size: "size",
      location: "location",
      description: "description",
      linkedin_url: "linkedin_url",
    },
  },
  "company.site": {
    entity: "company",
    fields: {
      industry: "industry",
      size: "size",
      location: "location",
      description: "description",
      linkedin_url: "linkedin_url",
      x_handle: "x_handle",
    },
  },
}

function table(fields: Field[]): Record<string, Field> {
  return Object.fromEntries(fields.map((field) => [field.name, field]))
}

/** A field of plain text. */
export function text(name: string, column: string | null): Field {
  const normalise = (value: Json) =>
    typeof value === "string" || typeof value === "number" ? foldText(String(value)).slice(0, longest) || null : null
  return { name, column, identity: null, normalise, saidBy: (value, quote) => standsIn(String(value), quote) }
}

/** A field whose text has a normal form. `candidates` finds in a quote what may be one. */
export function form(
  name: string,
  column: string | null,
  parse: (text: string) => Json | null,
  candidates: RegExp,
  identity: Field["identity"],
): Field {
  return {
    name,
    column,
    identity,
    normalise: (value) => (typeof value === "string" ? parse(value) : null),
    saidBy: (value, quote) => (quote.match(candidates) ?? []).some((candidate) => parse(candidate) === value),
  }
}

/** A field that is one of some words, however they are written. */
export function choice(name: string, column: string | null, choices: readonly string[]): Field {
  const normalise = (value: Json) =>
    typeof value === "string" ? (choices.find((one) => wordsOf(one) === wordsOf(value)) ?? null) : null
  return {
    name,
    column,
    identity: null,
    normalise,
    saidBy: (value, quote) => standsIn(wordsOf(String(value)), wordsOf(quote)),
  }
}

/** An amount of money; its currency is the team's. */
function money(name: string, column: string): Field {
  const normalise = (value: Json) => {
    if (typeof value === "number") return Number.isFinite(value) ? value : null
    return typeof value === "string" ? (parseMoney(value)?.amount ?? null) : null
  }
  return { name, column, identity: null, normalise, saidBy: (value, quote) => normalise(quote) === value }
}

/** A whole number from 0. Marks may only stand between groups of three digits: "12.4" is no count. */
function count(name: string): Field {
  const normalise = (value: Json) => {
    const isWritten = typeof value === "string" && /^\d+$|^\d{1,3}(?:[\s.,'\u00a0\u202f]\d{3})+$/.test(value.trim())
    const number = isWritten ? Number(value.replace(/\D/g, "")) : value
    return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 ? number : null
  }
  return {
    name,
    column: null,
    identity: null,
    normalise,
    saidBy: (value, quote) =>
      (quote.match(/\d+(?:[\s.,'\u00a0\u202f]\d+)*/g) ?? []).some((digits) => normalise(digits) === value),
  }
}

/** Whether a text says a value as words of its own: "Director" does not say "CTO". */
function standsIn(value: string, text: string): boolean {
  const sought = foldText(value).toLowerCase()
  const words = foldText(text).toLowerCase()
  for (let at = words.indexOf(sought); at >= 0; at = words.indexOf(sought, at + 1)) {
    const end = at + sought.length
    if (isSeam(words.slice(0, at), sought) && isSeam(sought, words.slice(end))) return true
  }
  return false
}

/** Whether a word may end between two texts. Scripts that put no space between words have a seam everywhere. */
function isSeam(before: string, after: string): boolean {
  return (
    !(/[\p{L}\p{N}]$/u.test(before) && /^[\p{L}\p{N}]/u.test(after)) ||
    spaceless.test(before.slice(-2) + after.slice(0, 2))
  )
}

const spaceless = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}]/u
