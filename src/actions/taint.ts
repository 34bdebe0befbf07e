import { and, eq, inArray } from "drizzle-orm"
import { type Json, own } from "../db/json.ts"
import type { Db, Store } from "../db/store.ts"
import { leadStatuses } from "../db/tables/leads.ts"
import { type Run, tables } from "../db/tables.ts"
import { type Entity, fieldsOf, teamFields } from "../leads/fields.ts"
import { parseEmail } from "../leads/normal-forms/email.ts"
import { parseLinkedinCompanyUrl, parseLinkedinUrl } from "../leads/normal-forms/linkedin.ts"
import { parseDomain } from "../leads/normal-forms/web-address.ts"

/** A run and those it goes on from, itself first: what they have read stands in its conversation. */
export async function lineOf(store: Store, runId: number): Promise<Run[]> {
  return store.read(async (db) => {
    const line: Run[] = []
    for (let id: number | null = runId; id !== null && !line.some((run) => run.id === id); ) {
      const [run]: Run[] = await db.select().from(tables.runs).where(eq(tables.runs.id, id))
      if (!run) break
      line.push(run)
      id = run.parentId
    }
    return line
  })
}

/** What stands for the model of a run whose model is that of a client outside. */
export const outsideModel = "outside"

/** What a person asked in their own words, in the runs of a line: the prompt of a task is made of the lead's values, that of a run
 * that was asked is its asker's, and that of a client outside is its name. */
export function personsWords(line: Run[]): string[] {
  return line
    .filter((run, at) => run.taskId === null && run.model !== outsideModel && !isAskedBy(run, line[at + 1]))
    .map(({ prompt }) => prompt)
}

/** Whether a run was asked by the one above it, which was at work when it began; else it goes on from one that had ended. */
export function isAskedBy(run: Run, parent: Run | undefined): boolean {
  return parent !== undefined && (parent.endedAt === null || parent.endedAt > run.startedAt)
}

/** Marks a run for good as one that has read what no team member wrote. */
export async function taint(db: Db, runId: number): Promise<void> {
  await db
    .update(tables.runs)
    .set({ tainted: true })
    .where(and(eq(tables.runs.id, runId), eq(tables.runs.tainted, false)))
}

/** Whether a value holds free text. Numbers, dates, domains, choices and addresses in their normal form are none: nobody can
 * write a sentence with them. */
export function holdsText(value: Json): boolean {
  if (typeof value === "string") return !isNormalForm(value)
  if (typeof value !== "object" || value === null) return false
  return Object.values(value).some(holdsText)
}

/** Whether rows of leads or companies hold free text that no team member typed: it was imported, or an agent learned it. */
export async function holdForeignText(store: Store, entity: Entity, rows: readonly { id: number }[]): Promise<boolean> {
  const ids = rows.map(({ id }) => id)
  const { facts } = tables
  const typed = await store.read((db) =>
    db
      .select({ id: facts.entityId, field: facts.field })
      .from(facts)
      .where(
        and(
          eq(facts.entity, entity),
          inArray(facts.entityId, ids),
          eq(facts.state, "current"),
          eq(facts.basis, "human"),
        ),
      ),
  )
  return rows.some((row) => {
    const own = new Set([
      ...normalColumns,
      ...typed.filter(({ id }) => id === row.id).map(({ field }) => columnOf(entity, field)),
    ])
    return Object.entries(row).some(([column, value]) => !own.has(column) && holdsText(value))
  })
}

/** Columns whose every value is a normal form. */
const normalColumns = ["email", "phone", "linkedinUrl", "xHandle", "domain"]

function columnOf(entity: Entity, field: string): string {
  const named = own({ ...fieldsOf(entity), ...(entity === "lead" ? teamFields : {}) }, field)
  return named?.column ?? field
}

function isNormalForm(text: string): boolean {
  if (text === "" || leadStatuses.some((status) => status === text)) return true
  if (/^[\d\s.,:+TZ-]{1,40}$/.test(text)) return true
  return [parseEmail, parseDomain, parseLinkedinUrl, parseLinkedinCompanyUrl].some((parse) => parse(text) === text)
}
