import type { identityKinds } from "../db/tables/leads.ts"
import type { Entity } from "./fields.ts"
import { isRoleAddress, parseEmail } from "./normal-forms/email.ts"
import { parseLinkedinCompanySlug, parseLinkedinSlug } from "./normal-forms/linkedin.ts"
import { parseDomain } from "./normal-forms/web-address.ts"
import { parseXHandle } from "./normal-forms/x-handle.ts"

export type IdentityKind = (typeof identityKinds)[number]
export type IdentityValue = { kind: IdentityKind; value: string }

/** The normal form by which one is recognised, or null where the text recognises nobody (a role address, a wrong address). */
export function identityValue(entity: Entity, kind: IdentityKind, text: string): string | null {
  if (kind === "email") {
    const email = parseEmail(text)
    return email && !isRoleAddress(email) ? email : null
  }
  if (kind === "linkedin") return entity === "lead" ? parseLinkedinSlug(text) : parseLinkedinCompanySlug(text)
  if (kind === "x") return parseXHandle(text)?.toLowerCase() ?? null
  return parseDomain(text)
}

/** Whose pages these addresses are, as identities of the kind that the page shows. */
export function identitiesOf(page: string, urls: string[]): IdentityValue[] {
  const found = urls.map((url): IdentityValue | null => {
    if (page === "linkedin.profile") return named("linkedin", parseLinkedinSlug(url))
    if (page === "linkedin.company") return named("linkedin", parseLinkedinCompanySlug(url))
    if (page === "x.profile") return named("x", parseXHandle(url)?.toLowerCase() ?? null)
    if (page === "company.site") return named("domain", parseDomain(url))
    return null
  })
  return found.filter((identity) => identity !== null)
}

function named(kind: IdentityKind, value: string | null): IdentityValue | null {
  return value === null ? null : { kind, value }
}
