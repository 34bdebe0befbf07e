import { and, asc, eq } from "drizzle-orm"
import type { Db } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { identityValue } from "../leads/identity.ts"
import { parseEmail } from "../leads/normal-forms/email.ts"
import { rowOf } from "../leads/values.ts"
import { type Channel, channelRules } from "./channels.ts"

/** The addresses of a lead that a channel can reach, in normal form: the one on the lead itself first. A message goes to nobody
 * else. Throws EntityNotFound. */
export async function recipientsOf(db: Db, leadId: number, channel: Channel): Promise<string[]> {
  const { identities } = tables
  const kind = channelRules[channel].identity
  const row = await rowOf(db, { entity: "lead", id: leadId })
  const own = await db
    .select({ value: identities.value })
    .from(identities)
    .where(and(eq(identities.leadId, row.id), eq(identities.kind, kind)))
    .orderBy(asc(identities.id))
  const shown = row[{ linkedin: "linkedinUrl", x: "xHandle", email: "email" }[kind]]
  const first = typeof shown === "string" ? normalRecipient(channel, shown) : null
  return [...new Set([...(first === null ? [] : [first]), ...own.map(({ value }) => value)])]
}

/** An address as a recipient stands in a draft, or null for what is none. An address of a function (`info@`) may be written to. */
export function normalRecipient(channel: Channel, text: string): string | null {
  const kind = channelRules[channel].identity
  return kind === "email" ? parseEmail(text) : identityValue("lead", kind, text)
}

/** A recipient as people know it. */
export function recipientWords(channel: Channel, recipient: string): string {
  if (channel === "email") return recipient
  return channel === "x-message" ? `@${recipient}` : `linkedin.com/in/${recipient}`
}
