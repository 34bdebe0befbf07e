import type { Command } from "commander"
import { type Loads, limitsFor } from "../browser/account-settings.ts"
import { clearAccount, listAccounts, stopAccount, stopPicture } from "../browser/accounts.ts"
import type { Estimate } from "../browser/estimate.ts"
import { type Whereabouts, whereIs } from "../browser/hosts.ts"
import { type LedgerReport, limitWords, reportSpends } from "../browser/ledger.ts"
import type { Account } from "../db/tables.ts"
import { confirm } from "./confirm.ts"
import { type Home, type HomeOptions, withHome, withHomeToLookAt } from "./home.ts"
import { homePlace } from "./home-place.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { capturesOf, changeSetting, rehearsalScale, settingOf } from "./lanes.ts"
import { numberOption } from "./number-option.ts"
import { pacingOf, pacingWords } from "./pacing.ts"
import { plainText } from "./table.ts"
import { count } from "./wording.ts"

type LimitOptions = Partial<Record<keyof Loads, string>>

const limitNames = {
  quarterHour: "quarter-hour",
  hour: "hour",
  day: "day",
  profilesADay: "profiles-a-day",
  searchesADay: "searches-a-day",
} as const satisfies Record<keyof Loads, string>

export function accountsCommand(program: Command, io: Io): void {
  const accounts = program
    .command("accounts")
    .summary("the LinkedIn and X accounts: limits, what was spent, what stopped them")
    .description(
      "Shows every account with its limits, what is used of them, when the next load is free, and what stopped it.",
    )
    .option("--pause <name>", "stop an account until it is cleared")
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions & { pause?: string }>()
      await withHomeToLookAt(io, options, async (home) => {
        if (options.pause !== undefined) await pause(io, home, options.pause)
        await show(io, home, options.json ?? false)
      })
    })
  accounts
    .command("clear")
    .summary("let a stopped account go on")
    .description("Lets a stopped account go on, after a person has looked at what stopped it. Needs a terminal.")
    .argument("<name>", "such as linkedin:team")
    .action(async (name: string, _options: unknown, command: Command) => {
      await withHomeToLookAt(io, command.optsWithGlobals<HomeOptions>(), (home) => clear(io, home, name))
    })
  accounts
    .command("clicks")
    .summary("who presses Send: you in a window, or the lane")
    .description(
      "By default you press Send yourself, in a window that shows the approved text. With on, the lane presses in your place: LinkedIn and X forbid that, and may restrict or close the account for it. Needs a terminal.",
    )
    .argument("<name>", "such as linkedin:team")
    .argument("<who>", "on: the lane presses; off: you do")
    .action(async (name: string, who: string, _options: unknown, command: Command) => {
      await withHomeToLookAt(io, command.optsWithGlobals<HomeOptions>(), (home) => setClicks(io, home, name, who))
    })
  const limit = accounts
    .command("limit")
    .summary("lower an account's limits")
    .description("Lowers an account's limits. Raising them is only possible in settings.json, where the risk is named.")
    .argument("<name>", "such as linkedin:team")
  for (const name of Object.values(limitNames)) limit.option(`--${name} <loads>`, "at most so many loads")
  limit.action(async (name: string, _options: unknown, command: Command) => {
    const options = command.optsWithGlobals<HomeOptions & LimitOptions>()
    await withHome(io, options, async (home) => {
      await lower(home, name, options)
      await show(io, home, options.json ?? false)
    })
  })
}

async function show(io: Io, home: Home, isJson: boolean): Promise<void> {
  const pacing = await pacingOf(io, home, home.settings.web === "replica" ? "replica" : "live")
  const reports = await Promise.all(
    (await listAccounts(home.store)).map(async (account) => {
      const waiting = pacing.byAccount.find((one) => one.account === account.name) ?? null
      return { ...(await reportOn(io, home, account)), waiting, now: io.clock() }
    }),
  )
  if (isJson) return printJson(io, { accounts: reports.map(asJson) })
  if (reports.length === 0) return io.out("There is no account yet. giant login linkedin signs in.\n")
  io.out(`${reports.map(asText).join("\n\n")}\n`)
}

type Report = Awaited<ReturnType<typeof reportOn>> & { waiting: Estimate["byAccount"][number] | null; now: Date }

async function reportOn(io: Io, home: Home, account: Account) {
  const setting = settingOf(home.path, account.name)
  const isReplica = home.settings.web === "replica"
  const limits = limitsFor(account.site, setting)
  const scale = isReplica ? rehearsalScale : 1
  const ledger: LedgerReport = await reportSpends(home.store, account.name, limits, scale, io.clock())
  const place = homePlace(home.path)
  const where: Whereabouts =
    account.place === place.id ? { kind: "here" } : await whereIs(home.store, account, place, null)
  return { account, setting, ledger, isReplica, where, picture: stopPicture(capturesOf(home.path), account) }
}

function asJson({ account, setting, ledger, isReplica, where, picture, waiting }: Report) {
  const { name, site, stoppedReason, stoppedAt } = account
  return {
    name,
    site,
    machine: where.kind === "here" ? null : where.machine,
    person: setting?.person ?? null,
    profile: setting?.profile ?? null,
    agreed: setting?.agreed ?? null,
    attached_to: setting?.attach ?? null,
    presses_send: setting?.laneClicks ?? null,
    reads: site === "web" || isReplica || setting?.agreed !== undefined,
    stopped: stoppedReason === null ? null : { reason: stoppedReason, at: stoppedAt, screenshot: picture },
    limits: ledger.uses.map(({ limit, spent }) => ({
      spent,
      loads: limit.loads,
      window_seconds: limit.windowMs / 1000,
      page: limit.page ?? null,
    })),
    spent: ledger.byPage,
    next_load_at: ledger.freeAt,
    waiting: waiting && { loads: waiting.loads, done_at: waiting.doneAt },
  }
}

function asText({ account, setting, ledger, isReplica, where, picture, waiting, now }: Report): string {
  const { name, site, stoppedReason, stoppedAt } = account
  const isHere = where.kind === "here"
  const isOff = isHere && site !== "web" && !isReplica && setting?.agreed === undefined
  const state = stoppedReason !== null ? "stopped" : isOff ? "off" : "ready"
  const lines = [`${name}: ${state}${setting?.person ? `, signed in as ${plainText(setting.person)}` : ""}`]
  if (!isHere) {
    lines.push(`on ${plainText(where.machine)}, which is ${where.kind === "away" ? "not at work now" : "at work now"}`)
  }
  if (setting?.agreed) lines.push(`agreed by ${plainText(setting.agreed.by)} at ${plainText(setting.agreed.at)}`)
  else if (isOff) lines.push(`reads nothing until its owner says yes: giant login ${site}`)
  if (setting?.laneClicks) lines.push(`presses Send in your place, as ${plainText(setting.laneClicks.by)} agreed`)
  if (setting?.attach) lines.push(`reads with the Chrome at ${plainText(setting.attach)}`)
  if (stoppedReason !== null) {
    lines.push(`stopped at ${stoppedAt}: ${plainText(stoppedReason)}`)
    if (picture) lines.push(`what stood in the way: ${picture}`)
    lines.push(`when that is mended: giant accounts clear ${name}`)
  }
  for (const { limit, spent } of ledger.uses) lines.push(`${spent} of ${limitWords(limit)}`)
  for (const { page, hour, day } of ledger.byPage)
    lines.push(`${page}: ${hour} in the last hour, ${day} in the last day`)
  lines.push(`next load: ${ledger.freeAt ?? "now"}`)
  if (waiting) lines.push(pacingWords(waiting, now))
  if (isReplica) lines.push(`in rehearsal, an hour of these limits is ${3_600 / rehearsalScale} s`)
  return lines.join("\n  ")
}

async function pause(io: Io, home: Home, name: string): Promise<void> {
  const account = await named(home, name)
  const reason = `${home.person} paused it.`
  await stopAccount(home.store, { id: account.id, reason, actor: home.person }, io.clock())
}

async function clear(io: Io, home: Home, name: string): Promise<void> {
  const account = await named(home, name)
  if (account.stoppedReason === null) return io.out(`${account.name} is not stopped.\n`)
  const picture = stopPicture(capturesOf(home.path), account)
  const look = picture
    ? `\nLook at ${picture}, and answer what the site asks in its own window (giant login ${account.site}).`
    : ""
  const question = `${account.name} stopped at ${account.stoppedAt}: ${plainText(account.stoppedReason)}${look}`
  await confirm(io, question, account.name)
  const reopened = await clearAccount(home.store, account.id, home.person, io.clock())
  io.out(
    `${account.name} goes on; ${count(reopened, "task")} that waited for it ${reopened === 1 ? "is" : "are"} open again.\n`,
  )
}

async function setClicks(io: Io, home: Home, name: string, who: string): Promise<void> {
  const account = await named(home, name)
  if (who !== "on" && who !== "off") {
    throw new CommandFailed(
      "usage",
      `giant accounts clicks takes on or off, not ${plainText(who)}.`,
      "giant accounts clicks --help",
    )
  }
  if (who === "off") {
    changeSetting(home.path, account.name, { laneClicks: null })
    return io.out(`${account.name}: you press Send yourself, in a window.\n`)
  }
  const risk = `${account.name} will press Send in your place on what you have approved. LinkedIn's and X's terms forbid automated messages; the account may be restricted or closed for it.`
  await confirm(io, risk, account.name)
  changeSetting(home.path, account.name, { laneClicks: { at: io.clock().toISOString(), by: home.person } })
  io.out(`${account.name} presses Send on approved messages from now on.\n`)
}

async function lower(home: Home, name: string, options: LimitOptions): Promise<void> {
  const account = await named(home, name)
  const setting = settingOf(home.path, account.name)
  const limits: Loads = { ...setting?.limits }
  for (const key of keysOf(limitNames)) {
    const text = options[key]
    if (text !== undefined) limits[key] = numberOption(text, `--${limitNames[key]}`, 0, 100_000)
  }
  const wished = limitsFor(account.site, { limitsThatRiskARestriction: limits })
  const lowered = limitsFor(account.site, { limits })
  const raised = wished.find((limit, i) => limit.loads > (lowered[i]?.loads ?? 0))
  if (raised) {
    throw new CommandFailed(
      "limit_raised",
      `${limitWords(raised)} is more than Small Giant allows, because the site may restrict the account for it.`,
      `Whoever takes that risk writes it into settings.json: accounts, "${account.name}", "limitsThatRiskARestriction".`,
    )
  }
  changeSetting(home.path, account.name, { limits })
}

async function named(home: Home, name: string): Promise<Account> {
  const all = await listAccounts(home.store)
  const found = all.find((account) => account.name === name)
  if (found) return found
  const names = all.map((account) => account.name).join(", ") || "none yet"
  throw new CommandFailed("no_such_account", `There is no account ${plainText(name)}.`, `The accounts are: ${names}.`)
}

function keysOf<K extends string>(record: Record<K, unknown>): K[] {
  return Object.keys(record).filter((key): key is K => key in record)
}
