import type { CompanyClue } from "../companies.ts"
import { type IdentityValue, identityValue } from "../identity.ts"
import { companyKey, isFreeMail, parseDomain } from "../normal-forms.ts"
import type { ImportedLead } from "./lead-file.ts"

/** What somebody is recognised by. Working it out costs more than reading the row. */
export type Marks = {
  /** In their order of trust, each once. */
  identities: IdentityValue[]
  /** Name with company, and how leads of that name may be written; null without a name or a company. */
  namesake: { key: string; forms: string[] } | null
  employer: EmployerMarks
}

/** What a company is recognised by. */
export type EmployerMarks = { clue: CompanyClue; identities: IdentityValue[]; nameKey: string | null }

export function marksOf(row: ImportedLead): Marks {
  const employer = employerMarks(clueOf(row))
  const { name, company } = row
  return {
    identities: identitiesIn(row),
    namesake: name && company ? { key: namesakeKey(name, employer.nameKey ?? company), forms: nameForms(name) } : null,
    employer,
  }
}

/** The same name at the same company, however both are written. */
export function nameWithCompany({ name, company }: { name: string | null; company: string | null }): string | null {
  return name && company ? namesakeKey(name, companyKey(company) ?? company) : null
}

export function employerMarks(clue: CompanyClue): EmployerMarks {
  const texts = [
    { kind: "domain", text: clue.domain },
    { kind: "linkedin", text: clue.linkedinUrl },
  ] as const
  const identities = texts.flatMap(({ kind, text }) => {
    const value = text ? identityValue("company", kind, text) : null
    return value ? [{ kind, value }] : []
  })
  return { clue, identities, nameKey: clue.name ? companyKey(clue.name) : null }
}

export function identityKey({ kind, value }: IdentityValue): string {
  return `${kind} ${value}`
}

function identitiesIn(row: ImportedLead): IdentityValue[] {
  const texts = [
    ...row.emails.map((email) => ({ kind: "email", text: email }) as const),
    { kind: "linkedin", text: row.linkedinUrl } as const,
    { kind: "x", text: row.xHandle } as const,
  ]
  const found = new Map<string, IdentityValue>()
  for (const { kind, text } of texts) {
    const value = text ? identityValue("lead", kind, text) : null
    if (value) found.set(identityKey({ kind, value }), { kind, value })
  }
  return [...found.values()]
}

/** What the row says of the company; a row without its name says nothing. */
function clueOf(row: ImportedLead): CompanyClue {
  if (!row.company) return { name: null }
  const mail = row.emails.map((email) => parseDomain(email)).find((domain) => domain && !isFreeMail(domain))
  const domain = row.companyDomain ?? (row.website && parseDomain(row.website)) ?? mail ?? null
  return { name: row.company, domain, linkedinUrl: row.companyLinkedinUrl }
}

/** As it is written, and as most are where it is all in capitals or small letters. */
function nameForms(name: string): string[] {
  const lower = name.toLowerCase()
  if (name !== lower && name !== name.toUpperCase()) return [name]
  return [name, lower.replace(/(?<!\p{L})\p{L}/gu, (letter) => letter.toUpperCase())]
}

function namesakeKey(name: string, company: string): string {
  return `${name.toLowerCase()}\n${company}`
}
