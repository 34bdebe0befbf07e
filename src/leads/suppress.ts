import { createHmac } from "node:crypto"
import { and, eq, inArray } from "drizzle-orm"
import type { Author, Db, Store } from "../db/store.ts"
import { type Suppression, tables } from "../db/tables.ts"
import type { IdentityValue } from "./identity.ts"
import { companyKey } from "./normal-forms/company-name.ts"
import { mailboxOf } from "./normal-forms/email.ts"
import { wordsOf } from "./normal-forms/text.ts"
import { suppressionTarget } from "./suppression-target.ts"
import { rowOf } from "./values.ts"

/** Whom not to contact, in normal form. */
export type Suppressed = Pick<Suppression, "kind" | "value">

type Suppressing = { kind: "suppressed"; added: Suppressed[] } | { kind: "refused"; reason: string }

/** The key of the hashes of people who were forgotten; asked for only where there are such people. */
export type HomeKey = () => string

/** People were forgotten with another key than this home's, so that nobody here could tell who they were. */
export class OtherHomeKey extends Error {
  readonly code = "other_home_key"
  readonly hint =
    'Copy "forgetKey" out of secrets.json in the home that forgot them (on another machine, or in a copy of this home) into this home\'s.'
  constructor() {
    super("People were forgotten under a key that this home does not have, and would not be recognised here.")
  }
}

/** What is known of somebody who may be suppressed. */
export type Person = {
  name: string | null
  company: string | null
  identities: IdentityValue[]
  /** Every address, those of functions too. */
  emails: string[]
  /** Where they work: one company may have several domains. */
  companyDomains: string[]
}

/** Never contact nor import who has this email address, LinkedIn page, X handle (with its @) or works at this domain (with or without
 * an @ before it). */
export async function suppress(
  store: Store,
  author: Author,
  who: string,
  reason: string,
  now: Date,
): Promise<Suppressing> {
  const wanted = suppressionTarget(who)
  if (wanted.kind === "refused") return wanted
  return store.change(author, async (db) => ({
    kind: "suppressed",
    added: await addSuppressions(db, author, [wanted], reason, now.toISOString()),
  }))
}

/** Never contact this lead, at any of its addresses. Throws EntityNotFound. */
export async function suppressLead(
  store: Store,
  author: Author,
  leadId: number,
  reason: string,
  now: Date,
): Promise<Suppressing> {
  return store.change(author, async (db): Promise<Suppressing> => {
    const { identities, emails } = await personOf(db, leadId)
    const wanted = [...identities.filter(isSuppressible), ...emails.map((value) => ({ kind: "email", value }) as const)]
    if (wanted.length === 0)
      return { kind: "refused", reason: `Lead ${leadId} has no address by which it could be recognised.` }
    return { kind: "suppressed", added: await addSuppressions(db, author, wanted, reason, now.toISOString()) }
  })
}

/** Adds suppressions within a transaction, an address together with the mailbox that it leads to, and returns those that were not
 * there. */
export async function addSuppressions(
  db: Db,
  author: Author,
  wanted: Suppressed[],
  reason: string,
  now: string,
): Promise<Suppressed[]> {
  const added: Suppressed[] = []
  for (const { kind, value } of wanted.flatMap(withMailbox)) {
    const made = await db
      .insert(tables.suppressions)
      .values({ kind, value, reason, actor: author.actor, createdAt: now })
      .onConflictDoNothing()
      .returning({ id: tables.suppressions.id })
    if (made.length > 0) added.push({ kind, value })
  }
  return added
}

/** Why a lead must not be contacted, or null. `homeKey` recognises people who were forgotten. Throws EntityNotFound,
 * OtherHomeKey. */
export async function isSuppressed(db: Db, leadId: number, homeKey: HomeKey): Promise<Suppression | null> {
  const [found] = await suppressionsOf(db, [await personOf(db, leadId)], homeKey)
  return found ?? null
}

/** For each of these people the suppression that is theirs, or null. Throws OtherHomeKey. */
export async function suppressionsOf(db: Db, people: Person[], homeKey: HomeKey): Promise<(Suppression | null)[]> {
  const { suppressions } = tables
  if (!(await hasSuppressions(db))) return people.map(() => null)
  const key = (await hasHashes(db)) ? homeKey() : null
  if (key !== null && !(await isKeyOfHashes(db, key))) throw new OtherHomeKey()
  const wanted = people.map((person) => suppressedAs(person, key))
  const known = new Map<string, Suppression>()
  for (const kind of ["email", "domain", "linkedin", "x", "hash"] as const) {
    const values = [
      ...new Set(
        wanted
          .flat()
          .filter((one) => one.kind === kind)
          .map((one) => one.value),
      ),
    ]
    for (let i = 0; i < values.length; i += 500) {
      const found = await db
        .select()
        .from(suppressions)
        .where(and(eq(suppressions.kind, kind), inArray(suppressions.value, values.slice(i, i + 500))))
      for (const one of found) known.set(`${one.kind} ${one.value}`, one)
    }
  }
  return wanted.map((all) => all.map((one) => known.get(`${one.kind} ${one.value}`)).find((one) => one) ?? null)
}

export async function hasSuppressions(db: Db): Promise<boolean> {
  const found = await db.select({ id: tables.suppressions.id }).from(tables.suppressions).limit(1)
  return found.length > 0
}

/** Adds what stays of somebody who is forgotten, and the mark by which their hashes' key is known. Throws OtherHomeKey. */
export async function addForgotten(
  db: Db,
  author: Author,
  person: Person,
  homeKey: string,
  now: string,
): Promise<void> {
  if ((await hasHashes(db)) && !(await isKeyOfHashes(db, homeKey))) throw new OtherHomeKey()
  await addSuppressions(db, author, [markOf(homeKey), ...hashesOf(person, homeKey)], "Forgotten.", now)
}

async function hasHashes(db: Db): Promise<boolean> {
  const { suppressions } = tables
  const found = await db
    .select({ id: suppressions.id })
    .from(suppressions)
    .where(eq(suppressions.kind, "hash"))
    .limit(1)
  return found.length > 0
}

async function isKeyOfHashes(db: Db, homeKey: string): Promise<boolean> {
  const { suppressions } = tables
  const { kind, value } = markOf(homeKey)
  const found = await db
    .select({ id: suppressions.id })
    .from(suppressions)
    .where(and(eq(suppressions.kind, kind), eq(suppressions.value, value)))
  return found.length > 0
}

/** Nobody's hash, that only this key makes. */
function markOf(homeKey: string): Suppressed {
  return hashOf("key of this home", homeKey)
}

function hashOf(text: string, homeKey: string): Suppressed {
  return { kind: "hash", value: createHmac("sha256", homeKey).update(text).digest("hex") }
}

/** What stays of somebody who is forgotten: hashes that nobody can read without the home's key. */
function hashesOf(person: Person, homeKey: string): Suppressed[] {
  const { identities, name, company } = person
  const key = name === null || company === null ? null : companyKey(company)
  const known = [
    ...identities.map(({ kind, value }) => `${kind} ${value}`),
    ...addressesOf(person).map((email) => `email ${email}`),
    ...(key === null ? [] : [`name ${wordsOf(name ?? "")} at ${key}`]),
  ]
  return [...new Set(known)].map((text) => hashOf(text, homeKey))
}

/** A lead as suppressions know people, with all its addresses. Throws EntityNotFound. */
export async function personOf(db: Db, leadId: number): Promise<Person> {
  const { identities } = tables
  const row = await rowOf(db, { entity: "lead", id: leadId })
  const own = await db
    .select({ kind: identities.kind, value: identities.value })
    .from(identities)
    .where(eq(identities.leadId, row.id))
  return {
    name: typeof row.name === "string" ? row.name : null,
    company: typeof row.company === "string" ? row.company : null,
    identities: own,
    emails: typeof row.email === "string" ? [row.email] : [],
    companyDomains: typeof row.companyId === "number" ? await domainsOf(db, row.companyId) : [],
  }
}

/** Every domain by which a company is recognised, those of companies that were merged into it too. */
async function domainsOf(db: Db, company: number): Promise<string[]> {
  const { identities, companies } = tables
  const [own] = await db.select({ domain: companies.domain }).from(companies).where(eq(companies.id, company))
  const known = await db
    .select({ value: identities.value })
    .from(identities)
    .where(and(eq(identities.companyId, company), eq(identities.kind, "domain")))
  return [...(own?.domain ? [own.domain] : []), ...known.map(({ value }) => value)]
}

/** Every suppression that would be this person's: a domain also covers what is below it. */
function suppressedAs(person: Person, homeKey: string | null): Suppressed[] {
  const { identities, companyDomains } = person
  const addresses = addressesOf(person)
  const domains = [...addresses.map((email) => email.slice(email.lastIndexOf("@") + 1)), ...companyDomains]
  return [
    ...identities.filter(isSuppressible),
    ...addresses.map((value) => ({ kind: "email", value }) as const),
    ...domains.flatMap(domainsAbove).map((value) => ({ kind: "domain", value }) as const),
    ...(homeKey === null ? [] : hashesOf(person, homeKey)),
  ]
}

/** Every address, and every mailbox that one leads to. */
function addressesOf({ emails, identities }: Person): string[] {
  const own = [...emails, ...identities.filter(({ kind }) => kind === "email").map(({ value }) => value)]
  return [...new Set([...own, ...own.map(mailboxOf)])]
}

function withMailbox({ kind, value }: Suppressed): Suppressed[] {
  const values = kind === "email" ? [...new Set([value, mailboxOf(value)])] : [value]
  return values.map((one) => ({ kind, value: one }))
}

function isSuppressible(identity: IdentityValue): identity is IdentityValue & Suppressed {
  return identity.kind !== "domain"
}

function domainsAbove(domain: string): string[] {
  const labels = domain.split(".")
  return labels.slice(0, -1).map((_, i) => labels.slice(i).join("."))
}
