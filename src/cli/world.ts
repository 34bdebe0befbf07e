import { webOfHosts } from "../browser/hosts.ts"
import type { Environment, Settings } from "../config.ts"
import { changeSettings } from "../config.ts"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { priceOf } from "../harness/prices.ts"
import type { HomeOptions } from "./home.ts"
import { CommandFailed, type Io } from "./io.ts"

/** With which model and on which web a command works. */
export type World = {
  /** none: recipes alone; what they cannot decide waits. */
  model: { kind: "rehearsal" } | { kind: "none" } | { kind: "real"; name: string | null; baseURL: string | null }
  web: "live" | "replica"
  /** Why there is no real model although nobody asked for that; null otherwise. */
  because: string | null
}

export type WorldOptions = HomeOptions & {
  model?: string | undefined
  web?: string | undefined
  budget?: string | undefined
  /** One tool for each action instead of scripts. */
  plain?: boolean | undefined
}

/** What was asked for, as far as options and environment say it: a rehearsal, a real model, or whatever can be had. */
export function wishedWorld(options: WorldOptions, environment: Environment, settings: Settings): World {
  const name = options.model ?? environment.GIANT_MODEL ?? settings.model ?? null
  const hasKey = environment.ANTHROPIC_API_KEY !== undefined || environment.ANTHROPIC_AUTH_TOKEN !== undefined
  const baseURL = environment.ANTHROPIC_BASE_URL ?? null
  const web = webOf(options.web)
  if (options.rehearse) {
    if (web === "live")
      throw new CommandFailed("usage", "--rehearse never touches the live web.", "Leave out --rehearse or --web live.")
    return { model: { kind: "rehearsal" }, web: "replica", because: null }
  }
  if (name === "none") return { model: { kind: "none" }, web: web ?? settings.web ?? "live", because: null }
  if (name === "rehearsal") return { model: { kind: "rehearsal" }, web: web ?? "replica", because: null }
  if (hasKey || baseURL) return { model: { kind: "real", name, baseURL }, web: web ?? "live", because: null }
  const because = "There is no ANTHROPIC_API_KEY"
  // Nobody plays the model among real leads.
  if ((web ?? settings.web) === "live") return { model: { kind: "none" }, web: "live", because }
  return { model: { kind: "rehearsal" }, web: "replica", because }
}

function webOf(asked: string | undefined): World["web"] | null {
  if (asked === undefined || asked === "live" || asked === "replica") return asked ?? null
  throw new CommandFailed(
    "usage",
    `--web takes live or replica, not ${asked}.`,
    "Leave it out to have the right one chosen.",
  )
}

/** Holds a home to its web: invented pages and real ones are never mixed in one database. */
export async function keepToOneWeb(store: Store, home: string, settings: Settings, web: World["web"]): Promise<void> {
  // A machine that joins others works on their web.
  const known = settings.web ?? (await webOfHosts(store)) ?? undefined
  if (known === web && settings.web === undefined) return changeSettings(home, { web })
  if (known === web) return
  if (known === "replica") {
    throw new CommandFailed(
      "replica_home",
      "This home has worked on the replica web, so it never touches the live one.",
      "Name another home with --home for real work.",
    )
  }
  if (known === "live" || (web === "replica" && (await hasLivePages(store)))) {
    throw new CommandFailed(
      "live_home",
      "This home holds real work, and the replica's invented people would get mixed up with it.",
      "Rehearse in another home: giant start --rehearse, or name one with --home.",
    )
  }
  changeSettings(home, { web })
}

async function hasLivePages(store: Store): Promise<boolean> {
  const pages = await store.read((db) => db.select({ id: tables.evidence.id }).from(tables.evidence).limit(1))
  return pages.length > 0
}

/** Paid work needs one recorded yes to what it may cost. An explicit budget is one; a person at a terminal is asked. Returns USD a
 * day, or null where nobody agreed. */
export async function agreedBudget(
  io: Io,
  home: string,
  settings: Settings,
  { world, budget }: { world: World; budget: string | undefined },
): Promise<number | null> {
  if (isFree(world)) return 0
  if (budget !== undefined) {
    const usd = Number(budget)
    if (!(usd > 0))
      throw new CommandFailed("usage", "--budget takes US dollars a day, such as 5.", "Correct it, or leave it out.")
    changeSettings(home, { paidWorkConfirmed: { at: io.clock().toISOString(), usdPerDay: usd } })
    return usd
  }
  if (settings.paidWorkConfirmed) return settings.paidWorkConfirmed.usdPerDay
  if (!io.isInteractive) return null
  const answer = await io.ask(
    `Agents will use your key: at most ${defaultUsdPerDay} USD a day, counted and held by Small Giant. Go ahead? [y/N] `,
  )
  if (!/^y(es)?$/i.test(answer.trim())) return null
  changeSettings(home, { paidWorkConfirmed: { at: io.clock().toISOString(), usdPerDay: defaultUsdPerDay } })
  return defaultUsdPerDay
}

/** A rehearsal costs nothing, and neither does a model of one's own on this machine. */
function isFree({ model }: World): boolean {
  if (model.kind !== "real") return true
  const { name, baseURL } = model
  return name !== null && baseURL !== null && priceOf({ name, baseURL }).price.output === 0
}

const defaultUsdPerDay = 5
