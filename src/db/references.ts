import { getTableColumns } from "drizzle-orm"
import { type JournalledTable, journalled, tables } from "./tables.ts"

/** A journalled column that names a row of a journalled table. `when` limits it to rows with that value. */
export type Reference = {
  table: JournalledTable
  column: string
  to: "leads" | "companies"
  when: { column: string; is: string } | null
}

const referenceColumns: Partial<Record<string, "leads" | "companies">> = { lead_id: "leads", company_id: "companies" }

/** Every way in which rows name leads and companies. The database itself does not hold them, so that a change may come in any
 * order; undo, merge, forget and doctor do. */
export const references: readonly Reference[] = [
  ...journalled.flatMap((table) =>
    Object.values(getTableColumns(tables[table])).flatMap(({ name: column }): Reference[] => {
      const to = referenceColumns[column]
      return to ? [{ table, column, to, when: null }] : []
    }),
  ),
  { table: "leads", column: "merged_into", to: "leads", when: null },
  { table: "companies", column: "merged_into", to: "companies", when: null },
  { table: "facts", column: "entity_id", to: "leads", when: { column: "entity", is: "lead" } },
  { table: "facts", column: "entity_id", to: "companies", when: { column: "entity", is: "company" } },
  ...(["one_id", "other_id"] as const).flatMap((column): Reference[] => [
    { table: "distinctions", column, to: "leads", when: { column: "entity", is: "lead" } },
    { table: "distinctions", column, to: "companies", when: { column: "entity", is: "company" } },
  ]),
]

const byTable = Map.groupBy<string, Reference>(references, ({ table }) => table)

/** The leads and companies that a row names. */
export function namedBy(table: string, row: Record<string, unknown>): { to: Reference["to"]; id: number }[] {
  return (byTable.get(table) ?? []).flatMap(({ column, to, when }) => {
    const id = row[column]
    return typeof id === "number" && (when === null || row[when.column] === when.is) ? [{ to, id }] : []
  })
}
