import { styleText } from "node:util"
import type { Command } from "commander"
import { readSettings } from "../config.ts"
import { isBrokenOff, lastTurns } from "../conversation/history.ts"
import type { Turn } from "../conversation/turn.ts"
import { queryOutside } from "../db/sql.ts"
import { type UntilEnd, workUntil } from "../harness/until.ts"
import { endLost } from "./at-work.ts"
import { talk } from "./chat.ts"
import { type Home, homePath, withHome } from "./home.ts"
import { type Host, openHost } from "./host.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { openScreen, type Paper, type Screen, type ScreenHandlers } from "./screen.ts"
import { receipt, turnShown } from "./turn.ts"
import { count } from "./wording.ts"
import { agreedBudget, keepToOneWeb, type World, type WorldOptions, wishedWorld } from "./world.ts"

type Options = WorldOptions & { continue?: boolean; until?: string }

export function askCommand(program: Command, io: Io): void {
  program
    .command("ask")
    .summary("ask or tell the sales agent something, in plain words")
    .description('One prompt to the sales agent: "show me the latest leads", "who at Acme has no email?".')
    .argument("[prompt...]", "what you want; without it, --continue takes up what was broken off")
    .option("--continue", "go on with your last conversation, also one whose process was killed")
    .option("--until <select>", "work round after round until this query returns no row")
    .action(async (words: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      const prompt = words.join(" ").trim()
      const { until } = options
      if (prompt === "" && !options.continue) {
        throw new CommandFailed("usage", "There is no prompt.", 'giant ask "show me the latest leads"')
      }
      if (until !== undefined && (options.continue || prompt === "")) {
        throw new CommandFailed("usage", "--until begins anew in every round.", "Give it a prompt and no --continue.")
      }
      await withAgents(io, options, async (host) => {
        if (until !== undefined) await askUntil(io, host, prompt, until, options.json ?? false)
        else await askOnce(io, host, prompt, options)
      })
    })
}

/** `giant` alone: a conversation until it is left. */
export async function chat(io: Io, options: Options, open = openTerminal): Promise<void> {
  await withAgents(io, options, async (host) => {
    const after = options.continue ? ((await lastTurns(host.home.store, host.home.person, 1))[0]?.id ?? null) : null
    await talk(io, host, after, open)
  })
}

function openTerminal(handlers: ScreenHandlers): Screen {
  return openScreen(process.stdin, process.stdout, handlers)
}

async function askOnce(io: Io, host: Host, prompt: string, options: Options): Promise<void> {
  const [last] = options.continue ? await lastTurns(host.home.store, host.home.person, 1) : []
  if (prompt === "" && !(last && isBrokenOff(last))) {
    throw new CommandFailed(
      "nothing_to_continue",
      "Your last turn came to its end, so there is nothing to take up.",
      'giant ask --continue "..." goes on with the conversation.',
    )
  }
  const paper = options.json ? silence : paperOf(io)
  const turn = await turnShown(io, host, paper, prompt || null, {
    person: host.home.person,
    after: last?.id ?? null,
    signal: io.signal,
  })
  if (!options.json && io.isTerminal) io.err(`${styleText("dim", receipt(turn))}\n`)
  throwIfEnded(turn)
  if (options.json) printJson(io, turnJson(turn))
}

/** Round after round, each with a fresh context, until the query returns nothing or nothing moves any more. */
async function askUntil(io: Io, host: Host, prompt: string, query: string, isJson: boolean): Promise<void> {
  const paper = isJson ? silence : paperOf(io)
  const turns: Turn[] = []
  const end = await workUntil({
    signal: io.signal,
    left: () => queryOutside(host.home.store.place, query, 1_000),
    async round(round, words) {
      paper.line(`Round ${round}`)
      const turn = await turnShown(io, host, paper, `${prompt}\n\n${words}\n${query}`, {
        person: host.home.person,
        after: null,
        signal: io.signal,
      })
      if (turn.outcome.kind !== "done") paper.line(turn.outcome.reason)
      turns.push(turn)
      return turn.outcome
    },
  })
  const costUsd = turns.reduce((sum, turn) => sum + turn.costUsd, 0)
  const done = { ...untilJson(end), runs: turns.map((turn) => turn.runId), cost_usd: costUsd }
  if (!isJson) io.out(`${untilText(end, costUsd)}\n`)
  if (end.kind !== "reached") {
    throw new CommandFailed(end.kind, end.reason, "What was done is kept; the same command goes on from there.", done)
  }
  if (isJson) printJson(io, done)
}

function untilJson({ kind, reason, rounds, leftAtFirst, left }: UntilEnd) {
  return { end: kind, reason, rounds, rows_at_first: leftAtFirst, rows_left: left }
}

function untilText({ rounds, leftAtFirst, left }: UntilEnd, costUsd: number): string {
  return `${count(rounds, "round")}: the query returned ${count(leftAtFirst, "row")} at first and returns ${left} now. $${costUsd.toFixed(4)}.`
}

/** Opens what a conversation needs. The browser is taken only if nobody else has it: without it, everything but reading works. */
export async function withAgents(io: Io, options: Options, work: (host: Host) => Promise<void>): Promise<void> {
  await withHome(io, await rehearsalHome(io, options), async (home) => {
    const world = wishedWorld(options, io.environment, home.settings)
    const dayUsd = await budgetOf(io, home, world, options)
    await keepToOneWeb(home.store, home.path, home.settings, world.web)
    await endLost(home.store, io.clock())
    const host = await openHost(io, home, world, { dayUsd, isPlain: options.plain })
    try {
      if (world.because && world.model.kind === "rehearsal")
        io.err(`${world.because}: the answer comes from the rehearsal model, a script.\n`)
      await work(host)
    } finally {
      await host.close()
    }
  })
}

/** A rehearsal has a home of its own, unless one is named. */
async function rehearsalHome(io: Io, options: Options): Promise<Options> {
  const world = wishedWorld(options, io.environment, readSettings(homePath(io, options)))
  return world.model.kind === "rehearsal" && world.web === "replica" ? { ...options, rehearse: true } : options
}

async function budgetOf(io: Io, home: Home, world: World, options: Options): Promise<number> {
  if (world.model.kind === "rehearsal") return 0
  const dayUsd = await agreedBudget(io, home.path, home.settings, { world, budget: options.budget })
  if (dayUsd !== null) return dayUsd
  throw new CommandFailed(
    "not_agreed",
    "Nobody has agreed yet to what the model may cost.",
    'giant ask --budget 5 "..." agrees to 5 USD a day; --rehearse costs nothing.',
  )
}

/** The answer goes to stdout; what is done meanwhile goes to stderr, where a person reads along. */
export function paperOf(io: Io): Paper {
  let isInRow = false
  function endRow(): void {
    if (isInRow) io.out("\n")
    isInRow = false
  }
  return {
    write(text) {
      io.out(text)
      if (text !== "") isInRow = !text.endsWith("\n")
    },
    line(text) {
      endRow()
      io.out(`${text}\n`)
    },
    endRow,
    step(text) {
      if (!io.isTerminal) return
      endRow()
      io.err(`${styleText("dim", `  · ${text}`)}\n`)
    },
    status: () => {},
  }
}

const silence: Paper = { write: () => {}, line: () => {}, endRow: () => {}, step: () => {}, status: () => {} }

function turnJson(turn: Turn) {
  const { runId, outcome, path, tokens, cachedTokens, costUsd } = turn
  const said =
    outcome.kind === "done"
      ? { text: outcome.text, answer: outcome.answer }
      : { text: "", answer: null, reason: outcome.reason }
  return { run: runId, outcome: outcome.kind, ...said, path, tokens, cached_tokens: cachedTokens, cost_usd: costUsd }
}

function throwIfEnded(turn: Turn): void {
  const { outcome, runId } = turn
  if (outcome.kind === "done") return
  const hint = `giant runs show ${runId} tells what was done until then.`
  throw new CommandFailed(outcome.kind, outcome.reason, hint, turnJson(turn))
}
