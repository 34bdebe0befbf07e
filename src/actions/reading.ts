import { eq } from "drizzle-orm"
import { z } from "zod"
import type { Reading } from "../browser/reading.ts"
import { type Json, tables } from "../db/tables.ts"
import { learnedFrom } from "../leads/fields.ts"
import { parseDomain, parseLinkedinCompanyUrl, parseLinkedinUrl, parseXHandle } from "../leads/normal-forms.ts"
import { type ActionContext, ActionRefused } from "./define.ts"
import { action, type Services } from "./services.ts"

/** What a script gets of a page. Facts are ready for `learn`: each names its evidence and the words it rests on. */
type Seen = {
  url: string
  page: string
  kind: Reading["kind"] | "parked"
  reason: string | null
  fields: Reading["fields"]
  facts: { field: string; value: Json; evidence: number; quote: string }[]
  evidence: number | null
}

const address = z.string().trim().min(1).max(500)

export const readingActions = [
  action({
    name: "linkedin.profile",
    effect: "browse",
    summary: "Reads a person's LinkedIn profile by address or slug",
    parameters: { url: address },
    returns: "Seen",
    taints: true,
    run: (context, { url }) => see(context, profileAddress(url), "a LinkedIn profile address like linkedin.com/in/name"),
  }),
  action({
    name: "linkedin.company",
    effect: "browse",
    summary: "Reads a company's LinkedIn page by address or slug",
    parameters: { url: address },
    returns: "Seen",
    taints: true,
    run: (context, { url }) =>
      see(context, companyAddress(url), "a LinkedIn company address like linkedin.com/company/name"),
  }),
  action({
    name: "x.profile",
    effect: "browse",
    summary: "Reads a person's or company's X profile by handle",
    parameters: { handle: address },
    returns: "Seen",
    taints: true,
    run: (context, { handle }) => see(context, xAddress(handle), "an X handle"),
  }),
  action({
    name: "web.site",
    effect: "browse",
    summary: "Reads a company's own site by domain; only domains known before this run or linked from pages it read",
    parameters: { domain: address },
    returns: "Seen",
    taints: true,
    run: async (context, { domain }) => {
      const known = parseDomain(domain)
      if (known && !(await isKnownDomain(context, known))) {
        throw new ActionRefused(`${known} stood neither in the database nor on a page this run has read, so it is not opened.`)
      }
      return see(context, known && `https://${known}/`, "a company's domain")
    },
  }),
]

/** An address, or a bare slug. */
function profileAddress(text: string): string | null {
  return parseLinkedinUrl(text) ?? parseLinkedinUrl(`https://www.linkedin.com/in/${encodeURIComponent(text)}`)
}

function companyAddress(text: string): string | null {
  return parseLinkedinCompanyUrl(text) ?? parseLinkedinCompanyUrl(`https://www.linkedin.com/company/${encodeURIComponent(text)}`)
}

function xAddress(text: string): string | null {
  const handle = parseXHandle(text)
  return handle && `https://x.com/${handle}`
}

async function see(context: ActionContext<Services>, url: string | null, wanted: string): Promise<Seen> {
  if (!url) throw new ActionRefused(`That is not ${wanted}.`)
  const { signal, runId } = context
  const read = await context.services.read(url, { runId, owner: await ownerOfLead(context), signal })
  if (read.kind === "refused") throw new ActionRefused(read.reason)
  if (read.kind === "parked") {
    return { url, page: "", kind: "parked", reason: read.reason, fields: {}, facts: [], evidence: null }
  }
  const { reading, evidenceId } = read
  return {
    url: reading.url,
    page: reading.page,
    kind: reading.kind,
    reason: reading.reason,
    fields: reading.fields,
    facts: reading.kind === "found" ? factsOf(reading, evidenceId) : [],
    evidence: evidenceId,
  }
}

function factsOf(reading: Reading, evidence: number): Seen["facts"] {
  const learned = learnedFrom[reading.page]?.fields ?? {}
  const values: Record<string, unknown> = reading.fields
  const quotes: Record<string, string | undefined> = reading.quotes
  return Object.entries(learned).flatMap(([pageField, field]) => {
    const value = values[pageField]
    const quote = quotes[pageField]
    const isPlain = typeof value === "string" || typeof value === "number"
    return isPlain && quote ? [{ field, value, evidence, quote }] : []
  })
}

async function ownerOfLead({ store, leadId }: ActionContext<Services>): Promise<string | null> {
  if (leadId === null) return null
  const [lead] = await store.read((db) =>
    db.select({ owner: tables.leads.owner }).from(tables.leads).where(eq(tables.leads.id, leadId)),
  )
  return lead?.owner ?? null
}

/** A run that has read a page must not be talked into opening an address made up for the purpose. */
async function isKnownDomain({ store, runId, leadId }: ActionContext<Services>, domain: string): Promise<boolean> {
  const { identities, companies, evidence, leads } = tables
  return store.read(async (db) => {
    const known = await db.select({ id: identities.id }).from(identities).where(eq(identities.value, domain)).limit(1)
    const named = await db.select({ id: companies.id }).from(companies).where(eq(companies.domain, domain)).limit(1)
    if (known.length + named.length > 0) return true
    const own = await db.select({ email: leads.email }).from(leads).where(eq(leads.id, leadId ?? 0))
    if (own.some(({ email }) => email !== null && parseDomain(email) === domain)) return true
    const pages = await db.select({ reading: evidence.reading }).from(evidence).where(eq(evidence.runId, runId))
    return pages.some(({ reading }) => linked.safeParse(reading).data?.fields.website === domain)
  })
}

const linked = z.object({ fields: z.object({ website: z.string().transform(parseDomain) }) })
