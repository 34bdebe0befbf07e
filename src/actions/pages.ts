import { eq } from "drizzle-orm"
import { z } from "zod"
import type { Reading } from "../browser/reading.ts"
import { type Lead, tables } from "../db/tables.ts"
import { learnedFrom } from "../leads/fields.ts"
import { companyKey } from "../leads/normal-forms/company-name.ts"
import { isFreeMail } from "../leads/normal-forms/email.ts"
import { parseLinkedinCompanySlug, parseLinkedinSlug } from "../leads/normal-forms/linkedin.ts"
import { parseDomain } from "../leads/normal-forms/web-address.ts"
import { parseXHandle } from "../leads/normal-forms/x-handle.ts"
import { seen, text } from "./answers.ts"
import { type ActionContext, ActionRefused, type Opening } from "./define.ts"
import { action, type Services } from "./services.ts"

type Seen = z.input<typeof seen>
type Fact = Seen["facts"][number]
/** What an adapter builds an address for. */
type PageOpening = Exclude<Opening, { kind: "address" | "element" }>

/** An address, or nothing: then nothing is read, so that a script need not look before it asks. */
const address = text.optional()
const longestAddress = 500
const words = z.string().trim().min(1).max(200)

/** What stands for each kind of address in the examples. */
const examples: Record<string, string> = {
  url: "https://www.linkedin.com/in/ada-example",
  handle: "ada_example",
  domain: "acme.example",
}

export const pageActions = [
  page("linkedin.profile", "url", "Reads a person's LinkedIn profile, by address or slug", ofPerson),
  page("linkedin.posts", "url", "Reads what a person posted on LinkedIn lately", (url) =>
    onPage(ofPerson(url), "recent-activity/all/"),
  ),
  page("linkedin.company", "url", "Reads a company's LinkedIn page, by address or slug", ofCompany),
  search(
    "linkedin.search",
    "Searches people on LinkedIn; fields.people are the results",
    (words) => `https://www.linkedin.com/search/results/people/?${new URLSearchParams({ keywords: words })}`,
  ),
  page("x.profile", "handle", "Reads a person's or company's X profile with its newest posts", ofAccount),
  search(
    "x.search",
    "Searches X; fields.people or fields.posts are the results",
    (words) => `https://x.com/search?${new URLSearchParams({ q: words })}`,
  ),
  page("web.site", "domain", "Reads the front page of a company's own site", ofSite),
]

function page<N extends string>(name: string, parameter: N, summary: string, open: (text: string) => PageOpening) {
  const given = (args: Record<string, unknown>) => (address.parse(args[parameter]) ?? "").trim()
  const parameters: Record<string, typeof address> = { [parameter]: address }
  return action({
    name,
    effect: "browse",
    summary,
    example: `const seen = await ${name}(${JSON.stringify(examples[parameter])})\nreturn seen.kind === "found" ? seen.fields : seen.reason`,
    parameters,
    returns: seen,
    taints: ({ evidence }) => evidence !== null,
    opens: (args) => openingOf(given(args), open),
    complete: async (context, args) => ({ ...args, [parameter]: await ownAddress(context, name) }),
    run: (context, args) => see(context, openingOf(given(args), open)),
  })
}

/** The address that the run's own lead, or the company it works for, has for such a page: what is meant where none is given. */
async function ownAddress({ store, leadId }: ActionContext<Services>, name: string): Promise<string | null> {
  if (leadId === null) return null
  const { leads, companies } = tables
  const [own] = await store.read((db) =>
    db
      .select({ lead: leads, company: companies })
      .from(leads)
      .leftJoin(companies, eq(companies.id, leads.companyId))
      .where(eq(leads.id, leadId)),
  )
  if (name === "linkedin.company") return own?.company?.linkedinUrl ?? null
  if (name === "web.site") return own?.company?.domain ?? (own ? domainOfMail(own.lead) : null)
  return (name === "x.profile" ? own?.lead.xHandle : own?.lead.linkedinUrl) ?? null
}

/** The site of a lead's address at work, if it bears the name of the company: who has changed jobs may still have the old one's. */
function domainOfMail({ email, company }: Lead): string | null {
  const domain = email === null || isFreeMail(email) ? null : parseDomain(email)
  if (domain === null || company === null) return domain
  const name = plainName(company)
  const label = plainName(domain.split(".", 1)[0] ?? "")
  return label !== "" && (name.startsWith(label) || label.startsWith(name)) ? domain : null
}

function plainName(name: string): string {
  return (companyKey(name) ?? "").replace(/\band\b| /g, "")
}

function openingOf(text: string, open: (text: string) => PageOpening): PageOpening {
  if (text === "") return { kind: "nothing" }
  return text.length > longestAddress ? { kind: "refused", reason: "That is too long for an address." } : open(text)
}

function search(name: string, summary: string, url: (words: string) => string) {
  return action({
    name,
    effect: "browse",
    summary,
    example: `return (await ${name}("head of data acme")).fields.people`,
    parameters: { words },
    returns: seen,
    opens: ({ words }) => ({ kind: "search", url: url(words) }),
    run: (context, { words }) => see(context, { kind: "search", url: url(words) }),
  })
}

function ofPerson(text: string): PageOpening {
  const slug = parseLinkedinSlug(text)
  if (!slug) return { kind: "refused", reason: `${text} is no LinkedIn profile, as linkedin.com/in/name is.` }
  const url = `https://www.linkedin.com/in/${encodeURIComponent(slug)}/`
  return { kind: "page", url, names: { entity: "lead", kind: "linkedin", value: slug } }
}

function ofCompany(text: string): PageOpening {
  const slug = parseLinkedinCompanySlug(text)
  if (!slug)
    return { kind: "refused", reason: `${text} is no LinkedIn page of a company, as linkedin.com/company/name is.` }
  const url = `https://www.linkedin.com/company/${encodeURIComponent(slug)}/`
  return { kind: "page", url, names: { entity: "company", kind: "linkedin", value: slug } }
}

function ofAccount(text: string): PageOpening {
  const handle = parseXHandle(text)?.toLowerCase()
  if (!handle) return { kind: "refused", reason: `${text} is no X handle.` }
  return { kind: "page", url: `https://x.com/${handle}`, names: { entity: null, kind: "x", value: handle } }
}

function ofSite(text: string): PageOpening {
  const domain = parseDomain(text)
  if (!domain) return { kind: "refused", reason: `${text} is no domain, as acme.example is.` }
  return { kind: "page", url: `https://${domain}/`, names: { entity: null, kind: "domain", value: domain } }
}

function onPage(opening: PageOpening, path: string): PageOpening {
  return opening.kind === "page" ? { ...opening, url: opening.url + path } : opening
}

async function see(context: ActionContext<Services>, opening: PageOpening): Promise<Seen> {
  if (opening.kind === "refused") throw new ActionRefused(opening.reason)
  if (opening.kind === "nothing") {
    return { kind: "none", url: null, fields: {}, facts: [], evidence: null, reason: "There is no address." }
  }
  const { signal, runId, services } = context
  const read = await services.read(opening.url, { runId, owner: await ownerOfLead(context), signal })
  if (read.kind === "refused") throw new ActionRefused(read.reason)
  if (read.kind === "parked") {
    return { kind: "parked", url: opening.url, fields: {}, facts: [], evidence: null, reason: read.reason }
  }
  const { reading, evidenceId: evidence } = read
  const { url, kind, fields } = reading
  if (kind === "found") return { kind, url, fields, facts: factsOf(reading, evidence), evidence, reason: null }
  return { kind, url, fields: {}, facts: [], evidence, reason: reading.reason ?? kind }
}

/** What a page proves, ready for `learn`: each value with its evidence and the words it rests on. */
function factsOf(reading: Reading, evidence: number): Fact[] {
  const values: Record<string, unknown> = reading.fields
  const quotes: Record<string, string | undefined> = reading.quotes
  return Object.entries(learnedFrom[reading.page]?.fields ?? {}).flatMap(([pageField, field]): Fact[] => {
    const value = values[pageField]
    const quote = quotes[pageField]
    return (typeof value === "string" || typeof value === "number") && quote ? [{ field, value, evidence, quote }] : []
  })
}

/** A lead's owner has an account of their own to read with, if anybody does. */
export async function ownerOfLead({ store, leadId }: ActionContext<Services>): Promise<string | null> {
  if (leadId === null) return null
  const { leads } = tables
  const [lead] = await store.read((db) => db.select({ owner: leads.owner }).from(leads).where(eq(leads.id, leadId)))
  return lead?.owner ?? null
}
