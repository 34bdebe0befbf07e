import type { Author } from "../store.ts"
import { driver } from "./driver.ts"
import { wireValue } from "./wire.ts"

/** The statement that begins a change in the author's name. Its row says under which changeset, and whether that is new. */
export function beginSql({ changeset, actor, kind, runId, undoes, note }: Author, now: Date): string {
  const values = [changeset, actor, kind, runId, undoes, note, now.toISOString()].map(literal)
  return `SELECT id, is_new FROM giant_begin(${values.join(", ")})`
}

function literal(value: string | number | undefined): string {
  if (value === undefined) return "NULL"
  return typeof value === "number" ? String(Number(value)) : driver().escapeLiteral(String(wireValue(value)))
}
