import { setTimeout as sleep } from "node:timers/promises"
import { eq } from "drizzle-orm"
import type { Page } from "playwright"
import type { Store } from "../db/store.ts"
import { type Account, tables } from "../db/tables.ts"
import { stopAccount, whyStopped } from "./accounts.ts"
import { type Composed, composeMessage } from "./composer.ts"
import type { Presser } from "./composer-press.ts"
import { composers } from "./composer-sites.ts"
import { type HomePlace, holdAccount, machineOf } from "./hosts.ts"
import type { Lane } from "./lane.ts"
import { limitWords, loadsOf, nextFree, type SendingName, spend } from "./ledger.ts"
import type { Policy } from "./reader.ts"

export type SendingDeps = {
  store: Store
  /** The home that sends: an account is used where its browser profile is, and nowhere else. */
  place?: HomePlace
  lane(account: Account): Promise<Lane>
  policy(account: Account): Policy
  /** How much faster than life the clock of pacing runs. */
  scale: number
  clock: () => Date
  /** The longest wait for the next load, in milliseconds. */
  longestWait: number
  /** Who presses the button of an account. */
  presser(account: Account): "lane" | "person"
  /** Why no window can be shown to a person here; null where one can. */
  whyNoWindow(): Promise<string | null>
  /** Hears that the message stands in the window, and waits for the person. */
  onReady(page: Page): void
}

/** How long a window waits for the person, in milliseconds. */
const patienceMs = 10 * 60_000
const longestWindowMs = 24 * 3_600_000

/** Why an account can send nothing just now; null where it can. */
export async function whyNotSending(
  deps: SendingDeps,
  name: string | null,
  sending: SendingName,
): Promise<string | null> {
  const account = name === null ? null : await accountNamed(deps.store, name)
  if (!account)
    return "No account of the team was chosen for it; copy the text, or sign an account in with giant login."
  if (deps.place && account.place !== null && account.place !== deps.place.id) {
    return `${await whereSignedIn(deps.store, account)}: send it there.`
  }
  const { limits, mayRead } = deps.policy(account)
  if (mayRead.kind === "no") return mayRead.reason
  const stopped = await whyStopped(deps.store, account.id)
  if (stopped) return `${account.name} is stopped: ${stopped}`
  const noWindow = deps.presser(account) === "person" ? await deps.whyNoWindow() : null
  if (noWindow) return noWindow
  const now = deps.clock()
  const since = new Date(now.getTime() - longestWindowMs / deps.scale)
  const free = nextFree(await loadsOf(deps.store, account.name, since), limits, deps.scale, sending, now.getTime())
  if (free.at - now.getTime() <= deps.longestWait) return null
  const why = free.limit === null ? "the site asks it to rest" : `it has had its ${limitWords(free.limit)}`
  return `${account.name} can send again at ${new Date(free.at).toISOString()}: ${why}.`
}

/** Sends one message in its account's lane: paced, within its limits, and with its account stopped where the site stands in the way. */
export async function sendInLane(
  deps: SendingDeps,
  name: string | null,
  sending: SendingName,
  message: { recipient: string; body: string },
  signal: AbortSignal,
): Promise<Composed> {
  const account = name === null ? null : await accountNamed(deps.store, name)
  if (!account) return { kind: "refused", reason: "The account that it was to leave from is gone." }
  const composer = composers[sending]
  const who = deps.presser(account)
  const presser: Presser = who === "lane" ? { kind: "lane" } : { kind: "person", patienceMs, onReady: deps.onReady }
  const load = { account: account.name, page: sending, url: composer.profile(message.recipient) }
  const limited: { reason: string | null } = { reason: null }
  const enter = async () => {
    limited.reason = await takeLoad(deps, account, load, signal)
    return limited.reason === null
  }
  const lane = await deps.lane(account)
  const done = await lane.use({ hosts: composer.hosts, visible: who === "person", enter }, signal, (page) =>
    composeMessage(page, composer, message, presser, signal, deps.clock),
  )
  if (done.kind === "unreachable") return { kind: "blocked", reason: done.reason }
  if (done.kind === "not let in") return { kind: "blocked", reason: limited.reason ?? "It was stopped." }
  if (done.kind === "blocked") await stopAccount(deps.store, { id: account.id, reason: done.reason }, deps.clock())
  return done
}

/** Waits for a load and takes it; or says why there is none. */
export async function takeLoad(
  deps: Pick<SendingDeps, "store" | "place" | "policy" | "scale" | "clock" | "longestWait">,
  account: Account,
  load: { account: string; page: string; url: string },
  signal: AbortSignal,
): Promise<string | null> {
  for (;;) {
    const stopped = await whyStopped(deps.store, account.id)
    if (stopped) return `${account.name} is stopped: ${stopped}`
    const { limits } = deps.policy(account)
    if (deps.place && !(await holdAccount(deps.store, account, deps.place)))
      return `${await whereSignedIn(deps.store, account)}: it is used there, and nowhere else.`
    const wish = deps.place ? { ...load, place: deps.place.id } : load
    const spent = await spend(deps.store, wish, limits, deps.scale, deps.clock)
    if (spent.kind === "spent") return null
    const wait = Date.parse(spent.until) - deps.clock().getTime()
    if (wait > deps.longestWait || signal.aborted) return `${spent.reason} The next is free at ${spent.until}.`
    await sleep(Math.max(wait, 1), undefined, { signal }).catch(() => {})
  }
}

async function whereSignedIn(store: Store, { name }: Account): Promise<string> {
  const place = (await accountNamed(store, name))?.place ?? null
  return `${name} is signed in on ${(place && (await machineOf(store, place))) ?? "another machine"}`
}

export async function accountNamed(store: Store, name: string): Promise<Account | null> {
  const [account] = await store.read((db) => db.select().from(tables.accounts).where(eq(tables.accounts.name, name)))
  return account ?? null
}
