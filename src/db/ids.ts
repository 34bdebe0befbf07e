import { sql } from "drizzle-orm"
import { perEngine } from "./engine.ts"
import type { Db } from "./store.ts"
import { tableColumns } from "./tables.ts"

/** After rows with ids of their own were inserted: new rows of these tables come after them. SQLite does so by itself. */
export async function continueIds(db: Db, names: Iterable<string>): Promise<void> {
  for (const name of names) {
    const table = sql.identifier(name)
    await db.all(
      perEngine({
        sqlite: () => sql`SELECT 1`,
        postgres: () =>
          sql`SELECT setval(pg_get_serial_sequence(${name}, 'id'), greatest((SELECT max(id) FROM ${table}), (SELECT last_value FROM ${sql.identifier(`${name}_id_seq`)})))`,
      }),
    )
  }
}

/** The highest id that each table ever gave to a row. */
export const lastIds = perEngine<{ name: string; last: number }>({
  sqlite: () => sql`SELECT name, seq AS last FROM sqlite_sequence ORDER BY name`,
  postgres: () =>
    sql`SELECT replace(sequencename::text, '_id_seq', '') AS name, last_value AS last FROM pg_sequences WHERE schemaname = current_schema() AND last_value IS NOT NULL ORDER BY 1`,
})

/** New rows come after this one, and after all that the table ever had. */
export async function setLastId(db: Db, name: string, last: number): Promise<void> {
  if (!tableColumns.has(name)) return
  const set = await db.all(
    perEngine({
      sqlite: () => sql`UPDATE sqlite_sequence SET seq = max(seq, ${last}) WHERE name = ${name} RETURNING 1`,
      postgres: () =>
        sql`SELECT setval(pg_get_serial_sequence(${name}, 'id'), greatest(${last}::bigint, (SELECT last_value FROM ${sql.identifier(`${name}_id_seq`)})))`,
    }),
  )
  // SQLite knows no number of a table that never had a row.
  if (set.length === 0) await db.run(sql`INSERT INTO sqlite_sequence (name, seq) VALUES (${name}, ${last})`)
}
