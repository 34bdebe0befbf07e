/** The day on which the replica is read: ages and tenures on its pages are counted up to here. */
const replicaDay = new Date("2026-11-16T12:00:00Z")

/** Whole months from a month ("2021-04") up to another one, both counted, as LinkedIn counts a tenure. */
export function monthsBetween(from: string, to: string | null): number {
  const end = to === null ? replicaDay : new Date(`${to}-01T00:00:00Z`)
  const start = new Date(`${from}-01T00:00:00Z`)
  return (end.getUTCFullYear() - start.getUTCFullYear()) * 12 + end.getUTCMonth() - start.getUTCMonth() + 1
}

/** How long ago a moment was, shortened as both sites do it: "3d", "2w", "5mo", "1yr". */
export function age(at: string): string {
  const days = Math.floor((replicaDay.getTime() - Date.parse(at)) / 86_400_000)
  if (days < 1) return "12h"
  if (days < 7) return `${days}d`
  if (days < 30) return `${Math.floor(days / 7)}w`
  if (days < 365) return `${Math.floor(days / 30)}mo`
  return `${Math.floor(days / 365)}yr`
}
