import { and, eq } from "drizzle-orm"
import type { Json } from "../../db/json.ts"
import type { Db } from "../../db/store.ts"
import { tables } from "../../db/tables.ts"
import { companyOf } from "../companies.ts"
import { leadFields, type PersonColumn, personColumns } from "../fields.ts"
import { mergedInto } from "../redirects.ts"
import { cellsOf, readHistories } from "../row-history.ts"
import { rowOf, standingOf, supersede, wasTakenAway } from "../values.ts"
import { customOf } from "./batch.ts"
import type { ImportedLead } from "./lead-file.ts"
import { columnsOf, type KnownLead, type PersonRow } from "./people.ts"

/** What imports set of a lead, as `settingOf` writes it. */
export type Brought = Set<string>

/** What imports brought to leads that rows may change, or to those that were merged into them, as far as no undo took it back. */
export async function broughtBefore(
  db: Db,
  known: { lead: KnownLead; rows: PersonRow[] }[],
): Promise<(lead: number) => Brought> {
  const ids = known.filter(({ lead, rows }) => rows.some(({ row }) => othersIn(row, lead).length > 0))
  const brought = new Map<number, Brought>(ids.map(({ lead }) => [lead.id, new Set()]))
  const ends = await mergedInto(db, [...brought.keys()])
  const histories = await readHistories(db, "leads", [...brought.keys(), ...ends.keys()])
  for (const [id, history] of histories) {
    const cells = cellsOf(history)
    for (const column of personColumns) {
      const alive = cells.get(tables.leads[column].name)?.alive ?? []
      const imported = alive.filter(({ kind }) => kind === "import").map(({ value }) => settingOf(column, value))
      for (const setting of imported) brought.get(ends.get(id) ?? id)?.add(setting)
    }
  }
  return (lead) => brought.get(lead) ?? new Set()
}

/** Returns whether the row brought anything new. A status or owner is set once: afterwards the team's own work is the newer. */
export async function updateLead(
  db: Db,
  lead: KnownLead,
  { row, marks, identities }: PersonRow,
  brought: Brought,
  now: string,
): Promise<boolean> {
  const changes: Partial<Record<PersonColumn, string>> = {}
  for (const { column, value, setting } of othersIn(row, lead)) {
    if (brought.has(setting) || (await isOfPerson(db, lead.id, column))) continue
    changes[column] = value
    brought.add(setting)
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

/** What the row says otherwise than the lead. */
function othersIn(row: ImportedLead, lead: KnownLead) {
  const incoming = columnsOf(row)
  return personColumns.flatMap((column) => {
    const value = incoming[column]
    return value === null || value === lead[column] ? [] : [{ column, value, setting: settingOf(column, value) }]
  })
}

function settingOf(column: PersonColumn, value: Json | undefined): string {
  return `${column} ${value}`
}

/** Whether a person set the present value. */
async function isOfPerson(db: Db, leadId: number, column: PersonColumn): Promise<boolean> {
  const field = leadFields[tables.leads[column].name]
  if (!field) return true
  const standing = await standingOf(db, "lead", await rowOf(db, { entity: "lead", id: leadId }), field)
  return standing?.basis === "human"
}
