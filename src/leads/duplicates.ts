import { and, asc, count, eq, gt, inArray, isNotNull, isNull, ne, type SQL, sql } from "drizzle-orm"
import { searchQuery } from "../db/search.ts"
import type { Store } from "../db/store.ts"
import { type Company, type Lead, tables } from "../db/tables.ts"
import { mailDomain } from "../db/text.ts"
import { idsWithWords } from "../db/words.ts"
import { distinctFrom } from "./distinctions.ts"
import type { Entity } from "./fields.ts"
import { companyKey } from "./normal-forms/company-name.ts"
import { isFreeMail } from "./normal-forms/email.ts"
import { parseLinkedinSlug } from "./normal-forms/linkedin.ts"
import { wordsOf } from "./normal-forms/text.ts"

/** Two that are likely one. `keep` is the older; `score` goes from 0 to 1. */
export type LikelyPair<Row> = { keep: Row; drop: Row; score: number; reasons: string[] }
/** The likeliest pairs; `more` says whether there were others. */
export type Likely<Row> = { pairs: LikelyPair<Row>[]; more: boolean }

export type LeadSketch = Pick<
  Lead,
  "id" | "name" | "title" | "company" | "companyId" | "email" | "phone" | "linkedinUrl" | "xHandle"
>
type CompanySketch = Pick<Company, "id" | "name" | "domain" | "linkedinUrl" | "nameKey">

/** A phone number that more leads than this have is a switchboard's. */
const mostOfPhone = 5
/** Leads with the same key that are compared one by one; of more, only those with the very same name. */
const mostCompared = 60
const likely = 0.5
/** Colleagues that one lead is compared with. */
const mostColleagues = 200

/** Pairs of leads that are likely the same person, the likeliest first. Only leads that share a company, a mail domain or a phone
 * number are compared with each other, and of these only those whose names begin alike. */
export async function likelyDuplicates(store: Store, options: { limit: number }): Promise<Likely<LeadSketch>> {
  const found = new Map<string, LikelyPair<LeadSketch>>()
  const note = (one: LeadSketch, other: LeadSketch, isSamePhone: boolean) => {
    const [keep, drop] = one.id < other.id ? [one, other] : [other, one]
    const pair = judge(keep, drop, isSamePhone)
    const known = found.get(`${keep.id} ${drop.id}`)
    if (pair && pair.score > (known?.score ?? 0)) found.set(`${keep.id} ${drop.id}`, pair)
  }
  for await (const blocks of companyBlocks(store)) for (const block of blocks) comparedByName(block, note)
  for (const block of await domainBlocks(store)) comparedByName(block, note)
  for (const block of await phoneBlocks(store)) {
    for (const [i, one] of block.entries()) for (const other of block.slice(i + 1)) note(one, other, true)
  }
  return likeliest(await withoutDistinct(store, "lead", [...found.values()]), options.limit)
}

/** Who is likely the same person as this lead, the likeliest first: of those at the same company, or who share a word of the name. Only
 * the first hundreds are looked at, so that it takes no longer among millions. */
export async function duplicatesOf(store: Store, lead: LeadSketch, limit: number): Promise<LikelyPair<LeadSketch>[]> {
  const { leads } = tables
  const others = and(ne(leads.id, lead.id), isNull(leads.mergedInto))
  const colleagues = await store.read((db) =>
    lead.companyId === null
      ? Promise.resolve([])
      : db
          .select(leadSketch)
          .from(leads)
          .where(and(eq(leads.companyId, lead.companyId), others))
          .limit(mostColleagues),
  )
  const words = searchQuery(wordsOf(lead.name ?? ""))
  const namesakes = await store.read((db) =>
    words === null
      ? Promise.resolve([])
      : db
          .select(leadSketch)
          .from(leads)
          .where(and(inArray(leads.id, idsWithWords(words, mostCompared)), others)),
  )
  const found = new Map<number, LikelyPair<LeadSketch>>()
  for (const other of [...colleagues, ...namesakes]) {
    const [keep, drop] = lead.id < other.id ? [lead, other] : [other, lead]
    const isSamePhone = lead.phone !== null && lead.phone === other.phone
    if (!isSamePhone && !isSameCompany(keep, drop) && !isSameDomain(keep, drop)) continue
    const pair = likeness(keep.name, drop.name) || isSamePhone ? judge(keep, drop, isSamePhone) : null
    if (pair) found.set(other.id, pair)
  }
  return likeliest(await withoutDistinct(store, "lead", [...found.values()]), limit).pairs
}

/** Pairs of companies that are likely the same: of one name, apart from its legal form. */
export async function likelyCompanyDuplicates(
  store: Store,
  options: { limit: number },
): Promise<Likely<CompanySketch>> {
  const { companies } = tables
  const shared = sql`(SELECT name_key FROM companies WHERE merged_into IS NULL AND name_key IS NOT NULL GROUP BY name_key HAVING count(*) > 1)`
  const found = await store.read((db) =>
    db
      .select(companySketch)
      .from(companies)
      .where(and(isNull(companies.mergedInto), inArray(companies.nameKey, shared)))
      .orderBy(asc(companies.id)),
  )
  const pairs = [...Map.groupBy(found, ({ nameKey }) => nameKey).values()].flatMap(([keep, ...rest]) =>
    rest.flatMap((drop) => {
      if (!keep) return []
      const areDifferent = keep.domain !== null && drop.domain !== null && keep.domain !== drop.domain
      const reasons = ["the same name", ...(areDifferent ? ["but different domains"] : [])]
      return [{ keep, drop, score: areDifferent ? 0.5 : 0.9, reasons }]
    }),
  )
  return likeliest(await withoutDistinct(store, "company", pairs), options.limit)
}

const { id, name, title, company, companyId, email, phone, linkedinUrl, xHandle } = tables.leads
const leadSketch = { id, name, title, company, companyId, email, phone, linkedinUrl, xHandle }
const companySketch = {
  id: tables.companies.id,
  name: tables.companies.name,
  domain: tables.companies.domain,
  linkedinUrl: tables.companies.linkedinUrl,
  nameKey: tables.companies.nameKey,
}

function likeliest<Row extends { id: number }>(pairs: LikelyPair<Row>[], limit: number): Likely<Row> {
  pairs.sort((one, other) => other.score - one.score || one.keep.id - other.keep.id || one.drop.id - other.drop.id)
  return { pairs: pairs.slice(0, limit), more: pairs.length > limit }
}

/** Leaves out of whom a person said that they are not the same. */
async function withoutDistinct<Row extends { id: number }>(
  store: Store,
  entity: Entity,
  pairs: LikelyPair<Row>[],
): Promise<LikelyPair<Row>[]> {
  const isDistinct = await distinctFrom(store, entity)
  return pairs.filter(({ keep, drop }) => !isDistinct(keep.id, drop.id))
}

/** The leads of each company that has several, companies of one name taken together. */
async function* companyBlocks(store: Store): AsyncGenerator<LeadSketch[][]> {
  const { leads, companies } = tables
  for (let last = ""; ; ) {
    const keys = await store.read((db) =>
      db
        .select({ key: companies.nameKey })
        .from(companies)
        .innerJoin(leads, and(eq(leads.companyId, companies.id), isNull(leads.mergedInto)))
        .where(and(isNotNull(companies.nameKey), gt(companies.nameKey, last)))
        .groupBy(companies.nameKey)
        .having(gt(count(), 1))
        .orderBy(asc(companies.nameKey))
        .limit(200),
    )
    const wanted = keys.flatMap(({ key }) => (key === null ? [] : [key]))
    if (wanted.length === 0) return
    const found = await store.read((db) =>
      db
        .select({ lead: leadSketch, key: companies.nameKey })
        .from(companies)
        .innerJoin(leads, and(eq(leads.companyId, companies.id), isNull(leads.mergedInto)))
        .where(inArray(companies.nameKey, wanted)),
    )
    yield [...Map.groupBy(found, ({ key }) => key).values()].map((block) => block.map(({ lead }) => lead))
    last = wanted.at(-1) ?? ""
  }
}

/** The leads of each mail domain that somebody without a known company has too. */
async function domainBlocks(store: Store): Promise<LeadSketch[][]> {
  const domain = mailDomain(email)
  const here = and(isNull(tables.leads.mergedInto), isNotNull(email))
  const loose = await store.read((db) =>
    db
      .selectDistinct({ domain })
      .from(tables.leads)
      .where(and(here, isNull(companyId))),
  )
  const wanted = new Set(loose.map(({ domain }) => domain).filter((one) => !isFreeMail(one)))
  const shared = await store.read((db) =>
    db.select({ domain }).from(tables.leads).where(here).groupBy(domain).having(gt(count(), 1)),
  )
  const blocks: LeadSketch[][] = []
  const domains = shared.map(({ domain }) => domain).filter((one) => wanted.has(one))
  for (let i = 0; i < domains.length; i += 500) {
    blocks.push(...(await blocksBy(store, domain, inArray(domain, domains.slice(i, i + 500)))))
  }
  return blocks
}

function phoneBlocks(store: Store): Promise<LeadSketch[][]> {
  const shared = sql`(SELECT phone FROM leads WHERE merged_into IS NULL AND phone IS NOT NULL
    GROUP BY phone HAVING count(*) BETWEEN 2 AND ${mostOfPhone})`
  return blocksBy(store, sql<string>`${phone}`, inArray(phone, shared))
}

async function blocksBy(store: Store, key: SQL<string>, where: SQL): Promise<LeadSketch[][]> {
  const found = await store.read((db) =>
    db
      .select({ lead: leadSketch, key })
      .from(tables.leads)
      .where(and(where, isNull(tables.leads.mergedInto))),
  )
  return [...Map.groupBy(found, ({ key }) => key).values()].map((block) => block.map(({ lead }) => lead))
}

/** Compares the leads of a block whose names have an end in common, up to one initial. */
function comparedByName(
  block: LeadSketch[],
  note: (one: LeadSketch, other: LeadSketch, isSamePhone: boolean) => void,
): void {
  const byKey = new Map<string, LeadSketch[]>()
  for (const lead of block) {
    for (const key of nameKeys(lead.name)) byKey.set(key, [...(byKey.get(key) ?? []), lead])
  }
  for (const alike of byKey.values()) {
    if (alike.length > mostCompared) {
      for (const [first, ...rest] of Map.groupBy(alike, (lead) => wordsOf(lead.name ?? "")).values()) {
        if (first) for (const other of rest) note(first, other, false)
      }
      continue
    }
    for (const [i, one] of alike.entries()) for (const other of alike.slice(i + 1)) note(one, other, false)
  }
}

/** First name with the last one's initial, and the other way round, in either order of the names. */
function nameKeys(name: string | null): string[] {
  const words = wordsOf(name ?? "")
    .split(" ")
    .filter(Boolean)
  const [first, last] = [words[0], words.at(-1)]
  if (!first || !last) return []
  const initialled = [`${first} ${last[0]}`, `${first[0]} ${last}`, `${last} ${first[0]}`, `${last[0]} ${first}`]
  return [...new Set(initialled)]
}

function judge(keep: LeadSketch, drop: LeadSketch, isSamePhone: boolean): LikelyPair<LeadSketch> | null {
  const alike = likeness(keep.name, drop.name)
  const reasons: string[] = []
  let doubt = 1
  const add = (weight: number, reason: string) => {
    doubt *= 1 - weight
    reasons.push(reason)
  }
  if (alike) add(alike.weight, alike.reason)
  if (isSamePhone) add(alike ? 0.7 : 0.4, "the same phone number")
  if (alike && isSameCompany(keep, drop)) add(0.6, "the same company")
  if (alike && isSameDomain(keep, drop)) add(0.5, "the same mail domain")
  const [one, other] = [slugOf(keep), slugOf(drop)]
  const areDifferent = one !== null && other !== null && one !== other
  if (areDifferent) reasons.push("but different pages on LinkedIn")
  const score = Math.round((1 - doubt) * (areDifferent ? 0.5 : 1) * 100) / 100
  return score >= likely ? { keep, drop, score, reasons } : null
}

/** How alike two names are, or null. */
function likeness(name: string | null, otherName: string | null): { weight: number; reason: string } | null {
  const [one, other] = [wordsOf(name ?? "").split(" "), wordsOf(otherName ?? "").split(" ")]
  const [first, last, otherFirst, otherLast] = [one[0] ?? "", one.at(-1) ?? "", other[0] ?? "", other.at(-1) ?? ""]
  if (!first || !otherFirst) return null
  if (one.join(" ") === other.join(" ")) return { weight: 0.6, reason: "the same name" }
  if (one.toSorted().join(" ") === other.toSorted().join(" "))
    return { weight: 0.5, reason: "the same names in another order" }
  if (one.length > 1 && other.length > 1) {
    if (first === otherFirst && last === otherLast) return { weight: 0.5, reason: "the same first and last name" }
    const isInitial = first[0] === otherFirst[0] && (first.length === 1 || otherFirst.length === 1)
    if (isInitial && last === otherLast) return { weight: 0.4, reason: "the same last name and initial" }
  }
  const [longer, shorter] = [one.join(" "), other.join(" ")].toSorted((a, b) => b.length - a.length)
  const isTypo = longer !== undefined && shorter !== undefined && shorter.length >= 7 && isOneSlip(longer, shorter)
  return isTypo ? { weight: 0.4, reason: "names that differ in one letter" } : null
}

/** Whether one letter more, less, changed or swapped with its neighbour makes one text of the other. */
function isOneSlip(longer: string, shorter: string): boolean {
  let at = 0
  while (at < shorter.length && longer[at] === shorter[at]) at++
  const rest = (text: string, from: number) => text.slice(from)
  if (longer.length === shorter.length) {
    const isSwapped = longer[at] === shorter[at + 1] && longer[at + 1] === shorter[at]
    return (
      rest(longer, at + 1) === rest(shorter, at + 1) || (isSwapped && rest(longer, at + 2) === rest(shorter, at + 2))
    )
  }
  return longer.length === shorter.length + 1 && rest(longer, at + 1) === rest(shorter, at)
}

function isSameCompany(one: LeadSketch, other: LeadSketch): boolean {
  if (one.companyId !== null && one.companyId === other.companyId) return true
  const key = one.company === null ? null : companyKey(one.company)
  return key !== null && other.company !== null && companyKey(other.company) === key
}

function isSameDomain(one: LeadSketch, other: LeadSketch): boolean {
  const [domain, second] = [one.email, other.email].map((address) => address?.slice(address.lastIndexOf("@") + 1))
  return domain !== undefined && domain === second && !isFreeMail(domain)
}

function slugOf({ linkedinUrl }: LeadSketch): string | null {
  return linkedinUrl === null ? null : parseLinkedinSlug(linkedinUrl)
}
