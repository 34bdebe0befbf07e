import type { Command } from "commander"
import type { Event } from "../harness/loop.ts"
import { areLeads, converse, lastConversation, rowsOf, type Turn } from "./conversation.ts"
import { type Home, withHome } from "./home.ts"
import { type Host, openHost } from "./host.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { leadTable } from "./leads.ts"
import { plainText, tableText } from "./table.ts"
import { agreedBudget, keepToOneWeb, type World, type WorldOptions, wishedWorld } from "./world.ts"

type Options = WorldOptions & { continue?: boolean }

export function askCommand(program: Command, io: Io): void {
  program
    .command("ask")
    .summary("ask or tell the sales agent something, in plain words")
    .description('One prompt to the sales agent: "show me the latest leads", "who at Acme has no email?".')
    .argument("<prompt...>", "what you want")
    .option("--continue", "go on with your last conversation")
    .action(async (words: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      await withAgents(io, options, async (host) => {
        const after = options.continue ? await lastConversation(host) : null
        const turn = await turnShown(io, host, words.join(" "), after, options.json ?? false)
        if (options.json) printJson(io, turnJson(turn))
        throwIfEnded(turn)
      })
    })
}

/** `giant` alone: a conversation until it is left. */
export async function chat(io: Io, options: Options): Promise<void> {
  await withAgents(io, options, async (host) => {
    const model = host.world.model.kind === "rehearsal" ? "the rehearsal model, which is a script" : "the sales agent"
    io.out(`You talk to ${model}. Ask for leads in plain words; /help helps, /quit leaves.\n`)
    let after = options.continue ? await lastConversation(host) : null
    for (;;) {
      const prompt = (await io.ask("\n> ")).trim()
      if (io.signal.aborted || prompt === "/quit" || prompt === "/exit") return
      if (prompt === "/help") io.out('Ask, such as "show me the latest leads". /new begins anew, /undo says how, /quit leaves.\n')
      else if (prompt === "/new") after = null
      else if (prompt === "/undo") io.out(after === null ? "Nothing was done yet.\n" : `giant undo ${after} takes back the last turn.\n`)
      else if (prompt !== "") {
        const turn = await turnShown(io, host, prompt, after, false)
        after = turn.runId
        if (turn.outcome.kind !== "done") io.err(`${plainText(turn.outcome.reason)}\n`)
      }
    }
  })
}

/** Opens what a conversation needs. The browser is taken only if nobody else has it: without it, everything but reading works. */
async function withAgents(io: Io, options: Options, work: (host: Host) => Promise<void>): Promise<void> {
  await withHome(io, await rehearsalHome(io, options), async (home) => {
    const world = wishedWorld(options, io.environment, home.settings)
    const dayUsd = await budgetOf(io, home, world, options)
    await keepToOneWeb(home.store, home.path, home.settings, world.web)
    const host = await openHost(io, home, world, { dayUsd })
    try {
      if (world.because) io.err(`${world.because}: the answer comes from the rehearsal model, a script.\n`)
      await work(host)
    } finally {
      await host.close()
    }
  })
}

/** A rehearsal has a home of its own, unless one is named. */
async function rehearsalHome(io: Io, options: Options): Promise<Options> {
  const world = wishedWorld(options, io.environment, {})
  return world.model.kind === "rehearsal" && world.web === "replica" ? { ...options, rehearse: true } : options
}

async function budgetOf(io: Io, home: Home, world: World, options: Options): Promise<number> {
  if (world.model.kind === "rehearsal") return 0
  const dayUsd = await agreedBudget(io, home.path, home.settings, options.budget)
  if (dayUsd !== null) return dayUsd
  throw new CommandFailed(
    "not_agreed",
    "Nobody has agreed yet to what the model may cost.",
    'giant ask --budget 5 "..." agrees to 5 USD a day; --rehearse costs nothing.',
  )
}

async function turnShown(io: Io, host: Host, prompt: string, after: number | null, isJson: boolean): Promise<Turn> {
  const turn = await converse(host, prompt, { after, signal: io.signal, onEvent: (event) => isJson || show(io, event) })
  if (isJson || turn.outcome.kind !== "done") return turn
  const rows = turn.outcome.answer === null ? null : rowsOf(turn.outcome.answer)
  if (rows) io.out(`${rowsText(io, rows)}\n`)
  else if (turn.outcome.answer !== null) io.out(`${plainText(JSON.stringify(turn.outcome.answer))}\n`)
  else io.out("\n")
  return turn
}

function show(io: Io, event: Event): void {
  if (event.kind === "text") io.out(event.text.split("\n").map(plainText).join("\n"))
  if (event.kind === "message" && event.content.some((block) => block.type === "text")) io.out("\n")
  if (event.kind === "retry") io.err(`(${plainText(event.reason)} Trying again.)\n`)
}

function rowsText(io: Io, rows: ReturnType<typeof rowsOf> & object): string {
  if (rows.length === 0) return "Nothing matches."
  if (areLeads(rows)) return leadTable(rows, io)
  return tableText(rows, { width: io.width, colour: io.isTerminal })
}

function turnJson(turn: Turn) {
  const { runId, outcome, tokens, costUsd } = turn
  const said = outcome.kind === "done" ? { text: outcome.text, answer: outcome.answer } : { text: "", answer: null, reason: outcome.reason }
  return { run: runId, outcome: outcome.kind, ...said, tokens, cost_usd: costUsd }
}

function throwIfEnded({ outcome, runId }: Turn): void {
  if (outcome.kind === "done") return
  throw new CommandFailed(outcome.kind, outcome.reason, `giant runs show ${runId} tells what was done until then.`)
}
