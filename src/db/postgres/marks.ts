import { randomUUID } from "node:crypto"
import { driver } from "./driver.ts"
import { codeOf } from "./trouble.ts"
import type { Server } from "./wire.ts"

/** The table in which each process counts what it commits, within the same transaction: who lost the connection during a commit reads
 * there what came of it. The server's own number of a transaction does not tell, for after a crash it gives the same ones out again.
 * `schema` is quoted. */
export function marksSql(schema: string): string {
  return `
CREATE TABLE IF NOT EXISTS ${schema}.small_giant_writers (id text PRIMARY KEY, last bigint NOT NULL, seen timestamptz NOT NULL);
CREATE OR REPLACE FUNCTION ${schema}.giant_mark(writer text, number bigint, channel text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE ${schema}.small_giant_writers SET last = number, seen = now() WHERE id = writer;
  IF NOT FOUND THEN
    DELETE FROM ${schema}.small_giant_writers WHERE seen < now() - interval '1 day';
    INSERT INTO ${schema}.small_giant_writers VALUES (writer, number, now());
  END IF;
  PERFORM pg_notify(channel, '');
END $$;`
}

/** Waits until everything that was committed before is on the server's disk. */
export const flush = "SELECT pg_logical_emit_message(true, 'small giant', '')"

export type Marks = {
  /** The statement that marks a transaction and tells the others of it. */
  mark(number: number): string
  /** What became of a transaction whose commit nobody acknowledged: its own number at the server, and its mark. Waits as long as it
   * may still come; once it is known to be committed, it is on the disk. */
  fateOf(transaction: string, number: number): Promise<"committed" | "aborted" | "pending">
}

export function openMarks(server: Server, channel: string): Marks {
  const writer = randomUUID()

  /** Null where the server knows no such number. */
  async function statusOf(transaction: string): Promise<string | null> {
    try {
      const [found] = await server.reading.ask<{ status: string | null }>(
        "SELECT pg_xact_status($1::text::xid8) AS status",
        [transaction],
        "objects",
      )
      return found?.status ?? null
    } catch (error) {
      if (codeOf(error) === "22023") return null
      throw error
    }
  }

  return {
    mark: (number) => `SELECT giant_mark('${writer}', ${number}, ${driver().escapeLiteral(channel)})`,
    async fateOf(transaction, number) {
      if ((await statusOf(transaction)) === "in progress") return "pending"
      const { wire, release } = await server.takeWriter()
      let isBroken = true
      try {
        const [marks] = await wire.run<{ last: number }>(
          `SELECT last FROM small_giant_writers WHERE id = '${writer}'; ${flush}`,
        )
        isBroken = false
        return (marks?.[0]?.last ?? 0) >= number ? "committed" : "aborted"
      } finally {
        release(isBroken)
      }
    },
  }
}
