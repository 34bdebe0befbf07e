import { foldText } from "./normal-forms/text.ts"

/** What somebody can be recognised by in running text. */
export type Traits = {
  names: string[]
  emails: string[]
  phones: string[]
  /** LinkedIn slugs. */
  slugs: string[]
  /** X handles, without their `@`. */
  handles: string[]
}

/** Finds somebody in text, however it is written or escaped there. */
export type Traces = {
  /** Texts of which one is in every text that may have a trace, in lower case as far as it is ASCII. */
  needles: string[]
  /** The text with every trace replaced. */
  redact(text: string): string
  /** Whether a value is a name or address of theirs and nothing else, also as JSON. */
  isOwn(value: string): boolean
}

export const forgotten = "[forgotten]"

/** A slug of fewer letters may be a word; it counts only within an address. */
const ownSlug = 8

export function tracesOf({ names, emails, phones, slugs, handles }: Traits): Traces {
  const patterns = [
    ...emails.map((email) => bounded(spelled(email), "[\\p{L}\\p{N}._%+-]", "[\\p{L}\\p{N}]")),
    ...slugs.map(
      (slug) =>
        `(?:linkedin\\.com|(?<![\\p{L}\\p{N}]))/in/(?:${spelled(slug)}|${spelled(encodeURIComponent(slug))})(?![\\p{L}\\p{N}-])`,
    ),
    ...slugs
      .filter((slug) => slug.length >= ownSlug)
      .map((slug) => bounded(spelled(slug), "[\\p{L}\\p{N}-]", "[\\p{L}\\p{N}-]")),
    ...handles.map((handle) => `(?:@|(?:x|twitter)\\.com/)${spelled(handle)}(?![\\p{L}\\p{N}_])`),
    ...phones.map((phone) => bounded([...phone.replace(/\D/g, "")].join("[\\s().-]{0,3}"), "[\\p{N}]", "[\\p{N}]")),
    ...names.flatMap(nameForms).map(namePattern),
  ]
  const pattern = patterns.length > 0 ? new RegExp(patterns.join("|"), "giu") : null
  const sought = [
    ...emails,
    ...slugs.flatMap((slug) => [slug, encodeURIComponent(slug)]),
    ...handles,
    ...phones.map((phone) => phone.replace(/\D/g, "").slice(-2)),
    ...names.map(soughtOf),
  ]
  const own = new Set([...names, ...emails, ...phones, ...slugs, ...handles].map((one) => one.toLowerCase()))
  const redact = (text: string) => (pattern ? text.replace(pattern, forgotten) : text)
  return {
    needles: [...new Set(sought.flatMap(writtenForms))],
    redact,
    isOwn: (value) => {
      const plain = value.replace(/^"|"$/g, "").replace(/^https?:\/\/(?:www\.)?/, "")
      return own.has(plain.toLowerCase()) || redact(plain) === forgotten
    },
  }
}

/** A pattern that is no part of a longer word. A letter after a backslash is a line break as JSON writes it; after a percent sign two of
 * them are a mark as an address writes it. */
function bounded(pattern: string, before: string | null, after: string | null): string {
  const begins = before === null ? "" : `(?:(?<!${before})|(?<=\\\\[nrtbf])|(?<=%[0-9a-f]{2}))`
  return `${begins}${pattern}${after === null ? "" : `(?!${after})`}`
}

/** "Mira Holm", and as lists have it, "Holm, Mira". */
function nameForms(name: string): string[] {
  const words = foldText(name).split(" ")
  const last = words.at(-1)
  return words.length > 1 ? [words.join(" "), `${last}, ${words.slice(0, -1).join(" ")}`] : words
}

/** Letters of scripts that are written without spaces, or in which endings follow a name at once. */
const joined =
  "[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}ー]"
const hasJoined = new RegExp(joined, "u")
const betweenJoined = new RegExp(`(?<=${joined})(?:\\s|[・·])*(?=${joined})`, "gu")

/** A name that is no part of a longer one, which shows only where its script has spaces. */
function namePattern(name: string): string {
  const letters = [...name.normalize("NFC")]
  const pattern = name
    .normalize("NFC")
    .split(betweenJoined)
    .map(spelled)
    .join(`(?:[・·]|${letter(" ")})?`)
  const isFree = (one = "") => letters.length > 1 && hasJoined.test(one)
  return bounded(
    pattern,
    isFree(letters[0]) ? null : "[\\p{L}\\p{N}]-?",
    isFree(letters.at(-1)) ? null : "-?[\\p{L}\\p{N}]",
  )
}

/** A text letter by letter: composed, decomposed, or escaped as JSON or an address does; any white space for a space. */
function spelled(text: string): string {
  return [...text.normalize("NFC")].map(letter).join("")
}

function letter(one: string): string {
  if (/\s/.test(one)) return "(?:\\s|\\\\+[nrt]|\\+|%20)+"
  if (one === '"') return '\\\\*"'
  const plain = one.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")
  if (one.charCodeAt(0) < 128)
    return one === encodeURIComponent(one.toWellFormed())
      ? plain
      : `(?:${plain}|${encodeURIComponent(one.toWellFormed())})`
  const escapes = [one, one.toLowerCase(), one.toUpperCase()].flatMap((form) => [
    escaped(form, "\\\\+"),
    escaped(form.normalize("NFD"), "\\\\+"),
    encodeURIComponent(form.toWellFormed()),
    encodeURIComponent(form.normalize("NFD").toWellFormed()),
  ])
  return `(?:${[...new Set([plain, one.normalize("NFD"), ...escapes])].join("|")})`
}

function escaped(text: string, backslash: string): string {
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))
  return units
    .map((unit) => (unit < 128 ? String.fromCharCode(unit) : `${backslash}u${unit.toString(16).padStart(4, "0")}`))
    .join("")
}

/** The longest word of a name, or a letter of it where spaces may stand between any two. */
function soughtOf(name: string): string {
  const longest = foldText(name)
    .split(" ")
    .reduce((found, word) => (word.length > found.length ? word : found), "")
  return hasJoined.test(longest) ? ([...longest][0] ?? "") : longest
}

/** How a text may stand in the database: SQL's lower() knows only ASCII letters. */
function writtenForms(text: string): string[] {
  const cases = [text, text.toLowerCase(), text.toUpperCase()]
  const forms = cases.flatMap((one) => [one.normalize("NFC"), one.normalize("NFD")])
  return [
    ...forms,
    ...forms.map((form) => escaped(form, "\\")),
    ...forms.map((form) => encodeURIComponent(form.toWellFormed())),
  ]
    .map((form) => form.replace(/[A-Z]/g, (one) => one.toLowerCase()))
    .filter((form) => form !== "")
}
