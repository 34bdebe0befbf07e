import { randomBytes } from "node:crypto"
import { tableColumns } from "../tables.ts"
import { driver } from "./driver.ts"
import { quoted, readUrl } from "./server.ts"
import { codeOf } from "./trouble.ts"

/** The URL of a role that may only read, or why there is none. */
export type Reader = { kind: "reader"; url: string } | { kind: "refused"; reason: string }

/** Makes one at a time. */
const grantLock = 0x67_69_61_33
/** What nobody reads by SQL: keys of sessions. */
const never = ["sessions"]

/** The role as which SQL from outside is asked: it owns nothing, and may SELECT from the tables and nothing else; where columns are
 * `hidden`, it is another one, which may not read those. The first who asks makes it; its password stands in the database, where it
 * cannot read it. A role to switch to would not do: SQL can switch back. */
export async function readerOf(url: string, hidden: string[]): Promise<Reader> {
  const { config, schema } = readUrl(url)
  const client = new (driver().Client)(config)
  client.on("error", () => {})
  try {
    await client.connect()
    await client.query(`SET search_path TO ${quoted(schema)}; BEGIN; SELECT pg_advisory_xact_lock(${grantLock})`)
    const { rows } = await client.query("SELECT id, reader, secret FROM small_giant")
    const known: { id: string; reader: string | null; secret: string | null } = rows[0]
    const base = known.reader ?? `giant_reader_${known.id.slice(0, 8)}`
    const secret = known.secret ?? randomBytes(24).toString("base64url")
    await client.query("UPDATE small_giant SET reader = $1, secret = $2", [base, secret])
    const name = hidden.some(isColumn) ? `${base}_some` : base
    const { rowCount: isMade } = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [name])
    if (!isMade) await client.query(`CREATE ROLE ${quoted(name)} LOGIN PASSWORD '${secret}' NOINHERIT`)
    await client.query(`GRANT USAGE ON SCHEMA ${quoted(schema)} TO ${quoted(name)};
      ${grants(name, hidden)}; COMMIT`)
    const reading = new URL(url)
    reading.username = name
    reading.password = secret
    return { kind: "reader", url: reading.href }
  } catch (error) {
    if (codeOf(error) !== "42501") throw error
    return {
      kind: "refused",
      reason: `SQL is asked as a role that may only read, and the database's user may not make one. Whoever keeps the server allows it with: ALTER ROLE ${quoted(config.user ?? new URL(url).username)} CREATEROLE`,
    }
  } finally {
    await client.end()
  }
}

/** What it may read: whole tables, or of those with hidden columns the others. */
function grants(role: string, hidden: string[]): string {
  const readable = [...tableColumns].filter(([table]) => !never.includes(table))
  const isWhole = ([table]: [string, unknown]) => !hidden.some((name) => name.startsWith(`${table}.`))
  const whole = readable.filter(isWhole).map(([table]) => quoted(table))
  const parts = readable
    .filter((one) => !isWhole(one))
    .map(([table, columns]) => {
      const shown = columns.filter(({ name }) => !hidden.includes(`${table}.${name}`)).map(({ name }) => quoted(name))
      return `GRANT SELECT (${shown.join(", ")}) ON ${quoted(table)} TO ${quoted(role)}`
    })
  return [`GRANT SELECT ON ${whole.join(", ")} TO ${quoted(role)}`, ...parts].join("; ")
}

function isColumn(name: string): boolean {
  return name.includes(".")
}
