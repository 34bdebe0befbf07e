/*
name: find-duplicates
version: 1
purpose: Shows the pairs of leads that are likely one person, the likeliest first, with the reasons. Nothing is merged.
inputs:
  limit: how many pairs (20)
actions: [leads.duplicates]
*/
export default async function findDuplicates({ limit }: { limit?: number }) {
  return show(await leads.duplicates(limit ?? 20))
}
