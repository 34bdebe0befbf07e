import { z } from "zod"
import { importLeads } from "../leads/import/import.ts"
import { openLeadText } from "../leads/import/lead-file.ts"
import { ActionRefused } from "./define.ts"
import { action } from "./services.ts"

/** Leads that somebody hands over as text. */
export const importActions = [
  action({
    name: "leads.importText",
    effect: "write",
    summary: "Brings leads in from the text of a CSV or JSON file with a header; who is there already is recognised",
    example:
      'return await leads.importText("name,title,company,email\\nAda Example,CTO,Acme,ada@acme.example", "fair 2027")',
    parameters: { text: z.string().min(1).max(200_000), source: z.string().trim().min(1).max(100).optional() },
    returns: z.object({
      read: z.int(),
      made: z.int(),
      updated: z.int(),
      known: z.int(),
      refused: z.array(z.object({ line: z.int(), reason: z.string() })),
    }),
    taints: false,
    run: async ({ store, author, runId, clock, signal }, { text, source }) => {
      const opened = await openLeadText(text)
      if (opened.kind === "refused") throw new ActionRefused(`${opened.message} ${opened.hint}`)
      const named = source ?? opened.source
      const summary = await importLeads(store, opened.rows, {
        ...{ actor: author.actor, runId, source: named, note: named, clock, signal },
      })
      const { read, made, updated, unchanged, refused } = summary
      return { read, made, updated, known: unchanged, refused: refused.slice(0, 50) }
    },
  }),
]
