import { type SQL, sql } from "drizzle-orm"
import { perEngine } from "./engine.ts"

/** The day of the Monday of the week that a time belongs to. */
export function mondayOf(time: SQL): SQL {
  return perEngine({
    sqlite: () => sql`date(${time}, 'weekday 0', '-6 days')`,
    postgres: () => sql`to_char(date_trunc('week', cast(left(${time}, 10) as date)), 'YYYY-MM-DD')`,
  })
}
