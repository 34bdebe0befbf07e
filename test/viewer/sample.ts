import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Json } from "../../src/db/json.ts"
import type { Author, Store } from "../../src/db/store.ts"
import { type Lead, type NewLead, type Run, tables } from "../../src/db/tables.ts"
import { companyOf } from "../../src/leads/companies.ts"
import { learn } from "../../src/leads/learn.ts"
import { addIdentity } from "../../src/leads/owners.ts"
import { openStore } from "../engine.ts"

const importer: Author = { actor: "human:ada", kind: "import", note: "spring-fair.csv" }
export const ada: Author = { actor: "human:ada", kind: "edit" }

/** A real database in a folder of its own, with everything that it needs to be gone afterwards. */
export function openSample(): { store: Store; close(): Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), "giant-viewer-"))
  const store = openStore(join(folder, "giant.db"))
  return {
    store,
    close: async () => {
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Adds leads as an import does, with the companies and identities that they bring. */
export async function addLeads(store: Store, leads: Partial<NewLead>[], at: string): Promise<Lead[]> {
  return store.change(importer, async (db) => {
    const added: Lead[] = []
    for (const [nth, lead] of leads.entries()) {
      const now = new Date(new Date(at).getTime() + nth * 1000).toISOString()
      const companyId = lead.company ? await companyOf(db, { name: lead.company }, now) : null
      const values = { companyId, source: "spring-fair.csv", createdAt: now, updatedAt: now, ...lead }
      const [row] = await db.insert(tables.leads).values(values).returning()
      if (!row) continue
      added.push(row)
      if (row.email) await addIdentity(db, "lead", row.id, "email", row.email, now)
      if (row.linkedinUrl) await addIdentity(db, "lead", row.id, "linkedin", row.linkedinUrl, now)
    }
    return added
  })
}

export async function startRun(store: Store, run: Partial<Run> & { startedAt: string }): Promise<Run> {
  const [row] = await store.write(async (db) =>
    db
      .insert(tables.runs)
      .values({ agent: "enricher", model: "rehearsal", prompt: "Enrich this lead.", person: "human:ada", ...run })
      .returning(),
  )
  if (!row) throw new Error("No run was stored.")
  return row
}

/** What an agent does with a profile page: keeps it as evidence and learns what it says. */
export async function learnFromProfile(
  store: Store,
  lead: Lead,
  run: Run,
  fields: Record<string, string>,
  at: string,
): Promise<number> {
  const text = `${lead.name}\n${Object.values(fields).join("\n")}\nContact info\n500+ connections`
  const [evidence] = await store.write(async (db) =>
    db
      .insert(tables.evidence)
      .values({
        url: lead.linkedinUrl ?? "https://www.linkedin.com/in/nobody",
        kind: "linkedin.profile",
        title: `${lead.name} | LinkedIn`,
        text,
        sha256: "0".repeat(64),
        capturedAt: new Date().toISOString(),
        outcome: "found",
        reading: { fields, quotes: fields },
        runId: run.id,
      })
      .returning(),
  )
  if (!evidence) throw new Error("No evidence was stored.")
  const author: Author = { actor: `agent:${run.agent}`, kind: "run", runId: run.id }
  const claims = Object.entries(fields).map(([field, value]): { field: string; value: Json; evidence: number } => ({
    field,
    value,
    evidence: evidence.id,
  }))
  await learn(store, author, { entity: "lead", id: lead.id }, claims, new Date(at))
  return evidence.id
}
