import { sql } from "drizzle-orm"
import { queryOutside } from "../../src/db/sql.ts"
import { openStore, openStoreReadOnly } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"

/** A process that opens a database: to add a lead when it is told to, or (`read`) to show what can be done without writing. Its
 * migrations are those of the folder that it is given, if it is. */
const [path = "", how, migrations] = process.argv.slice(2)
const at = "2026-11-01T09:00:00.000Z"

if (how === "read") {
  // Nobody's permissions hold for the administrator.
  if (process.getuid?.() === 0) process.setuid?.(65534)
  const store = openStoreReadOnly(path)
  const reading = await store.rows(sql`SELECT name FROM leads`)
  const query = await queryOutside(path, "SELECT name FROM leads", 10)
  process.stdout.write(JSON.stringify({ reading, query, writing: nameOfError(() => openStore(path)) }))
  await store.close()
} else {
  process.once("message", addLead)
  process.send?.("ready")
}

async function addLead() {
  const store = openStore(path, () => new Date(), migrations)
  await store.change({ actor: "human:ada", kind: "edit" }, (db) =>
    db.insert(tables.leads).values({ name: "Ada Brook", createdAt: at, updatedAt: at }),
  )
  await store.close()
  process.disconnect?.()
}

function nameOfError(work: () => unknown): string {
  try {
    work()
    return "none"
  } catch (error) {
    return error instanceof Error ? error.constructor.name : "unknown"
  }
}
