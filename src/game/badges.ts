import type { Stats } from "./stats.ts"

/** Something that a team can be proud of, because it is good for its work. It can be lost again. */
export type Badge = {
  name: string
  /** What it takes, in words. */
  means: string
  have: number
  need: number
  isEarned: boolean
}

type Standing = Pick<
  Stats,
  "leads" | "coverage" | "funnel" | "bases" | "precision" | "freshness" | "work" | "board" | "season"
>

/** Every badge, the earned ones first and then the nearest. */
export function badgesOf(stats: Standing): Badge[] {
  const { leads, coverage, funnel, bases, precision, freshness, work, board, season } = stats
  const reached = (...names: string[]) =>
    funnel.filter(({ status }) => names.includes(status)).reduce((sum, stage) => sum + stage.leads, 0)
  const known = (field: string) => share(coverage.find((one) => one.field === field)?.known ?? 0, leads)
  const observed = bases.find(({ basis }) => basis === "observed")?.facts ?? 0
  const checked = precision.reduce((sum, one) => sum + one.checked, 0)
  const right = precision.reduce((sum, one) => sum + one.right, 0)
  const fresh = freshness.find(({ age }) => age === "30 days")?.leads ?? 0
  const merges = board.reduce((sum, player) => sum + player.merges, 0)
  const drafts = board.reduce((sum, player) => sum + player.drafts, 0)
  const perFact = work.facts > 0 && work.costUsd > 0 ? work.costUsd / work.facts : null
  const thisWeek = season.weeks.at(-1)?.points ?? 0
  const badges = [
    badge("Show me", "100 values that quote their source", observed, 100),
    badge("On every card", "90 % of at least 20 leads have a title", leads < 20 ? 0 : known("title"), 90),
    badge("Ways to reach", "60 % of at least 20 leads have an email address", leads < 20 ? 0 : known("email"), 60),
    badge("Fresh bread", "80 % of at least 20 leads enriched within 30 days", leads < 20 ? 0 : share(fresh, leads), 80),
    badge("Under oath", "25 checked values, 95 % of them right", checked < 25 ? 0 : share(right, checked), 95),
    badge("No twins", "10 duplicates merged", merges, 10),
    badge("Said it right", "10 drafts accepted as they were written", drafts, 10),
    badge("Small purse", "A value costs a cent or less", perFact === null ? 0 : Math.min(1, 0.01 / perFact), 1),
    badge("Somebody home", "The first reply", reached("replied", "meeting", "won"), 1),
    badge("Shaking hands", "The first deal", reached("won"), 1),
    badge("A good week", `${season.goal} points in this week`, thisWeek, season.goal),
  ]
  return badges.sort(
    (one, other) => Number(other.isEarned) - Number(one.isEarned) || other.have / other.need - one.have / one.need,
  )
}

function badge(name: string, means: string, have: number, need: number): Badge {
  return { name, means, have: Math.min(have, need), need, isEarned: have >= need }
}

/** In whole per cent, never rounded up. */
function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.floor((part / whole) * 100)
}
