import { asc, eq } from "drizzle-orm"
import { z } from "zod"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"

/** A run's last script that worked, with the lead that it was about in the place of its number. */
type ScriptOfRun = {
  prompt: string
  recipe: { inputs: Record<string, string>; actions: string[]; script: string }
}

const used = z.array(
  z.looseObject({
    type: z.string(),
    id: z.string().optional(),
    name: z.string().optional(),
    input: z.unknown().optional(),
    tool_use_id: z.string().optional(),
    is_error: z.boolean().optional(),
  }),
)

/** Null where the run has none. */
export async function scriptOfRun(store: Store, runId: number): Promise<ScriptOfRun | null> {
  const { runs, messages, calls } = tables
  const [run] = await store.read((db) => db.select().from(runs).where(eq(runs.id, runId)))
  if (!run) return null
  const said = await store.read((db) =>
    db.select().from(messages).where(eq(messages.runId, runId)).orderBy(asc(messages.id)),
  )
  const blocks = said.flatMap(({ content }) => used.safeParse(content).data ?? [])
  const failed = new Set(blocks.filter((block) => block.is_error).map((block) => block.tool_use_id))
  const code = blocks
    .filter((block) => block.type === "tool_use" && block.name === "execute" && !failed.has(block.id))
    .flatMap((block) => z.object({ code: z.string() }).safeParse(block.input).data?.code ?? [])
    .at(-1)
  if (code === undefined) return null
  const called = await store.read((db) =>
    db.selectDistinct({ action: calls.action, verdict: calls.verdict }).from(calls).where(eq(calls.runId, runId)),
  )
  const actions = [...new Set(called.filter(({ verdict }) => verdict === "allowed").map(({ action }) => action))]
  if (run.leadId === null) return { prompt: run.prompt, recipe: { inputs: {}, actions, script: code } }
  // A number that is the lead's stands for it wherever it stands alone.
  const script = code.replace(new RegExp(`(?<![\\w.])${run.leadId}(?![\\w.])`, "g"), "input.lead")
  return { prompt: run.prompt, recipe: { inputs: { lead: "the lead's number" }, actions, script } }
}
