import type { Context } from "hono"
import type { Store } from "../src/db/store.ts"
import { tokenUser } from "../src/team/sessions.ts"

/** Answers an agent on behalf of the person whose token it shows. `readOnly`: that person only looks. */
export type McpPort = {
  answer(request: Request, person: { person: string; readOnly: boolean }): Promise<Response>
}

/** MCP over HTTP. A token is needed on this machine too: whoever else runs here is not its user. */
export async function mcpAnswer(c: Context, store: Store, mcp: McpPort | undefined, now: Date): Promise<Response> {
  if (!mcp) return refuse(404, "not_here", "No agents are served here. giant start and giant viewer serve them.")
  const [, token] = /^Bearer ([\w-]{20,200})$/i.exec(c.req.header("authorization") ?? "") ?? []
  const user = token === undefined ? null : await tokenUser(store, token, now)
  if (!user)
    return refuse(401, "no_token", "Send a token: Authorization: Bearer giant_... (giant mcp token makes one).")
  return mcp.answer(c.req.raw, { person: `human:${user.name}`, readOnly: user.role === "viewer" })
}

function refuse(status: number, code: string, message: string): Response {
  const headers = status === 401 ? { "www-authenticate": "Bearer" } : undefined
  return Response.json({ error: { code, message, hint: "" } }, { status, ...(headers && { headers }) })
}
