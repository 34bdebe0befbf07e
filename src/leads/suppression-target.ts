import type { Suppression } from "../db/tables.ts"
import { identityValue } from "./identity.ts"
import { parseEmail } from "./normal-forms/email.ts"
import { parseLinkedinUrl } from "./normal-forms/linkedin.ts"
import { parseCompanyDomain, parseDomain } from "./normal-forms/web-address.ts"
import { parseXHandle } from "./normal-forms/x-handle.ts"

type Target = { kind: Exclude<Suppression["kind"], "hash">; value: string } | { kind: "refused"; reason: string }

/** Whom a person means: an email address, a LinkedIn page, an X handle (with its @), or a domain, also as `@acme.example`. What is not
 * understood is refused: nobody is left believing that somebody is suppressed. */
export function suppressionTarget(who: string): Target {
  const text = who.trim()
  const everybody = /^\*?@([^@*\s/]+\.[^@*\s/]+)$/.exec(text)?.[1]
  return everybody === undefined ? targetIn(text) : domainIn(everybody)
}

function targetIn(text: string): Target {
  if (text.includes("*"))
    return refused(`${text} has a wildcard. Give one whole address, or a domain for everybody there: acme.example.`)
  const email = parseEmail(text)
  if (email) return { kind: "email", value: email }
  const slug = parseLinkedinUrl(text) && identityValue("lead", "linkedin", text)
  if (slug) return { kind: "linkedin", value: slug }
  const handle = /^@|(?:^|\/\/|\.)(?:x|twitter)\.com\//i.test(text) ? parseXHandle(text)?.toLowerCase() : null
  if (handle) return { kind: "x", value: handle }
  return domainIn(text)
}

function domainIn(text: string): Target {
  const domain = /^[^@\s]+\.[^@\s]+$/.test(text) ? parseDomain(text) : null
  if (domain === null) return refused(`${text} is no email address, domain, LinkedIn page or X handle.`)
  const isPage = /[/?#][^/?#]/.test(text.replace(/^(?:https?:)?\/\//i, ""))
  if (isPage && parseCompanyDomain(domain) === null)
    return refused(
      `${text} is a page on ${domain}, where everybody may have one. Give an email address, a person's LinkedIn or X page, or the company's own domain.`,
    )
  return { kind: "domain", value: domain }
}

function refused(reason: string): Target {
  return { kind: "refused", reason }
}
