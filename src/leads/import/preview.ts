import { readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { and, asc, eq } from "drizzle-orm"
import { copyStore } from "../../db/copy.ts"
import type { Json } from "../../db/json.ts"
import { openStore, type Store } from "../../db/store.ts"
import { tables } from "../../db/tables.ts"
import type { Batch } from "./batch.ts"
import { type ImportOptions, type ImportSummary, importLeads } from "./import.ts"
import type { RowResult } from "./lead-file.ts"

/** What an import would come to, with the first leads that it would make or change. */
export type ImportPreview = { summary: ImportSummary; examples: Example[] }
export type Example = {
  kind: "made" | "updated"
  /** The lead's name, or how else it is known. */
  lead: string
  values: { field: string; before: Json; after: Json }[]
}

const most = 10

/** Tries an import on a copy of the database, which is thrown away: what it says is what the import itself would do. */
export async function previewImport(
  store: Store,
  batches: AsyncIterable<RowResult[] | Batch>,
  options: ImportOptions,
): Promise<ImportPreview> {
  const path = join(store.home, `preview-${process.pid}.db`)
  const remove = () => removePreviews(store.home, (pid) => pid === process.pid)
  remove()
  removeCutOffPreviews(store.home)
  try {
    await copyStore(store, path)
    const copy = openStore(path, options.clock)
    try {
      const summary = await importLeads(copy, batches, options)
      return { summary: { ...summary, changeset: null }, examples: await examplesOf(copy, summary.changeset) }
    } finally {
      await copy.close()
    }
  } finally {
    remove()
  }
}

/** Removes the copies that previews left when they were killed: each is the whole database. */
export function removeCutOffPreviews(home: string): void {
  removePreviews(home, (pid) => !isAlive(pid))
}

function removePreviews(home: string, isMeant: (pid: number) => boolean): void {
  for (const file of readdirSync(home)) {
    const pid = /^preview-(\d+)\.db/.exec(file)?.[1]
    if (pid !== undefined && isMeant(Number(pid))) rmSync(join(home, file), { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // It is there, and somebody else's.
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

async function examplesOf(copy: Store, changeset: number | null): Promise<Example[]> {
  const { changes, leads } = tables
  if (changeset === null) return []
  const rows = await copy.read((db) =>
    db
      .select({ op: changes.op, before: changes.before, after: changes.after, lead: leads })
      .from(changes)
      .innerJoin(leads, eq(leads.id, changes.rowId))
      .where(and(eq(changes.changesetId, changeset), eq(changes.tableName, "leads")))
      .orderBy(asc(changes.id))
      .limit(most),
  )
  return Promise.all(
    rows.map(async ({ op, before, after, lead }) => ({
      kind: op === "insert" ? ("made" as const) : ("updated" as const),
      lead: lead.name ?? lead.email ?? lead.linkedinUrl ?? `lead ${lead.id}`,
      values: [
        ...Object.entries(after ?? {})
          .filter(([field, value]) => value !== null && !bookkeeping.includes(field))
          .map(([field, value]) => ({ field, before: before?.[field] ?? null, after: value })),
        ...(lead.companyId === null ? [] : await ofCompany(copy, changeset, lead.companyId)),
      ],
    })),
  )
}

/** What the import would set of a lead's company, besides its name. */
async function ofCompany(copy: Store, changeset: number, company: number): Promise<Example["values"]> {
  const { changes } = tables
  const rows = await copy.read((db) =>
    db
      .select({ before: changes.before, after: changes.after })
      .from(changes)
      .where(and(eq(changes.changesetId, changeset), eq(changes.tableName, "companies"), eq(changes.rowId, company))),
  )
  return rows.flatMap(({ before, after }) =>
    ofFiles.flatMap((field) => {
      const value = after?.[field] ?? null
      return value === null ? [] : [{ field: `company.${field}`, before: before?.[field] ?? null, after: value }]
    }),
  )
}

const ofFiles = ["domain", "linkedin_url", "industry", "size"]
const bookkeeping = ["id", "status", "source", "custom", "created_at", "updated_at", "company_id", "merged_into"]
