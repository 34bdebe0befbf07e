import type { Role, School } from "../../../reading.ts"
import { parseDateRange } from "../../date-range.ts"
import type { Found } from "../../hooks.ts"

/** One row of an experience section as texts in order, and the rows nested in it (several roles at one company). */
export type Row = {
  texts: string[]
  nested: Row[]
  /** All visible lines of the row. */
  lines: string[]
}

type QuotedRole = { role: Role; titleQuote: string; companyQuote: string | null }

/** A section's roles; null when it was not loaded, or when it holds dates that no role accounts for: then nothing is known about
 * which role is the current one. */
export type Experience = QuotedRole[] | null

const LONGEST_QUOTE = 400

/** Kinds of employment, which stand between title and dates: a role that seems to be called so has lost its title. */
const KINDS = new Set(
  (
    "full-time,part-time,self-employed,freelance,contract,internship,apprenticeship,seasonal,vollzeit,teilzeit,selbstständig," +
    "freiberuflich,befristet,praktikum,temps plein,temps partiel,jornada completa,media jornada,tempo integral,meio período," +
    "tempo pieno,pełny etat,正社員,契約社員,全职,전일제,دوام كامل,دوام جزئي"
  ).split(","),
)

/** Reads rows of "title, company · kind, dates, place", or of "company, tenure" with roles nested in them. `strays` are the section's
 * texts outside the rows. */
export function readExperience(rows: Row[], strays: string[]): Experience {
  const read = rows.map((row) => ({ row, roles: row.nested.length > 0 ? rolesAtOneCompany(row) : singleRole(row) }))
  const isComplete = read.every(
    ({ row, roles }) => roles.length >= row.nested.length && (roles.length > 0 || !hasDates(row.texts)),
  )
  return isComplete && !hasDates(strays) ? read.flatMap(({ roles }) => roles) : null
}

/** The role that has not ended; of several, the one that the page shows first. */
export function currentRole(experience: Experience): QuotedRole | null {
  return experience?.find(({ role }) => role.current) ?? null
}

export function findTitle(experience: Experience): Found<string> | null {
  const current = currentRole(experience)
  return current === null ? null : { value: current.role.title, quote: current.titleQuote }
}

export function findCompany(experience: Experience): Found<string> | null {
  const current = currentRole(experience)
  if (current === null || current.role.company === null || current.companyQuote === null) return null
  return { value: current.role.company, quote: current.companyQuote }
}

export function findExperience(experience: Experience): Found<Role[]> | null {
  const [first] = experience ?? []
  return first === undefined || experience === null
    ? null
    : { value: experience.map(({ role }) => role), quote: first.titleQuote }
}

/** Reads rows of "school, degree, dates". */
export function findEducation(rows: Row[]): Found<School[]> | null {
  const schools = rows.flatMap(({ texts: [school, second, third] }) => {
    if (school === undefined || parseDateRange(school) !== null) return []
    const isDegree = second !== undefined && parseDateRange(second) === null
    const dates = isDegree ? third : second
    return {
      school,
      degree: isDegree ? second : null,
      dates: dates !== undefined && parseDateRange(dates) !== null ? dates : null,
    }
  })
  const [first] = schools
  return first === undefined ? null : { value: schools, quote: first.school }
}

/** Whether one of the texts is a range of dates. */
export function hasDates(texts: string[]): boolean {
  return texts.some((text) => parseDateRange(text) !== null)
}

/** Without its title or its company a row would shift, so both must be there. */
function singleRole({ texts, lines }: Row): QuotedRole[] {
  const [title, employer, dates] = texts
  if (title === undefined || employer === undefined || dates === undefined || parseDateRange(dates) === null) return []
  const quote = quoteRow(lines, title, dates)
  return [
    {
      role: toRole(texts, 2, title, withoutKind(employer)),
      titleQuote: quote,
      companyQuote: quote.includes(employer) ? quote : employer,
    },
  ]
}

function rolesAtOneCompany({ texts: [company, tenure], nested, lines }: Row): QuotedRole[] {
  if (company === undefined || tenure === undefined) return []
  return nested.flatMap(({ texts, lines: ownLines }) => {
    const at = texts.findIndex((text, index) => index > 0 && parseDateRange(text) !== null)
    const [title] = texts
    if (at < 1 || at > 2 || title === undefined || (at === 1 && KINDS.has(title.toLowerCase()))) return []
    const dates = texts[at] ?? ""
    const companyQuote = quoteRow(lines, company, dates)
    return {
      role: toRole(texts, at, title, company),
      titleQuote: quoteRow(ownLines, title, dates),
      companyQuote: companyQuote.length <= LONGEST_QUOTE ? companyQuote : company,
    }
  })
}

function toRole(texts: string[], datesAt: number, title: string, company: string | null): Role {
  const dates = texts[datesAt] ?? ""
  return { title, company, current: parseDateRange(dates)?.to === null, dates, location: placeOf(texts[datesAt + 1]) }
}

/** The words from `first` to `last` as they stand in the row; they show that the role is current, not only that it is there. */
function quoteRow(lines: string[], first: string, last: string): string {
  const from = lines.indexOf(first)
  const to = lines.indexOf(last, from + 1)
  return from === -1 || to === -1 ? first : lines.slice(from, to + 1).join("\n")
}

/** "Northlight · Full-time" is a company and a kind of employment. */
function withoutKind(employer: string): string {
  const end = employer.lastIndexOf(" · ")
  return end === -1 ? employer : employer.slice(0, end)
}

/** The text after the dates is a place if it reads like one: short, and no number or sentence. */
function placeOf(text: string | undefined): string | null {
  return text === undefined || text.length > 100 || /\p{Nd}|[.!?:;]$/u.test(text) ? null : text
}
