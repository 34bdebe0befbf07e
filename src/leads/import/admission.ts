import type { Author, Db } from "../../db/store.ts"
import {
  addSuppressions,
  type HomeKey,
  hasSuppressions,
  type Person,
  type Suppressed,
  suppressionsOf,
} from "../suppress.ts"
import type { MarkedRow, RefusedRow } from "./batch.ts"

/** Whom somebody asked to leave alone, or who was forgotten, by their place: they are not imported again. `all` gives every row. */
export async function refusedIn(db: Db, all: () => MarkedRow[], homeKey: HomeKey): Promise<Map<number, RefusedRow>> {
  const refused = new Map<number, RefusedRow>()
  if (!(await hasSuppressions(db))) return refused
  const rows = all()
  const suppressions = await suppressionsOf(db, rows.map(personIn), homeKey)
  for (const [place, { line }] of rows.entries()) {
    const found = suppressions[place]
    if (!found) continue
    const who = found.kind === "hash" ? "a person who was forgotten" : `${found.kind} ${found.value}`
    refused.set(place, { line, reason: `is suppressed (${who})` })
  }
  return refused
}

/** Suppresses whoever the file says must not be contacted. Returns how many suppressions are new. */
export async function suppressOptOuts(db: Db, author: Author, rows: MarkedRow[], now: string): Promise<number> {
  const wanted = rows.filter(({ row }) => row.doNotContact).flatMap(addressesOf)
  return (await addSuppressions(db, author, wanted, "The imported file says so.", now)).length
}

function addressesOf({ row, marks }: MarkedRow): Suppressed[] {
  const emails = row.emails.map((value) => ({ kind: "email", value }) as const)
  const others = marks.identities.flatMap(({ kind, value }): Suppressed[] =>
    kind === "linkedin" || kind === "x" ? [{ kind, value }] : [],
  )
  return [...emails, ...others]
}

function personIn({ row, marks }: MarkedRow): Person {
  const { name, company, emails, companyDomain } = row
  const companyDomains = companyDomain ? [companyDomain] : []
  return { name, company, emails, companyDomains, identities: marks.identities }
}
