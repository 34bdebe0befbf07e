import { homedir } from "node:os"
import { join, resolve } from "node:path"
import type { Command } from "commander"
import type { AccountSetting } from "../browser/account-settings.ts"
import { addAccount, reopenTasks, sharedOwner } from "../browser/accounts.ts"
import { type Chromium, findChromium } from "../browser/chromium.ts"
import { openEgress } from "../browser/egress.ts"
import { takeAccount, whereIs } from "../browser/hosts.ts"
import { attach, launchProfile } from "../browser/lane.ts"
import { spend } from "../browser/ledger.ts"
import { type Login, login, loginHosts, type SocialSite, whyNoWindow } from "../browser/login.ts"
import { standingIn } from "../config.ts"
import type { Account } from "../db/tables.ts"
import { type Replica, startReplica } from "../rehearsal/replica.ts"
import { confirm } from "./confirm.ts"
import { type Home, withHome } from "./home.ts"
import { homePlace } from "./home-place.ts"
import { takeHost } from "./host-lock.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { changeSetting, profileOf, routeOf, settingOf } from "./lanes.ts"
import { plainText } from "./table.ts"
import { keepToOneWeb, type WorldOptions, wishedWorld } from "./world.ts"

type Options = WorldOptions & { for: string; attach?: string | true }

const patienceMs = 15 * 60_000
const usualEndpoint = "http://127.0.0.1:9222"
const titles: Record<SocialSite, string> = { linkedin: "LinkedIn", x: "X" }

export function loginCommand(program: Command, io: Io): void {
  program
    .command("login")
    .summary("sign in to LinkedIn or X in a window of your own")
    .description(
      "Opens a real browser window with a profile of its own, and waits until you have signed in there. Your password is typed into the site and nowhere else.",
    )
    .argument("<site>", "linkedin or x")
    .option("--for <name>", "whose account it is; leads with this owner are read with it", sharedOwner)
    .option("--attach [address]", `read with your own running Chrome instead (its debugging address, ${usualEndpoint})`)
    .action(async (site: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      if (site !== "linkedin" && site !== "x") {
        throw new CommandFailed(
          "usage",
          `giant login takes linkedin or x, not ${plainText(site)}.`,
          "giant login linkedin",
        )
      }
      if (!/^[\w .-]{1,60}$/.test(options.for)) {
        throw new CommandFailed(
          "usage",
          "--for takes a short name of letters and digits.",
          "giant login linkedin --for Ada",
        )
      }
      await withHome(io, options, (home) => logIn(io, home, site, options))
    })
}

async function logIn(io: Io, home: Home, site: SocialSite, options: Options): Promise<void> {
  const { web } = wishedWorld(options, io.environment, home.settings)
  const endpoint = options.attach === true ? usualEndpoint : options.attach
  const lock = takeHost(home.path)
  try {
    await keepToOneWeb(home.store, home.path, home.settings, web)
    const chromium = endpoint === undefined ? await windowedChromium(io, home) : null
    const account = await addAccount(home.store, site, options.for, io.clock())
    const place = homePlace(home.path)
    const where = await whereIs(home.store, account, place, null)
    if (where.kind === "elsewhere") throw inUseOn(where.machine, account)
    const agreed = settingOf(home.path, account.name)?.agreed ?? (await agreement(io, home, site, web))
    const replica = web === "replica" ? await openReplica(io) : null
    try {
      if (endpoint !== undefined) io.err(attachedText)
      io.err(`Sign in to ${titles[site]} in the browser window. It closes by itself when you are in.\n`)
      const came = await showWindow(io, home, account, site, { endpoint, chromium, replica })
      if (came.kind === "given up")
        throw new CommandFailed("not_signed_in", came.reason, `giant login ${site} tries again.`)
      const { name, profile } = came.who
      const machine = await takeAccount(home.store, account, place, home.person)
      if (machine !== null) throw inUseOn(machine, account)
      changeSetting(home.path, account.name, {
        ...(name ? { person: name } : {}),
        ...(profile ? { profile } : {}),
        loggedInAt: io.clock().toISOString(),
        agreed,
        attach: endpoint,
      })
      const load = { account: account.name, page: "login", url: profile ?? site, place: place.id }
      await spend(home.store, load, [], 1, io.clock)
      const reopened = account.stoppedReason === null ? await reopenTasks(home.store, account.id, io.clock()) : 0
      tell(io, options, account, { name, profile, reopened })
    } finally {
      await replica?.close()
    }
  } finally {
    lock.release()
  }
}

function inUseOn(machine: string, { name }: Account): CommandFailed {
  const message = `${name} is signed in on ${plainText(machine)}, which is at work with it now.`
  return new CommandFailed("account_in_use", message, "Stop Small Giant there first; an account has one machine.")
}

async function windowedChromium(io: Io, home: Home): Promise<Chromium> {
  const setting = io.environment.GIANT_CHROME ?? home.settings.chrome ?? null
  const chromium = await findChromium({ setting, cacheDir: join(homedir(), ".cache", "smallgiant") })
  const why = whyNoWindow(chromium, process.platform, process.env)
  if (why) throw new CommandFailed("no_window", why.reason, why.hint)
  return chromium
}

/** A person's one yes to automated reading with their account. */
async function agreement(
  io: Io,
  { person }: Home,
  site: SocialSite,
  web: "live" | "replica",
): Promise<NonNullable<AccountSetting["agreed"]>> {
  await confirm(io, termsText(titles[site], web), "yes")
  return { at: io.clock().toISOString(), by: person }
}

function termsText(title: string, web: "live" | "replica"): string {
  return `${web === "replica" ? "This is a rehearsal on invented pages; on the live web the same would hold.\n" : ""}\
Before you sign in:
- ${title}'s terms forbid reading it automatically. Small Giant does exactly that, slowly, with your account.
- ${title} may restrict or close the account for it. The limits make that less likely; nothing makes it impossible.
- It reads pages. It sends only a message that you have approved, and you press Send yourself unless you turn that off.
- Whoever keeps data on people is answerable for it under data protection law. That is your team.`
}

const attachedText = `Reading with your own Chrome: it is limited to the addresses that Small Giant's adapters build, but what those pages then load is
not held back, as it is in a browser of the account's own. Chrome must have been started with --remote-debugging-port and a
--user-data-dir that is not its usual one.
`

type Window = { endpoint: string | undefined; chromium: Chromium | null; replica: Replica | null }

async function showWindow(
  io: Io,
  home: Home,
  account: Account,
  site: SocialSite,
  { endpoint, chromium, replica }: Window,
): Promise<Login> {
  const egress = await openEgress({ route: routeOf(replica), clock: io.clock })
  egress.grant(loginHosts[site])
  const profileDir = profileOf(home.path, account.name)
  try {
    return await login({
      site,
      open: () =>
        chromium === null
          ? attach(endpoint ?? usualEndpoint)
          : launchProfile({ profileDir, chromium, egress, headless: false }),
      signal: io.signal,
      clock: io.clock,
      patienceMs,
      onChallenge: () => io.err(`${titles[site]} asks for a check. Only you can pass it, in the window.\n`),
    })
  } finally {
    await egress.close()
  }
}

function openReplica(io: Io): Promise<Replica> {
  const overlay = io.environment.GIANT_REPLICA
  return startReplica({ overlay: overlay ? resolve(standingIn(io.environment), overlay) : null })
}

type Outcome = { name: string | null; profile: string | null; reopened: number }

function tell(io: Io, { json }: Options, account: Account, { name, profile, reopened }: Outcome): void {
  if (json) {
    printJson(io, { account: account.name, person: name, profile, tasks_opened_again: reopened })
    return
  }
  const who = name
    ? `${plainText(name)}${profile ? ` (${plainText(profile)})` : ""}`
    : "somebody whose name the site does not show"
  io.out(`${account.name} is signed in as ${who}.\n`)
  if (reopened > 0) io.out(`Tasks that waited for it: ${reopened}, open again.\n`)
  if (account.stoppedReason === null) return
  io.out(
    `It is still stopped: ${plainText(account.stoppedReason)}\ngiant accounts clear ${account.name} lets it go on.\n`,
  )
}
