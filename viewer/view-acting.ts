import { z } from "zod"
import type { Wanted } from "../src/views/wanted.ts"

const scalars = z.record(z.string(), z.union([z.string().max(10_000), z.number(), z.null()]))
/** What a form of a view sends, or a page in its place. */
export const acting = z
  .looseObject({
    /** Of the view, as it was shown. */
    version: z.coerce.number().int(),
    action: z.string().max(40),
    query: z.string().max(40).optional(),
    row: z.string().max(64).optional(),
    to: z.string().max(100).optional(),
    fields: scalars.optional(),
    /** In a form it is JSON. */
    inputs: z.union([scalars, z.string().max(20_000)]).default({}),
    /** Made anew for everything that is wanted, so that nothing is done twice. */
    key: z.string().min(8).max(64),
    /** Of what the person was shown of a proposal, where they were asked. */
    seal: z.string().optional(),
  })
  .transform(({ fields, inputs, ...sent }) => ({
    ...sent,
    fields: fields ?? fieldsIn(sent),
    inputs: typeof inputs === "string" ? parseInputs(inputs) : inputs,
  }))

/** What is wanted by it. */
export function wantedIn({ version, action, query, row, to, fields, inputs }: z.output<typeof acting>): Wanted {
  const seen = query !== undefined && row !== undefined ? { query, version: row } : null
  return { version, inputs, proposal: { action, row: seen, fields, to: to ?? null } }
}

/** What a form sends as `field.name`. */
function fieldsIn(sent: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(sent).flatMap(([name, value]) => (name.startsWith("field.") ? [[name.slice(6), value]] : [])),
  )
}

function parseInputs(text: string): Record<string, unknown> {
  try {
    return scalars.parse(JSON.parse(text))
  } catch {
    return {}
  }
}
