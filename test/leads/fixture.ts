import { createHash } from "node:crypto"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { sql } from "drizzle-orm"
import type { JsonObject } from "../../src/db/json.ts"
import type { Store } from "../../src/db/store.ts"
import { journalled, type NewLead, tables } from "../../src/db/tables.ts"
import { addIdentity } from "../../src/leads/owners.ts"
import { openStore } from "../engine.ts"

export const at = "2026-11-01T09:00:00.000Z"
export const later = new Date("2026-11-02T09:00:00.000Z")

export function emptyStore(): Store {
  return openStore(join(mkdtempSync(join(tmpdir(), "giant-leads-")), "giant.db"), () => new Date(at))
}

/** A lead as an import makes it. */
export async function importedLead(store: Store, lead: Partial<NewLead>): Promise<number> {
  return store.change({ actor: "human:ada", kind: "import" }, async (db) => {
    const rows = await db
      .insert(tables.leads)
      .values({ createdAt: at, updatedAt: at, ...lead })
      .returning({ id: tables.leads.id })
    const id = rows[0]?.id ?? 0
    const texts = [
      ["email", lead.email],
      ["linkedin", lead.linkedinUrl],
      ["x", lead.xHandle],
    ] as const
    for (const [kind, text] of texts) if (text) await addIdentity(db, "lead", id, kind, text, at)
    return id
  })
}

/** A LinkedIn page that was read. */
export async function profilePage(
  store: Store,
  page: { url: string; text: string; fields: JsonObject; quotes: JsonObject; capturedAt?: string },
): Promise<number> {
  const rows = await store.write((db) =>
    db
      .insert(tables.evidence)
      .values({
        url: page.url,
        finalUrl: page.url,
        kind: "linkedin.profile",
        text: page.text,
        sha256: createHash("sha256").update(page.text).digest("hex"),
        capturedAt: page.capturedAt ?? later.toISOString(),
        outcome: "found",
        reading: { fields: page.fields, quotes: page.quotes },
      })
      .returning({ id: tables.evidence.id }),
  )
  return rows[0]?.id ?? 0
}

/** Every row of the journalled tables, to compare before and after. */
export async function everything(store: Store) {
  const rows = await Promise.all(
    journalled.map((name) => store.rows<JsonObject>(sql`SELECT * FROM ${sql.identifier(name)} ORDER BY id`)),
  )
  return Object.fromEntries(journalled.map((name, i) => [name, rows[i] ?? []]))
}
