import type { CompleteRequest } from "@modelcontextprotocol/sdk/types.js"
import { z } from "zod"
import type { McpSession } from "./session.ts"

/** Suggestions that a client is given at once. */
const most = 10
const named = z.array(z.object({ id: z.int(), name: z.string().nullable() }))

/** What a person may mean who has begun to write an argument: leads by their name, or the newest. */
export async function completionsOf(
  session: McpSession,
  { ref, argument }: CompleteRequest["params"],
  signal: AbortSignal,
): Promise<string[]> {
  const isPlace = ref.type === "ref/resource"
  if (isPlace ? ref.uri !== "giant://leads/{id}" : argument.name !== "lead") return []
  const words = argument.value.slice(0, 100)
  const where: Record<string, string> = isPlace || words === "" ? {} : { "name~": words }
  const { value } = await session.call("leads_find", { query: { where, limit: most } }, { isPlain: true, signal })
  const found = named.safeParse(value).data ?? []
  if (isPlace) return found.map(({ id }) => String(id)).filter((id) => id.startsWith(words))
  return found.flatMap(({ name }) => name ?? [])
}
