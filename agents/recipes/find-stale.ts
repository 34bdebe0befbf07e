/*
name: find-stale
version: 1
purpose: Shows the leads whose pages were last read long ago, the oldest first, and queues them for enrichment if asked to.
inputs:
  days: after how many days a lead is stale (90)
  enrich: true to queue them
  limit: how many leads (100)
actions: [leads.find, leads.enrich]
*/
export default async function findStale({ days, enrich, limit }: { days?: number; enrich?: boolean; limit?: number }) {
  const since = new Date(Date.now() - (days ?? 90) * 86_400_000).toISOString()
  const query = { where: { "enriched_at<": since }, sort: "enrichedAt", dir: "asc", limit: limit ?? 100 } as const
  // Before the leads are read: what stands in them may not decide what is queued.
  if (enrich) print(`${(await leads.enrich(query)).queued} queued for enrichment.`)
  const stale = await leads.find(query)
  return show(stale.map(({ id, name, company, status, enrichedAt }) => ({ id, name, company, status, enrichedAt })))
}
