import { and, asc, eq, inArray, isNotNull, or } from "drizzle-orm"
import { z } from "zod"
import { own } from "../db/json.ts"
import type { Db, Store } from "../db/store.ts"
import { type Evidence, type Identity, type Run, tables } from "../db/tables.ts"
import { endsWith } from "../db/text.ts"
import { fieldsOf } from "../leads/fields.ts"
import { identityValue } from "../leads/identity.ts"
import type { Opening } from "./define.ts"
import { personsWords } from "./taint.ts"

type Name = (Opening & { kind: "page" })["names"]

/** Whether an address was not made up by the run that wants to open it: it stood in the database before, was a link on a page that
 * the run has read, or the person named it. Whatever a run could put into an address by itself, it could send out in it. */
export async function isKnown(store: Store, line: Run[], name: Name): Promise<boolean> {
  if (addressesAskedFor(line).some((word) => isName(name, word))) return true
  return store.read(async (db) => (await stoodBefore(db, line, name)) || (await isLinked(db, line, name)))
}

/** What looks like an address in what a person asked. */
export function addressesAskedFor(line: Run[]): string[] {
  const words = personsWords(line).flatMap((prompt) => prompt.split(/[\s,;<>()"']+/))
  return words.filter((word) => /[./@]/.test(word)).map((word) => word.replace(/[.!?:]+$/, ""))
}

async function stoodBefore(db: Db, line: Run[], name: Name): Promise<boolean> {
  const { identities } = tables
  const owner = name.entity === "lead" ? identities.leadId : identities.companyId
  const itself = and(
    eq(identities.kind, name.kind),
    eq(identities.value, name.value),
    name.entity === null ? undefined : isNotNull(owner),
  )
  const mailbox = and(eq(identities.kind, "email"), endsWith(identities.value, `@${name.value}`))
  const found = await db
    .select()
    .from(identities)
    .where(name.kind === "domain" ? or(itself, mailbox) : itself)
  for (const identity of found) if (await isFounded(db, line, identity)) return true
  return false
}

/** An identity that a run wrote counts if a page says it; what was only inferred may be made up. */
async function isFounded(db: Db, line: Run[], identity: Identity): Promise<boolean> {
  const { changes, changesets, facts, evidence } = tables
  const [made] = await db
    .select({ runId: changesets.runId })
    .from(changes)
    .innerJoin(changesets, eq(changesets.id, changes.changesetId))
    .where(and(eq(changes.tableName, "identities"), eq(changes.rowId, identity.id), eq(changes.op, "insert")))
    .orderBy(asc(changes.id))
    .limit(1)
  const runId = made?.runId ?? null
  if (runId === null) return true
  if (line.some((run) => run.id === runId)) return false
  const { leadId, companyId, kind, value } = identity
  const entity = leadId === null ? "company" : "lead"
  const known = await db
    .select({ field: facts.field, value: facts.value, basis: facts.basis, reading: evidence.reading })
    .from(facts)
    .leftJoin(evidence, eq(evidence.id, facts.evidenceId))
    .where(and(eq(facts.entity, entity), eq(facts.entityId, leadId ?? companyId ?? 0)))
  return known.some((fact) => {
    const isOfKind = own(fieldsOf(entity), fact.field)?.identity === kind
    if (!isOfKind || typeof fact.value !== "string" || identityValue(entity, kind, fact.value) !== value) return false
    if (fact.basis === "observed" || fact.basis === "human") return true
    return kind !== "email" && linksOf(fact.reading).some((link) => isName({ entity, kind, value }, link))
  })
}

async function isLinked(db: Db, line: Run[], name: Name): Promise<boolean> {
  const pages = await pagesReadBy(db, line)
  return pages.some(({ reading }) => linksOf(reading).some((link) => isName(name, link)))
}

/** The evidence of every page that a run has read. */
export async function pagesReadBy(
  db: Db,
  line: Run[],
): Promise<Pick<Evidence, "id" | "url" | "finalUrl" | "reading">[]> {
  const { calls, evidence } = tables
  const read = db
    .select({ id: calls.evidenceId })
    .from(calls)
    .where(
      and(
        inArray(
          calls.runId,
          line.map(({ id }) => id),
        ),
        isNotNull(calls.evidenceId),
      ),
    )
  const { id, url, finalUrl, reading } = evidence
  return db.select({ id, url, finalUrl, reading }).from(evidence).where(inArray(id, read))
}

/** Addresses that a page gave. */
export function linksOf(reading: unknown): string[] {
  const fields = withLinks.safeParse(reading).data?.fields ?? {}
  const { people = [], posts = [], links: listed = [], emails = [], ...single } = fields
  const links = [...Object.values(single), ...[...people, ...posts, ...listed].map(({ url }) => url), ...emails]
  return links.filter((link) => typeof link === "string")
}

const link = z.string().nullish()
const withLinks = z.object({
  fields: z.object({
    website: link,
    linkedin_url: link,
    x_handle: link,
    handle: link,
    careers_url: link,
    emails: z.array(z.string()).optional(),
    people: z.array(z.object({ url: link })).optional(),
    posts: z.array(z.object({ url: link })).optional(),
    links: z.array(z.object({ url: link })).optional(),
  }),
})

function isName({ entity, kind, value }: Name, text: string): boolean {
  if (kind === "linkedin" && !/linkedin\./i.test(text)) return false
  const entities = entity === null ? (["lead", "company"] as const) : [entity]
  return entities.some((one) => identityValue(one, kind, text) === value)
}
