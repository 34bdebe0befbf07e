import { and, eq } from "drizzle-orm"
import type { Db } from "../../db/store.ts"
import { tables } from "../../db/tables.ts"
import { companyOf } from "../companies.ts"
import { leadFields, type PersonColumn, personColumns } from "../fields.ts"
import { rowOf, standingOf, supersede, wasTakenAway } from "../values.ts"
import { customOf } from "./batch.ts"
import type { ImportedLead } from "./lead-file.ts"
import { columnsOf, type KnownLead, type PersonRow } from "./people.ts"

/** Returns whether the row brought anything new. A status or owner is set once: afterwards the team's own work is the newer. */
export async function updateLead(
  db: Db,
  lead: KnownLead,
  { row, marks, identities }: PersonRow,
  now: string,
): Promise<boolean> {
  const incoming = columnsOf(row)
  const changes: Partial<Record<PersonColumn, string>> = {}
  for (const column of personColumns) {
    const value = incoming[column]
    if (value === null || value === lead[column]) continue
    if (await isNews(db, lead.id, column, value)) changes[column] = value
  }
  if (identities.length > 0) {
    await db.bulk.insert(
      "identities",
      ["leadId", "kind", "value", "createdAt"],
      identities.map(({ kind, value }) => [lead.id, kind, value, now]),
    )
  }
  const gaps = await gapsFilled(db, lead, row)
  const isNoted = await addNote(db, lead.id, row.notes, now)
  if (Object.keys({ ...changes, ...gaps }).length === 0) return isNoted || identities.length > 0
  const moved = changes.company === undefined ? {} : { companyId: await companyOf(db, marks.employer.clue, now) }
  await db
    .update(tables.leads)
    .set({ ...changes, ...gaps, ...moved, updatedAt: now })
    .where(eq(tables.leads.id, lead.id))
  for (const column of personColumns) {
    const field = leadFields[tables.leads[column].name]
    if (field && changes[column] !== undefined) await supersede(db, { entity: "lead", id: lead.id }, field)
  }
  Object.assign(lead, changes, gaps)
  return true
}

/** What the lead lacks and the row has, but for what a person took away. */
async function gapsFilled(db: Db, lead: KnownLead, row: ImportedLead): Promise<Partial<KnownLead>> {
  const gaps: Partial<KnownLead> = {}
  const isOpen = async (name: string) => !(await wasTakenAway(db, { entity: "lead", id: lead.id }, name))
  if (lead.owner === null && row.owner !== null && (await isOpen("owner"))) gaps.owner = row.owner
  if (lead.value === null && row.value !== null && (await isOpen("value"))) gaps.value = row.value
  for (const [name, value] of Object.entries(customOf(row))) {
    if (Object.hasOwn(lead.custom, name) || !(await isOpen(name))) continue
    gaps.custom = { ...lead.custom, ...gaps.custom, [name]: value }
  }
  return gaps
}

async function addNote(db: Db, leadId: number, text: string | null, now: string): Promise<boolean> {
  const { timeline } = tables
  if (text === null) return false
  const [known] = await db
    .select({ id: timeline.id })
    .from(timeline)
    .where(and(eq(timeline.leadId, leadId), eq(timeline.text, text)))
    .limit(1)
  if (known) return false
  await db.insert(timeline).values({ leadId, kind: "note", text, actor: "import", at: now, createdAt: now })
  return true
}

/** Whether a file may set the value: no person set the present one, and no import said the same before. */
async function isNews(db: Db, leadId: number, column: PersonColumn, value: string): Promise<boolean> {
  const field = leadFields[tables.leads[column].name]
  if (!field) return false
  const { changes, changesets } = tables
  const imported = await db
    .select({ after: changes.after })
    .from(changes)
    .innerJoin(changesets, eq(changesets.id, changes.changesetId))
    .where(and(eq(changes.tableName, "leads"), eq(changes.rowId, leadId), eq(changesets.kind, "import")))
  if (imported.some(({ after }) => after?.[field.name] === value)) return false
  const standing = await standingOf(db, "lead", await rowOf(db, { entity: "lead", id: leadId }), field)
  return standing?.basis !== "human"
}
