import type { Json } from "../db/tables.ts"
import {
  foldText,
  parseDomain,
  parseEmail,
  parseLinkedinCompanyUrl,
  parseLinkedinUrl,
  parsePhone,
  parseUrl,
  parseXHandle,
} from "./normal-forms.ts"

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

function text(name: string, column: string | null): Field {
  const normalise = (value: Json) =>
    typeof value === "string" || typeof value === "number" ? foldText(String(value)).slice(0, longest) || null : null
  return {
    name,
    column,
    identity: null,
    normalise,
    saidBy: (value, quote) => foldText(quote).toLowerCase().includes(foldText(String(value)).toLowerCase()),
  }
}

function form(
  name: string,
  column: string | null,
  parse: (text: string) => string | null,
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

function count(name: string): Field {
  const normalise = (value: Json) => {
    const number = typeof value === "string" ? Number(value.replace(/[\s.,'\u00a0\u202f]/g, "")) : value
    return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 ? number : null
  }
  return {
    name,
    column: null,
    identity: null,
    normalise,
    saidBy: (value, quote) => (quote.match(/\d[\d\s.,'\u00a0\u202f]*/g) ?? []).some((digits) => normalise(digits) === value),
  }
}
