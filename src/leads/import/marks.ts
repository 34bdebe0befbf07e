import type { CompanyClue } from "../companies.ts"
import { type IdentityValue, identityValue } from "../identity.ts"
import { companyKey } from "../normal-forms/company-name.ts"
import { isFreeMail } from "../normal-forms/email.ts"
import { parseCompanyDomain, parseDomain } from "../normal-forms/web-address.ts"
import type { CompanySays } from "./company-gaps.ts"
import type { ImportedLead } from "./lead-file.ts"

/** What somebody is recognised by. */
export type Marks = {
  /** In their order of trust, each once. */
  identities: IdentityValue[]
  /** Name with company; null without a name or a company. */
  namesake: string | null
  employer: EmployerMarks
}

/** What a company is recognised by, and what the row says of it in columns of their own. */
export type EmployerMarks = {
  clue: CompanyClue
  identities: IdentityValue[]
  nameKey: string | null
  says: CompanySays
}

/** Of most rows. */
const nothing: CompanySays = {}
/** So many companies are remembered. */
const mostEmployers = 10_000

/** Works out what rows are recognised by; what the same company is recognised by, once. */
export function openMarks(): (row: ImportedLead) => Marks {
  const known = new Map<string, EmployerMarks>()

  function employerOf(row: ImportedLead): EmployerMarks {
    const clue = clueOf(row)
    const key = `${clue.name}\n${clue.domain}\n${clue.linkedinUrl}\n${row.companyDomain}\n${row.companyIndustry}\n${row.companySize}`
    const employer = known.get(key) ?? employerMarks(clue, saidOf(row))
    if (known.size === mostEmployers) known.clear()
    known.set(key, employer)
    return employer
  }

  return (row) => {
    const { name, company } = row
    const employer = employerOf(row)
    return {
      identities: identitiesIn(row),
      namesake: name && company ? namesakeKey(name, employer.nameKey ?? company) : null,
      employer,
    }
  }
}

/** The same name at the same company, however both are written. */
export function nameWithCompany({ name, company }: { name: string | null; company: string | null }): string | null {
  return name && company ? namesakeKey(name, companyKey(company) ?? company) : null
}

/** How leads of these names may be written: as here, in capitals, in small letters, or with a capital for each word. */
export function nameForms(names: string[]): Set<string> {
  return new Set(
    names.flatMap((name) => {
      const lower = name.toLowerCase()
      const words = lower.replace(/(?<!\p{L})\p{L}/gu, (letter) => letter.toUpperCase())
      return [name, lower, name.toUpperCase(), words]
    }),
  )
}

export function employerMarks(clue: CompanyClue, says: CompanySays = nothing): EmployerMarks {
  const texts = [
    { kind: "domain", text: clue.domain },
    { kind: "linkedin", text: clue.linkedinUrl },
  ] as const
  const identities = texts.flatMap(({ kind, text }) => {
    const value = text ? identityValue("company", kind, text) : null
    return value ? [{ kind, value }] : []
  })
  return { clue, identities, nameKey: clue.name ? companyKey(clue.name) : null, says }
}

export function identityKey({ kind, value }: IdentityValue): string {
  return `${kind} ${value}`
}

/** A number for a key, by which rows that may be of one person are told from those that are not: two keys seldom have the same. A map
 * of the keys themselves would keep every one of them for as long as the engine likes. */
export function keyHash(key: string): number {
  let hash = 0x81_1c_9d_c5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01_00_01_93)
  return hash >>> 1
}

function identitiesIn(row: ImportedLead): IdentityValue[] {
  const texts = [
    ...row.emails.map((email) => ({ kind: "email", text: email }) as const),
    { kind: "linkedin", text: row.linkedinUrl } as const,
    { kind: "x", text: row.xHandle } as const,
  ]
  const found: IdentityValue[] = []
  for (const { kind, text } of texts) {
    const value = text ? identityValue("lead", kind, text) : null
    if (value && !found.some((one) => one.kind === kind && one.value === value)) found.push({ kind, value })
  }
  return found
}

/** What the row says of the company; a row without its name says nothing. */
function clueOf(row: ImportedLead): CompanyClue {
  if (!row.company) return { name: null }
  const mail = row.emails.map((email) => parseDomain(email)).find((domain) => domain && !isFreeMail(domain))
  const domain = row.companyDomain ?? (row.website && parseCompanyDomain(row.website)) ?? mail ?? null
  return { name: row.company, domain, linkedinUrl: row.companyLinkedinUrl }
}

/** What the columns about the company say; where there is none, its address of mail is a clue and no more. */
function saidOf(row: ImportedLead): CompanySays {
  const { company, companyDomain, companyLinkedinUrl, companyIndustry, companySize } = row
  if (!company || !(companyDomain || companyLinkedinUrl || companyIndustry || companySize)) return nothing
  return {
    ...(companyDomain ? { domain: companyDomain } : {}),
    ...(companyLinkedinUrl ? { linkedinUrl: companyLinkedinUrl } : {}),
    ...(companyIndustry ? { industry: companyIndustry } : {}),
    ...(companySize ? { size: companySize } : {}),
  }
}

function namesakeKey(name: string, company: string): string {
  return `${name.toLowerCase()}\n${company}`
}
