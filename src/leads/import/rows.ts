import type { Author, Db } from "../../db/store.ts"
import { contradiction, mergeInto } from "../merge.ts"
import { rowOf } from "../values.ts"
import { customOf, type MarkedRow, newPeople } from "./batch.ts"
import { fillEmployers } from "./company-gaps.ts"
import { makeLeads, type Origin } from "./make.ts"
import type { Memory } from "./memory.ts"
import { columnsOf, type KnownLead, type PersonRow, peopleIn } from "./people.ts"
import { broughtBefore, updateLead } from "./update.ts"

/** Two leads of which one was made. */
export type Merged = { keep: number; drop: number }

/** Imports rows of people who may be there already, or of whom there are several rows. Where `among` is given, those who are there are
 * none but these leads. */
export async function importRows(
  db: Db,
  author: Author,
  rows: MarkedRow[],
  among: number[] | null,
  origin: Origin,
  memory: Memory | null,
) {
  const { now } = origin
  const { known, fresh, met } = await peopleIn(db, rows, among)
  const people = fresh.map(({ first }) => ({ ...first, marks: { ...first.marks, identities: first.identities } }))
  const firstId = people.length > 0 ? await makeLeads(db, newPeople(people), [], origin) : 0
  const made = people.map(({ row }, place) => knownLead(firstId + place, row))
  const again = [...known, ...fresh.flatMap(({ more }, i) => withLead(made[i], more))]
  const brought = await broughtBefore(db, again)
  const alike: number[] = []
  let updated = 0
  for (const { lead, rows } of again) {
    for (const row of rows) {
      if (await updateLead(db, lead, row, brought(lead.id), now)) updated += 1
      else alike.push(lead.id)
    }
  }
  const told = again.flatMap(({ lead, rows }) => rows.map(({ marks }) => ({ lead: lead.id, employer: marks.employer })))
  const filled = await fillEmployers(db, told, now)
  const unchanged = alike.filter((id) => !filled.delete(id)).length
  updated += alike.length - unchanged
  const together = met.map((people) =>
    people.flatMap((one) => ("lead" in one ? one.lead.id : (made[one.fresh]?.id ?? []))),
  )
  const merged = await mergeMet(db, author, together, now)
  const touched = [...made, ...known.map(({ lead }) => lead)].map(({ id }) => id)
  await memory?.remember(db, [...new Set([...touched, ...merged.map(({ keep }) => keep)])])
  return { made: made.length, updated, unchanged, merged }
}

function knownLead(id: number, row: PersonRow["row"]): KnownLead {
  return { id, ...columnsOf(row), owner: row.owner, value: row.value, custom: customOf(row) }
}

function withLead(lead: KnownLead | undefined, rows: PersonRow[]) {
  return lead && rows.length > 0 ? [{ lead, rows }] : []
}

/** Makes one lead of those whom one row names by their addresses, unless they have different pages on the same site. */
async function mergeMet(db: Db, author: Author, together: number[][], now: string): Promise<Merged[]> {
  const merged: Merged[] = []
  for (const ids of together) {
    for (const other of ids.slice(1)) {
      const [one, two] = [
        await rowOf(db, { entity: "lead", id: ids[0] ?? other }),
        await rowOf(db, { entity: "lead", id: other }),
      ]
      const [keep, drop] = [Math.min(one.id, two.id), Math.max(one.id, two.id)]
      if (keep === drop || (await contradiction(db, "lead", keep, drop))) continue
      await mergeInto(db, author, "lead", keep, drop, now)
      merged.push({ keep, drop })
    }
  }
  return merged
}
