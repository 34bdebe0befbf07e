import { own } from "../../db/json.ts"
import { parseDate } from "../normal-forms/date.ts"
import { parseEmail } from "../normal-forms/email.ts"
import { parseLinkedinCompanyUrl, parseLinkedinUrl } from "../normal-forms/linkedin.ts"
import { parseMoney } from "../normal-forms/number.ts"
import { parsePersonName } from "../normal-forms/person-name.ts"
import { parsePhone } from "../normal-forms/phone.ts"
import { foldText, wordsOf } from "../normal-forms/text.ts"
import { parseDomain } from "../normal-forms/web-address.ts"
import { parseXHandle } from "../normal-forms/x-handle.ts"
import type { Refusal } from "./decode.ts"
import { type FieldName, fieldNames, headerNames, isForeign, type LeadSource, sources } from "./headers.ts"

export type MappedColumn = {
  column: string
  index: number
  /** `custom` keeps the value under the column's own name. */
  field: FieldName | "custom"
  /** Chosen by the person, told by the header, told by the values, or not understood. */
  why: "chosen" | "header" | "values" | "unknown"
}

export type Mapping = { kind: "mapped"; source: LeadSource; columns: MappedColumn[] }
export type MappingRefusalCode = "unknown-header" | "unknown-field" | "field-twice" | "no-usable-column"

type Guess = { field: FieldName | "custom"; score: number; why: MappedColumn["why"] }

const unknown: Guess = { field: "custom", score: 0, why: "unknown" }
const several = new Set<string>(["email", "phone", "do_not_contact", "custom"])
const recognising = new Set<string>(["name", "first_name", "last_name", "email", "linkedin_url", "x_handle"])

/**
 * Decides what each column of a lead file is, by its header, by a look at the first rows, and by what the person chose
 * (`Header=field`), which goes before everything.
 */
export function mapColumns(
  columns: string[],
  sample: string[][],
  chosen: string[] = [],
): Mapping | Refusal<MappingRefusalCode> {
  const choices = readChoices(chosen, columns)
  if ("kind" in choices) return choices
  const keys = columns.map(headerKey)
  const source = sources.find(({ marks }) => marks.some((mark) => mark.every((key) => keys.includes(key))))
  const guesses = keys.map((key, index): Guess => {
    const choice = choices.get(index)
    if (choice) return { field: choice, score: 1000, why: "chosen" }
    return guessColumn(key, source && own(source.headers, key), valuesOf(sample, index))
  })
  settleBareNames(guesses, keys, sample)
  keepBest(guesses)
  const mapped = columns.map((column, index) => ({ column, index, ...told(guesses[index] ?? unknown) }))
  if (!mapped.some(({ field }) => recognising.has(field))) return refuseUnusable(columns)
  return { kind: "mapped", source: source?.name ?? "file", columns: mapped }
}

function readChoices(
  chosen: string[],
  columns: string[],
): Map<number, FieldName | "custom"> | Refusal<MappingRefusalCode> {
  const choices = new Map<number, FieldName | "custom">()
  for (const choice of chosen) {
    const split = choice.lastIndexOf("=")
    const header = foldText(choice.slice(0, Math.max(split, 0)))
    const wanted = wordsOf(choice.slice(split + 1))
    const exact = columns.indexOf(header)
    const index = exact < 0 ? columns.findIndex((column) => headerKey(column) === headerKey(header)) : exact
    if (split < 0 || index < 0) {
      return refusal(
        "unknown-header",
        `The file has no column ${header || choice}.`,
        `Its columns are: ${columns.join(", ")}.`,
      )
    }
    const field = [...fieldNames, "custom" as const].find((name) => wordsOf(name) === wanted)
    if (!field) {
      const names = `${fieldNames.join(", ")}, custom`
      return refusal(
        "unknown-field",
        `A lead has no field ${choice.slice(split + 1).trim()}.`,
        `The fields are: ${names}.`,
      )
    }
    if (!several.has(field) && [...choices.values()].includes(field)) {
      return refusal("field-twice", `Two columns are to be ${field}.`, "Choose one of them; the other can be custom.")
    }
    choices.set(index, field)
  }
  return choices
}

/** A header as it is compared: words in lower case without accents, numbers and the seams of camelCase. */
function headerKey(header: string): string {
  return wordsOf(header.replace(/['’]/g, " ").replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2"))
    .replace(/\blinked in\b/, "linkedin")
    .replace(/(?<!\p{L})\d+(?!\p{L})/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
}

function valuesOf(sample: string[][], index: number): string[] {
  return sample.flatMap((cells) => (cells[index]?.trim() ? [cells[index].trim()] : [])).slice(0, 200)
}

function guessColumn(key: string, known: FieldName | "custom" | undefined, values: string[]): Guess {
  if (known === "custom") return unknown
  if (known && share(values, known) >= 0.5) return { field: known, score: 200, why: "header" }
  const told = guessByHeader(key)
  if (told && share(values, told.field) >= 0.5) return told
  return isForeign(key) ? unknown : guessByValues(values)
}

function guessByHeader(key: string): Guess | null {
  const exact = headerNames.get(key)
  if (exact) return { field: exact.field, score: 100 - exact.rank, why: "header" }
  const bare = headerNames.get(key.replace(fillers, " ").replace(/\s+/g, " ").trim())
  return bare ? { field: bare.field, score: 50 - bare.rank, why: "header" } : null
}

const fillers =
  /\b(?:the|lead|leads|contact|contacts|person|prospect|customer|client|current|primary|main|work|business|professional|personal|preferred|verified|my|your|s)\b/g

/** The fields that a column's values give away whatever its header says. */
function guessByValues(values: string[]): Guess {
  const plain = values.filter((value) => /@|\.com\/|^\+/.test(value))
  if (values.length === 0 || plain.length < values.length * 0.8) return unknown
  for (const field of ["email", "linkedin_url", "company_linkedin_url", "x_handle", "phone"] as const) {
    if (share(values, field) >= 0.8) return { field, score: 20, why: "values" }
  }
  return unknown
}

/** The part of the values that can be what a field holds; 1 where there is none to say otherwise. */
function share(values: string[], field: FieldName | "custom"): number {
  const fits = forms[field]
  if (!fits || values.length === 0) return 1
  return values.filter(fits).length / values.length
}

const forms: Partial<Record<FieldName | "custom", (value: string) => boolean>> = {
  name: isName,
  first_name: isName,
  last_name: isName,
  title: (value) => !/^(?:mr|mrs|ms|miss|mx|dr|prof|herr|frau|m|mme|mlle|sr|sra|srta)\.?$/i.test(value),
  email: (value) => value.split(/[\s;,|<>]+/).some((part) => parseEmail(part) !== null),
  phone: (value) => value.split(/[;|\n]|:::/).some((part) => parsePhone(part) !== null),
  linkedin_url: (value) => parseLinkedinUrl(value) !== null,
  company_linkedin_url: (value) => parseLinkedinCompanyUrl(value) !== null,
  company_size: (value) => /\d|self/i.test(value) && parseDate(value, "dmy") === null,
  x_handle: (value) => parseXHandle(value) !== null,
  website: (value) => parseDomain(value) !== null,
  company_domain: (value) => parseDomain(value) !== null,
  connected_on: (value) => parseDate(value, "dmy") !== null || parseDate(value, "mdy") !== null,
  value: (value) => parseMoney(value) !== null,
}

/** Initials and one-letter names are names, addresses are not. */
function isName(value: string): boolean {
  return parsePersonName(value) !== null
}

/** "Name" beside a first name is a last name (as in German), and beside a last name a first name (as in Spanish). */
function settleBareNames(guesses: Guess[], keys: string[], sample: string[][]) {
  const at = guesses.findIndex(
    ({ field, why }, i) => field === "name" && why === "header" && bareNames.has(keys[i] ?? ""),
  )
  const first = guesses.findIndex(({ field }) => field === "first_name")
  const last = guesses.findIndex(({ field }) => field === "last_name")
  const other = Math.max(first, last)
  const bare = guesses[at]
  if (!bare || first < 0 === last < 0) return
  const isFull = sample.some(
    (cells) => cells[other]?.trim() && cells[at]?.trim().split(/\s+/).includes(cells[other].trim()),
  )
  if (!isFull) guesses[at] = { ...bare, field: first < 0 ? "first_name" : "last_name" }
}

const bareNames = new Set(["name", "nombre", "nome", "nom"])

/** A field that can hold one value takes the best of its columns; the others stay custom. */
function keepBest(guesses: Guess[]) {
  for (const [i, guess] of guesses.entries()) {
    if (several.has(guess.field)) continue
    const isBeaten = guesses.some(
      (other, j) =>
        j !== i && other.field === guess.field && (other.score > guess.score || (other.score === guess.score && j < i)),
    )
    if (isBeaten) guesses[i] = unknown
  }
}

function told({ field, why }: Guess) {
  return { field, why }
}

/** Columns that a refusal names. */
const mostNamed = 20

function refuseUnusable(columns: string[]): Refusal<MappingRefusalCode> {
  const more = columns.length - mostNamed
  return refusal(
    "no-usable-column",
    `No column of the file says who somebody is; it has: ${columns.slice(0, mostNamed).join(", ").slice(0, 400)}${more > 0 ? `, and ${more} more` : ""}.`,
    'A name, an email address, a LinkedIn address or an X handle is needed. Name its column, for example --map "Header=name".',
  )
}

function refusal(code: MappingRefusalCode, message: string, hint: string): Refusal<MappingRefusalCode> {
  return { kind: "refused", code, message, hint }
}
