import { sql } from "drizzle-orm"
import { references } from "../../src/db/references.ts"
import { foldText } from "../../src/leads/normal-forms/text.ts"
import { differences } from "../../src/leads/replay.ts"
import type { World } from "./history-world.ts"

export async function checkFacts({ store, broken }: World): Promise<void> {
  const other = await store.rows<{ id: number }>(
    sql`SELECT drafts.id FROM drafts LEFT JOIN approvals ON draft_id = drafts.id AND used_at IS NULL AND voided_at IS NULL
      WHERE (state = 'approved') <> (approvals.id IS NOT NULL) AND state <> 'sent'`,
  )
  if (other[0]) throw broken(`draft ${other[0].id} is approved without an approval, or has one that does not show`)
  const astray = await store.rows<{ id: number }>(
    sql`SELECT drafts.id FROM drafts
      JOIN (SELECT draft_id, lead_id FROM approvals UNION SELECT draft_id, lead_id FROM sends) AS its ON its.draft_id = drafts.id
      WHERE its.lead_id <> drafts.lead_id`,
  )
  if (astray[0]) throw broken(`what was approved or sent of draft ${astray[0].id} is another lead's`)
  const twice = await store.rows(
    sql`SELECT entity, entity_id, field FROM facts WHERE state = 'current' GROUP BY entity, entity_id, field HAVING count(*) > 1`,
  )
  if (twice.length > 0) throw broken(`two facts are current: ${JSON.stringify(twice[0])}`)
}

export async function checkEverything(world: World): Promise<void> {
  const { store, broken } = world
  for await (const { table, row, reason } of differences(store))
    throw broken(`the journal disagrees with ${table} ${row}: ${reason}`)
  const observed = await store.rows<{ id: number; quote: string | null; text: string | null }>(
    sql`SELECT facts.id, quote, text FROM facts LEFT JOIN evidence ON evidence.id = evidence_id WHERE basis = 'observed'`,
  )
  for (const { id, quote, text } of observed) {
    if (!quote || !text || !foldText(text).includes(foldText(quote)))
      throw broken(`fact ${id} is observed without its quote`)
  }
  for (const { table, column, to, when } of references) {
    const isMeant = when ? sql` AND ${sql.identifier(when.column)} = ${when.is}` : sql``
    const lost = await store.rows(
      sql`SELECT id FROM ${sql.identifier(table)} AS one WHERE ${sql.identifier(column)} IS NOT NULL${isMeant}
        AND NOT EXISTS (SELECT 1 FROM ${sql.identifier(to)} AS other WHERE other.id = one.${sql.identifier(column)})`,
    )
    if (lost.length > 0)
      throw broken(`${table} ${JSON.stringify(lost[0])} names a row of ${to} that is not there (${column})`)
    if (column === "merged_into") continue
    const hidden = await store.rows(
      sql`SELECT id FROM ${sql.identifier(table)} AS one WHERE EXISTS (SELECT 1 FROM ${sql.identifier(to)} AS other
        WHERE other.id = one.${sql.identifier(column)} AND merged_into IS NOT NULL)${isMeant}`,
    )
    if (hidden.length > 0)
      throw broken(`${table} ${JSON.stringify(hidden[0])} names a row of ${to} that is merged (${column})`)
  }
}
