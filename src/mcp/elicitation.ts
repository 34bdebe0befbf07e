import type { ElicitRequestFormParams, ElicitResult } from "@modelcontextprotocol/sdk/types.js"
import { z } from "zod"
import type { JsonObject } from "../db/json.ts"

/** What a call takes, as its schema says. */
export type Takes = { properties?: Record<string, unknown> | undefined; required?: string[] | undefined }

/** Asks the person at the client's host; null where it cannot. */
export type Elicit = ((form: ElicitRequestFormParams) => Promise<ElicitResult>) | null

/** complete: all that is needed is there, or there was nobody to ask. declined: the person was asked and did not say. */
export type Completed = { kind: "complete"; input: JsonObject } | { kind: "declined"; reason: string }

/** What can be asked for in a form: one plain value. */
const description = z.string().optional()
const askable = z.union([
  z.object({ type: z.literal("string"), description, enum: z.array(z.string()).min(1) }),
  z.object({ type: z.literal("string"), description }),
  z.object({ type: z.enum(["integer", "number"]), description }),
  z.object({ type: z.literal("boolean"), description }),
])
type Field = z.output<typeof askable>

/** Asks the person for what a call lacks. It only ever completes the call: whatever was said passes the gate as the client's own, and
 * whether something may be done is never asked here. */
export async function completedBy(elicit: Elicit, what: string, takes: Takes, input: JsonObject): Promise<Completed> {
  const missing = fieldsMissing(takes, input)
  const names = Object.keys(missing)
  if (!elicit || names.length === 0) return { kind: "complete", input }
  const message = `${what} needs ${names.map(inWords).join(" and ")} to go on. Nothing is agreed to by saying it.`
  const properties = Object.fromEntries(
    Object.entries(missing).map(([name, field]) => [name, { ...field, title: inWords(name) }]),
  )
  const said = await elicit({ mode: "form", message, requestedSchema: { type: "object", properties, required: names } })
  if (said.action !== "accept" || !said.content) {
    return {
      kind: "declined",
      reason: `${what} needs ${names.join(", ")}. The person was asked for it and did not say. Nothing was done.`,
    }
  }
  const { content } = said
  const given = names.flatMap((name) => (content[name] === undefined ? [] : [[name, content[name]] as const]))
  return { kind: "complete", input: { ...input, ...Object.fromEntries(given) } }
}

/** Nothing, where one of what is missing cannot be asked for: a call that stays incomplete is not worth a question. */
function fieldsMissing({ properties = {}, required = [] }: Takes, input: JsonObject): Record<string, Field> {
  const missing: Record<string, Field> = {}
  for (const name of required.filter((one) => input[one] === undefined || input[one] === null || input[one] === "")) {
    const field = askable.safeParse(properties[name])
    if (!field.success) return {}
    missing[name] = field.data
  }
  return missing
}

function inWords(name: string): string {
  return name
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .replaceAll("_", " ")
    .toLowerCase()
}
