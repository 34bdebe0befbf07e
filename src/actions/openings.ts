import { and, eq, inArray, isNull, lt, notInArray, or } from "drizzle-orm"
import { z } from "zod"
import type { Db, Store } from "../db/store.ts"
import { type Run, tables } from "../db/tables.ts"
import { parseDomain } from "../leads/normal-forms/web-address.ts"
import { addressesAskedFor, isKnown, linksOf, pagesReadBy } from "./addresses.ts"
import type { Grant, Opening } from "./define.ts"
import { coversHost } from "./grants.ts"
import { personsWords } from "./taint.ts"

/** A run that wants to open a page, with those it goes on from. */
type Opener = { store: Store; grant: Grant; line: Run[]; isTainted: boolean; leadId: number | null }

/** Why a page is not opened; null where it is. A tainted run may have been told to carry something out, and an address, or what is
 * written into a page, carries what stands in it. */
export async function whyNotOpened(opening: Opening, opener: Opener): Promise<string | null> {
  const { store, grant, line, isTainted } = opener
  if (opening.kind === "nothing") return null
  if (opening.kind === "refused") return opening.reason
  if (opening.kind === "element") return whyNotTouched(opening, opener)
  const { hostname } = new URL(opening.url)
  if (grant.hosts && !coversHost(grant.hosts, hostname)) return notGranted(hostname)
  if (!isTainted) return null
  if (opening.kind === "search") {
    return "This run has read text that no team member wrote, so it searches the web no more."
  }
  const isThere =
    opening.kind === "address" ? isAddressKnown(store, line, opening.url) : isKnown(store, line, opening.names)
  if (await isThere) return null
  return `${opening.url} stood neither in the database nor on a page that this run has read, so it is not opened.`
}

/** Where a handle leads: a link's address, or the page of a control. Null where the run has not read that page, or it has no such link. */
export async function placeOf(
  store: Store,
  line: Run[],
  { evidence, element }: Opening & { kind: "element" },
): Promise<string | null> {
  const pages = await store.read((db) => pagesReadBy(db, line))
  const page = pages.find(({ id }) => id === evidence)
  if (!page) return null
  if (element.startsWith("c")) return page.url
  return withLinks.safeParse(page.reading).data?.fields.links?.[Number(element.slice(1))]?.url ?? null
}

const withLinks = z.object({ fields: z.object({ links: z.array(z.object({ url: z.string() })).optional() }) })

async function whyNotTouched(
  opening: Opening & { kind: "element" },
  { store, grant, line, isTainted, leadId }: Opener,
): Promise<string | null> {
  const place = await placeOf(store, line, opening)
  if (place === null) {
    return `This run has read no page with ${opening.evidence}:${opening.element}; web.open shows a page with its handles.`
  }
  const { hostname } = new URL(place)
  if (grant.hosts && !coversHost(grant.hosts, hostname)) return notGranted(hostname)
  if (!isTainted || opening.words === null || (await isOwnWord(store, line, leadId, opening.words))) return null
  return "This run has read text that no team member wrote, so it writes nothing into a page but the name of its lead or of their company, or what the person asked for."
}

/** Whether an address was not made up by the run: the person named it, the run has read it or a page that links to it, the database
 * had it before, or it is the front page of a site that is known. */
async function isAddressKnown(store: Store, line: Run[], address: string): Promise<boolean> {
  const wanted = plain(address)
  if (addressesAskedFor(line).some((word) => plain(word) === wanted)) return true
  if (await isKnownFront(store, line, new URL(address))) return true
  return store.read(async (db) => {
    const pages = await pagesReadBy(db, line)
    const seen = pages.flatMap(({ url, finalUrl, reading }) => [url, finalUrl ?? url, ...linksOf(reading)])
    if (seen.some((one) => plain(one) === wanted)) return true
    return stoodBefore(db, line, address)
  })
}

async function isKnownFront(store: Store, line: Run[], url: URL): Promise<boolean> {
  const domain = parseDomain(url.hostname)
  if (domain === null || url.pathname !== "/" || url.search !== "") return false
  if (url.hostname !== domain && url.hostname !== `www.${domain}`) return false
  return isKnown(store, line, { entity: null, kind: "domain", value: domain })
}

/** As the address of evidence, or as the value of a fact, that this run did not write. */
async function stoodBefore(db: Db, line: Run[], address: string): Promise<boolean> {
  const { evidence, facts } = tables
  const ids = line.map(({ id }) => id)
  const forms = [address, address.replace(/\/$/, ""), `${address.replace(/\/$/, "")}/`]
  const [page] = await db
    .select({ id: evidence.id })
    .from(evidence)
    .where(and(inArray(evidence.url, forms), or(isNull(evidence.runId), notInArray(evidence.runId, ids))))
    .limit(1)
  if (page) return true
  const began = line.map(({ startedAt }) => startedAt).sort()[0] ?? ""
  const [fact] = await db
    .select({ id: facts.id })
    .from(facts)
    .where(
      and(
        eq(facts.field, "website"),
        inArray(facts.value, forms),
        inArray(facts.basis, ["human", "imported", "observed"]),
        lt(facts.createdAt, began),
      ),
    )
    .limit(1)
  return fact !== undefined
}

/** The name of the run's lead or of their company, or words of what the person asked. */
async function isOwnWord(store: Store, line: Run[], leadId: number | null, words: string): Promise<boolean> {
  const said = fold(words)
  if (personsWords(line).some((prompt) => fold(prompt).includes(said))) return true
  if (leadId === null) return false
  const { leads } = tables
  const [lead] = await store.read((db) =>
    db.select({ name: leads.name, company: leads.company }).from(leads).where(eq(leads.id, leadId)),
  )
  return lead !== undefined && [lead.name, lead.company].some((name) => name !== null && fold(name) === said)
}

function plain(address: string): string {
  if (!URL.canParse(address)) return address
  const { host, pathname, search } = new URL(address)
  return `${host}${pathname.replace(/\/$/, "")}${search}`
}

function fold(text: string): string {
  return text.normalize("NFC").replace(/\s+/g, " ").trim().toLowerCase()
}

function notGranted(host: string): string {
  return `This run may not open pages of ${host}.`
}
