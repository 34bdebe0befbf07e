import type { Db } from "../../db/store.ts"
import { type Batch, fromBytes, leadColumns, type NewPeople } from "./batch.ts"
import { employersOf } from "./employers.ts"
import type { EmployerMarks } from "./marks.ts"

/** What the rows of one transaction have in common. */
export type Origin = { source: string; now: string }

/** Makes leads of people, but for those at some places, with their companies, identities and notes. Returns the id of the first place's;
 * that of the next place is one higher. */
export async function makeLeads(
  db: Db,
  people: NewPeople,
  without: number[],
  { source, now }: Origin,
): Promise<number> {
  const companies = await companiesOf(db, people, new Set(without), now)
  const first = await db.bulk.insertPacked("leads", {
    rows: people.leads,
    columns: leadColumns,
    without,
    same: { source, createdAt: now, updatedAt: now },
    listed: { column: "companyId", values: companies },
  })
  const refers = { column: "leadId", first } as const
  await db.bulk.insertPacked("identities", {
    rows: people.identities,
    columns: ["kind", "value"],
    without,
    same: { createdAt: now },
    refers,
  })
  await db.bulk.insertPacked("timeline", {
    rows: people.notes,
    columns: ["text"],
    without,
    same: { kind: "note", actor: "import", at: now, createdAt: now },
    refers,
  })
  return first
}

/** The company of each employer, but for those whose people are all left out. */
async function companiesOf(db: Db, { employers, employerOf }: NewPeople, without: Set<number>, now: string) {
  const all = fromBytes<EmployerMarks[]>(employers)
  const used = [...new Set(employerOf.filter((_, place) => !without.has(place)))]
  const ids = await employersOf(
    db,
    used.flatMap((one) => all.slice(one, one + 1)),
    now,
  )
  const found = new Map(used.map((one, i) => [one, ids[i] ?? null]))
  return all.map((_, one) => found.get(one) ?? null)
}

/** Remembers the keys of the leads that were made of a batch. */
export function rememberMade(
  { keys }: Batch,
  without: ReadonlySet<number>,
  first: number,
  add: (hash: number, lead: number) => void,
): void {
  for (let i = 0; i < keys.length; i += 2) {
    const [place = 0, hash = 0] = [keys[i], keys[i + 1]]
    if (!without.has(place)) add(hash, first + place)
  }
}
