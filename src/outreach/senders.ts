import { asc, eq } from "drizzle-orm"
import type { Db } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { rowOf } from "../leads/values.ts"
import { type Channel, channelRules } from "./channels.ts"

/** The account that a message to a lead leaves from: its owner's own, else the team's; for email the home's sender. Null where there
 * is none; then a person copies the text and sends it themselves. Throws EntityNotFound. */
export async function senderOf(
  db: Db,
  leadId: number,
  channel: Channel,
  mailFrom: string | null,
): Promise<string | null> {
  const { identity: site } = channelRules[channel]
  if (site === "email") return mailFrom
  const { owner } = await rowOf(db, { entity: "lead", id: leadId })
  const known = await db
    .select({ name: tables.accounts.name })
    .from(tables.accounts)
    .where(eq(tables.accounts.site, site))
    .orderBy(asc(tables.accounts.id))
  const named = (whose: string) => known.find(({ name }) => name === `${site}:${whose.toLowerCase()}`)?.name
  return (typeof owner === "string" ? named(owner) : undefined) ?? named("team") ?? null
}
