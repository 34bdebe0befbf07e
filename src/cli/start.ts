import type { Command } from "commander"
import { openRunWords, type RunWords } from "../../viewer/run-words.ts"
import { type RunningViewer, serveViewer } from "../../viewer/serve.ts"
import { addAccount } from "../browser/accounts.ts"
import { readSettings } from "../config.ts"
import { tables } from "../db/tables.ts"
import { queueNewLeads } from "../leads/enrichment.ts"
import type { ImportSummary } from "../leads/import/import.ts"
import { giveUpLostSends } from "../outreach/send.ts"
import { openTrialDesk } from "../recipes/trials.ts"
import { keepSchedules, runDue } from "./due.ts"
import { type Home, homePath, isThere, withHome } from "./home.ts"
import { type Host, openHost } from "./host.ts"
import { takeHost } from "./host-lock.ts"
import { importFile, importSentence, summaryJson } from "./import.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { mcpOverHttp } from "./mcp-host.ts"
import { numberOption } from "./number-option.ts"
import { openOutreach } from "./outreach.ts"
import { openPacing, pacingWords } from "./pacing.ts"
import { trialDepsOf } from "./recipe-runs.ts"
import { sampleFiles } from "./sample.ts"
import { plainText, tableText } from "./table.ts"
import { failedText, type Tally, tally } from "./tally.ts"
import { deskOf } from "./viewer-desk.ts"
import { openViewsPort } from "./views-port.ts"
import { count, duration, tokensText } from "./wording.ts"
import { takeOverLostTasks } from "./work.ts"
import { workShown } from "./working.ts"
import { agreedBudget, keepToOneWeb, type World, type WorldOptions, wishedWorld } from "./world.ts"

type Options = WorldOptions & { once?: boolean; parallel: string; port?: string; recipesFirst?: boolean }
type Started = Omit<Options, "parallel" | "port"> & { parallel: number; port: number | undefined }
type Say = (line: string) => void

export function startCommand(program: Command, io: Io): void {
  program
    .command("start")
    .summary("the main job: import, enrich with agents, serve the viewer")
    .description(
      "Opens or makes the home, imports FILE, works every open task with agents in parallel, and serves the viewer. Without a key, or without leads, it rehearses: a scripted model on an offline web of invented people, and nothing leaves the machine.",
    )
    .argument("[file]", "a CSV of leads, such as LinkedIn's Connections.csv")
    .option("--once", "end when what can be done now is done, with a summary")
    .option("--parallel <n>", "agents at work at the same time", "10")
    .option("--recipes-first", "let recipes do what needs no model, and agents what is left")
    .option("--port <n>", "port of the viewer (4400, or the next free one)")
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      const parallel = numberOption(options.parallel, "--parallel", 1, 100)
      const port = options.port === undefined ? undefined : numberOption(options.port, "--port", 0, 65_535)
      await start(io, file, { ...options, parallel, port })
    })
}

async function start(io: Io, file: string | undefined, options: Started): Promise<void> {
  const say: Say = (line) => (options.json ? io.err : io.out)(`${line}\n`)
  const plan = await planned(io, file, options)
  await withHome(io, plan.options, async (home) => {
    const lock = takeHost(home.path)
    try {
      await keepToOneWeb(home.store, home.path, home.settings, plan.world.web)
      const host = await openHost(io, home, plan.world, {
        dayUsd: plan.dayUsd,
        isPlain: options.plain,
        lock,
        serves: true,
      })
      try {
        announce(say, plan.world, home)
        await run(io, host, file, options, say)
      } finally {
        await host.close()
      }
    } finally {
      lock.release()
    }
  })
}

type Plan = { world: World; dayUsd: number; options: WorldOptions }

/** Paid work needs a key, leads and an agreed budget; whatever is missing, it rehearses and says so. */
async function planned(io: Io, file: string | undefined, options: WorldOptions): Promise<Plan> {
  const path = homePath(io, options)
  const settings = readSettings(path)
  const world = wishedWorld(options, io.environment, settings)
  const rehearsed = (because: string): Plan => ({
    world: { model: { kind: "rehearsal" }, web: "replica", because },
    dayUsd: 0,
    options: { ...options, rehearse: true },
  })
  if (world.model.kind === "rehearsal") {
    return { world, dayUsd: 0, options: world.web === "replica" ? { ...options, rehearse: true } : options }
  }
  if (file === undefined && !(await hasLeads(io, path, options))) return rehearsed("There are no leads yet")
  const dayUsd = await agreedBudget(io, path, settings, { world, budget: options.budget })
  if (dayUsd === null) return rehearsed("Nobody has agreed yet to what the model may cost (--budget USD does)")
  return { world, dayUsd, options }
}

async function hasLeads(io: Io, path: string, options: WorldOptions): Promise<boolean> {
  if (!isThere(io, path)) return false
  const [lead] = await withHome(io, options, ({ store }) =>
    store.read((db) => db.select({ id: tables.leads.id }).from(tables.leads).limit(1)),
  )
  return lead !== undefined
}

function announce(say: Say, world: World, home: Home): void {
  if (world.model.kind === "rehearsal") {
    if (world.because) say(`${world.because}: rehearsing instead.`)
    say("Rehearsal: the model is a script, not a language model.")
  }
  if (world.model.kind === "none")
    say(`${world.because ?? "No model"}: recipes do what they can, and leads that need judgement wait for a model.`)
  if (world.web === "replica")
    say("The web is a replica on this machine with invented people; nothing leaves the machine.")
  say(`Home: ${home.path}`)
}

async function run(io: Io, host: Host, file: string | undefined, options: Started, say: Say): Promise<void> {
  const started = io.clock()
  await giveUpLostSends(host.home.store, started, host.presence?.place.id)
  const { viewer, words, close } = await openRooms(io, host, options.port)
  try {
    say(`Viewer: ${viewer.url}`)
    const imported = await importAll(io, host, file, options, say)
    await takeUp(io, host, say)
    const ended = await workOn(io, host, viewer, words, options, say)
    const now = await tally(host, started.toISOString())
    const seconds = (io.clock().getTime() - started.getTime()) / 1000
    const done = summary(imported, now, seconds)
    if (!options.json) io.out(`${summaryText(now, seconds)}\n`)
    if (ended.kind === "stopped")
      throw new CommandFailed("stopped", ended.reason, "Nothing is lost; start again when that is mended.", done)
    if (options.json) printJson(io, done)
  } finally {
    await close()
  }
}

/** The viewer, with all that people and other agents reach through it. */
async function openRooms(io: Io, host: Host, port: number | undefined) {
  const { home } = host
  const ask = deskOf(host)
  const views = openViewsPort(home, io.clock)
  const words = openRunWords()
  const mcp = mcpOverHttp(host, async () => viewer.url)
  const trials = openTrialDesk(home.store, (person) => trialDepsOf(host, person))
  const viewer = await serveViewer({
    store: home.store,
    outreach: openOutreach(io, home, async () => host),
    ...{ ask, mcp, trials, views, words, clock: io.clock },
    ...(home.settings.proxy && { proxy: home.settings.proxy }),
    ...(port === undefined ? {} : { port }),
  })
  return {
    viewer,
    words,
    async close() {
      await viewer.close()
      views.close()
      await ask.close()
      await mcp.close()
      await trials.close()
    },
  }
}

/** Finds the browser, and what there is to do. */
async function takeUp(io: Io, host: Host, say: Say): Promise<void> {
  const browser = await host.chromium()
  if (browser.sandbox.kind === "off") say(`Pages run without Chromium's own sandbox here: ${browser.sandbox.why}.`)
  const resumed = await takeOverLostTasks(host)
  const are = resumed === 1 ? "is" : "are"
  if (resumed > 0) say(`${count(resumed, "task")} that an earlier start left unfinished ${are} taken up again.`)
  await queueNewLeads(host.home.store, io.clock())
}

async function workOn(
  io: Io,
  host: Host,
  viewer: RunningViewer,
  words: RunWords,
  options: Started,
  say: Say,
): ReturnType<typeof workShown> {
  const over = new AbortController()
  if (options.once) await runDue(host, io.signal)
  const looking = AbortSignal.any([io.signal, over.signal])
  const schedules = options.once
    ? null
    : keepSchedules(host, looking, (words) => say(`Schedules are looked at again in a moment: ${plainText(words)}`))
  const slowest = await openPacing(io, host.home, host.world.web)()
  if (slowest && Date.parse(slowest.doneAt) - io.clock().getTime() > 60_000) say(pacingWords(slowest, io.clock()))
  try {
    return await workShown(io, host, {
      parallel: options.parallel,
      until: options.once ? "idle" : "forever",
      withRecipes: options.recipesFirst ?? host.world.model.kind === "none",
      isQuiet: options.json ?? false,
      rest: `All done for now. Viewer: ${viewer.url}  (Ctrl-C ends)`,
      onEvent: (event) => {
        if (event.kind === "run") words.tell(event.runId, event.event)
      },
    })
  } finally {
    over.abort()
    await schedules
  }
}

async function importAll(
  io: Io,
  host: Host,
  file: string | undefined,
  options: WorldOptions,
  say: Say,
): Promise<ImportSummary[]> {
  const { store } = host.home
  if (file !== undefined) {
    const summary = await importFile(io, host.home, file, options)
    say(`${plainText(file)}: ${importSentence(summary)}`)
    return [summary]
  }
  if (host.world.web !== "replica" || (await tally(host, "")).leads > 0) return []
  const summaries: ImportSummary[] = []
  for (const sample of sampleFiles) {
    if (sample.owner) await addAccount(store, "linkedin", sample.owner, io.clock())
    const summary = await importFile(io, host.home, sample.path, { ...options, ...sample })
    say(`Sample ${sample.name}: ${importSentence(summary)}`)
    summaries.push(summary)
  }
  return summaries
}

function summary(imported: ImportSummary[], now: Tally, seconds: number) {
  const sum = (pick: (summary: ImportSummary) => number) => imported.reduce((total, one) => total + pick(one), 0)
  return {
    rows_read: sum((one) => one.read),
    leads_made: sum((one) => one.made),
    duplicates: sum((one) => one.duplicates),
    refused: imported.flatMap((one) => summaryJson(one).refused),
    enriched: now.enriched,
    by_recipe: now.byRecipe,
    handed_over: now.handedOver,
    waiting: now.waiting.length,
    waiting_why: reasons(now).map(({ reason, leads }) => ({ reason, leads })),
    failed: now.failed.length,
    failed_why: now.failed.map(({ lead, reason }) => ({ lead, reason })),
    facts: now.facts,
    runs: now.runs,
    tokens: now.tokens,
    cached_tokens: now.cachedTokens,
    cost_usd: now.costUsd,
    seconds: Math.round(seconds * 10) / 10,
  }
}

function summaryText(now: Tally, seconds: number): string {
  const head = `${count(now.enriched, "lead")} enriched with ${count(now.facts, "fact")} in ${count(now.runs, "run")}, ${duration(seconds * 1000)}, ${tokensText(now)}, $${now.costUsd.toFixed(2)}.`
  const recipes =
    now.byRecipe + now.handedOver > 0
      ? [`Recipes did ${count(now.byRecipe, "lead")} without a model and handed ${now.handedOver} over.`]
      : []
  const failed = now.failed.length > 0 ? [failedText(now.failed).trimEnd()] : []
  if (now.waiting.length === 0) return [head, ...recipes, ...failed].join("\n")
  const rows = now.waiting.map(({ lead, name, reason, until }) => ({ lead, name, why: reason, until }))
  return [
    head,
    ...recipes,
    ...failed,
    `${count(rows.length, "lead")} waiting:`,
    tableText(rows.slice(0, 20), { width: 110, colour: false }),
  ].join("\n")
}

function reasons(now: Tally) {
  const grouped = Map.groupBy(now.waiting, (one) => one.reason)
  return [...grouped].map(([reason, ones]) => ({ reason, leads: ones.map((one) => one.lead) }))
}
