import { journalled, tableColumns } from "../tables.ts"
import type { Upkeep } from "../upkeep.ts"
import { quoted } from "./server.ts"
import { codeOf } from "./trouble.ts"
import type { Server } from "./wire.ts"

const hour = 3_600_000
const restore = "Restore a backup of the server's, or giant move a backup of the home into an empty database."

/** Keeping a schema of Postgres in order. What the server keeps besides (its log of writes, replicas, its own backups) is in the hands of
 * whoever keeps it. */
export function postgresUpkeep(server: Server): Upkeep {
  const ask = <Row>(text: string, values: unknown[] = []) => server.reading.ask<Row>(text, values, "objects")
  const names = [...tableColumns.keys()]

  async function unreadable(): Promise<string[]> {
    const problems: string[] = []
    for (const name of names) {
      try {
        // Every value of every row: a page that is damaged is found when it is read.
        await ask(`SELECT sum(length(row::text)) AS read FROM ${quoted(name)} AS row`)
      } catch (error) {
        if (codeOf(error) === null) throw error
        problems.push(`${name} cannot be read (${error instanceof Error ? error.message : String(error)}).`)
      }
    }
    return problems
  }

  return {
    async check() {
      const [about] = await ask<{ version: string; checksums: string }>(
        "SELECT split_part(current_setting('server_version'), ' ', 1) AS version, current_setting('data_checksums') AS checksums",
      )
      const invalid = await ask<{ name: string }>(
        "SELECT indexrelid::regclass::text AS name FROM pg_index JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = $1::regnamespace AND NOT indisvalid ORDER BY 1",
        [quoted(server.schema)],
      )
      const guarded = await ask<{ name: string }>(
        "SELECT relname AS name FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE relnamespace = $1::regnamespace AND tgname = 'giant_journal' AND tgenabled <> 'D'",
        [quoted(server.schema)],
      )
      const bare = journalled.filter((name) => !guarded.some((one) => one.name === name))
      return {
        engine: `Postgres ${about?.version} at ${server.label}, page checksums ${about?.checksums}`,
        problems: [
          ...(await unreadable()),
          ...invalid.map(({ name }) => `The index ${name} is not whole: REINDEX INDEX ${name} builds it again.`),
          ...bare.map((name) => `Changes of ${name} are not journalled: its trigger is gone or disabled.`),
        ],
        restore,
      }
    },
    async erase() {
      const { wire, release } = await server.takeWriter()
      try {
        // The planner's statistics keep values too, until they are made anew.
        for (const name of names) await wire.run(`VACUUM (FULL, ANALYZE) ${quoted(name)}`, hour)
        return { kind: "erased" }
      } catch (error) {
        // Somebody else has had the table for longer than a lock is waited for.
        if (codeOf(error) === "55P03") return { kind: "busy" }
        throw error
      } finally {
        release(false)
      }
    },
  }
}
