import type { Author, Db } from "../../db/store.ts"
import {
  addSuppressions,
  type HomeKey,
  hasSuppressions,
  type Person,
  type Suppressed,
  suppressionsOf,
} from "../suppress.ts"
import type { MarkedRow } from "./people.ts"

type LeadRow = MarkedRow & { line: number }

/** Sorts out whom somebody asked to leave alone, or who was forgotten: they are not imported again. */
export async function admit(
  db: Db,
  rows: LeadRow[],
  homeKey: HomeKey,
): Promise<{ admitted: MarkedRow[]; refused: { line: number; reason: string }[] }> {
  if (!(await hasSuppressions(db))) return { admitted: rows, refused: [] }
  const people = rows.map(personIn)
  const suppressions = await suppressionsOf(db, people, homeKey)
  return {
    admitted: rows.filter((_, i) => !suppressions[i]),
    refused: rows.flatMap(({ line }, i) => {
      const found = suppressions[i]
      if (!found) return []
      const who = found.kind === "hash" ? "a person who was forgotten" : `${found.kind} ${found.value}`
      return [{ line, reason: `is suppressed (${who})` }]
    }),
  }
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
  return { name, company, emails, companyDomain, identities: marks.identities }
}
