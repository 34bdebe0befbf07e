import type { Values } from "./rows.ts"
import type { Db } from "./store.ts"

/** A query of drizzle's that can be put together. */
type Preparable<Row> = { prepare(): { all(values: Values): Promise<Row[]> } }

/** A query that is asked often: it is put together once for each connection, and what differs from one time to the next stands in
 * `sql.placeholder(name)`. */
export function prepared<Row>(build: (db: Db) => Preparable<Row>): (db: Db, values: Values) => Promise<Row[]> {
  const known = new WeakMap<Db, ReturnType<Preparable<Row>["prepare"]>>()
  return async (db, values) => {
    const query = known.get(db) ?? build(db).prepare()
    known.set(db, query)
    return query.all(values)
  }
}
