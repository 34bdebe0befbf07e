import { styleText } from "node:util"
import { openQuestions } from "../actions/questions.ts"
import { isBrokenOff, lastTurns } from "../conversation/history.ts"
import type { Turn } from "../conversation/turn.ts"
import { undoTurn } from "../conversation/undo.ts"
import type { Question } from "../db/tables.ts"
import type { UndoPlan } from "../leads/undo.ts"
import { answer } from "./answer.ts"
import type { Host } from "./host.ts"
import type { Io } from "./io.ts"
import type { Screen, ScreenHandlers } from "./screen.ts"
import { plainText, tableText } from "./table.ts"
import { receipt, said, turnShown } from "./turn.ts"
import { count } from "./wording.ts"

const help = `Ask or tell the sales agent something in plain words, such as "show me the latest leads".
While it works, what you type is taken in after the step at hand; Ctrl-C stops it at once.
  /undo      take back what the last turn changed; again, the turn before
  /new       begin a new conversation
  /continue  go on with your last one, also where it was broken off
  /history   your last turns
  /quit      leave (also Ctrl-D, or Ctrl-C twice)`

/** Milliseconds within which a second Ctrl-C leaves. */
const twice = 2_000

type Conversation = {
  /** The turn that the next one goes on with. */
  after: number | null
  /** Turns whose changes can still be taken back, the last one at the end. */
  undoable: number[]
  /** What the last turn waits for: the next line may answer it. */
  question: Question | null
}

/** A conversation at a terminal until it is left. */
export async function talk(
  io: Io,
  host: Host,
  after: number | null,
  open: (handlers: ScreenHandlers) => Screen,
): Promise<void> {
  const conversation: Conversation = { after, undoable: after === null ? [] : [after], question: null }
  const lines: string[] = []
  let wake = () => {}
  let turn: { control: AbortController; steering: string[] } | null = null
  let interruptedAt = Number.NEGATIVE_INFINITY
  let isLeaving = false

  function leave(): void {
    isLeaving = true
    turn?.control.abort()
    wake()
  }

  const screen = open({
    line(text) {
      if (text === "") return
      if (turn && !text.startsWith("/")) {
        turn.steering.push(text)
        return screen.status(`taken in after the step at hand: ${plainText(text)}`)
      }
      lines.push(text)
      wake()
    },
    interrupt(typed) {
      const now = io.clock().getTime()
      if (now - interruptedAt < twice) return leave()
      if (turn === null && typed !== "") return
      interruptedAt = now
      screen.step(turn ? "stopping; once more leaves" : "once more leaves")
      turn?.control.abort()
    },
    end: leave,
  })
  io.signal.addEventListener("abort", leave)

  async function work(prompt: string | null): Promise<void> {
    await interruptibly(async (signal, steering) => {
      const { after } = conversation
      took(await turnShown(io, host, screen, prompt, { person: host.home.person, after, steering, signal }))
    })
    await waitForAnswer(conversation.after)
  }

  async function reply(question: Question, kind: "approved" | "denied"): Promise<void> {
    conversation.question = null
    await interruptibly(async (signal) => {
      const answered = await answer(io, host, screen, question, kind, signal)
      if (answered.kind === "said") took(answered.turn)
    })
    await waitForAnswer(conversation.after)
  }

  function took(turn: Turn): void {
    conversation.after = turn.runId
    conversation.undoable.push(turn.runId)
    if (turn.outcome.kind !== "done") screen.line(plainText(turn.outcome.reason))
    screen.line(styleText("dim", receipt(turn)))
  }

  async function waitForAnswer(runId: number | null): Promise<void> {
    conversation.question = runId === null ? null : ((await openQuestions(host.home.store, runId))[0] ?? null)
    if (conversation.question) screen.line("Type yes or no to answer here; anything else leaves it waiting.")
  }

  async function interruptibly(part: (signal: AbortSignal, steering: string[]) => Promise<void>): Promise<void> {
    const control = new AbortController()
    turn = { control, steering: [] }
    const { steering } = turn
    try {
      await part(control.signal, steering)
    } finally {
      turn = null
    }
    // What came too late for this turn is the next one.
    if (steering.length > 0) lines.unshift(steering.join("\n"))
  }

  try {
    screen.line(greeting(host))
    while (!isLeaving) {
      const line = lines.shift()
      if (line !== undefined) screen.line(said(line))
      if (line === undefined) await new Promise<void>((resolve) => (wake = resolve))
      else if (line === "/quit" || line === "/exit") leave()
      else if (line === "/continue") {
        if (await takeUp(host, conversation, screen)) await work(null)
      } else if (conversation.question && /^(y|yes|n|no)$/i.test(line)) {
        await reply(conversation.question, /^y/i.test(line) ? "approved" : "denied")
      } else if (line.startsWith("/")) await obey(io, host, conversation, screen, line)
      else await work(line)
    }
  } finally {
    io.signal.removeEventListener("abort", leave)
    screen.close()
  }
}

function greeting({ world }: Host): string {
  const who = world.model.kind === "rehearsal" ? "the rehearsal model, which is a script" : "the sales agent"
  return `You talk to ${who}. Ask for leads in plain words; /help helps, /quit leaves.`
}

async function obey(io: Io, host: Host, conversation: Conversation, screen: Screen, line: string): Promise<void> {
  if (line === "/help") return screen.line(help)
  if (line === "/history") return screen.line(await historyText(io, host))
  if (line === "/undo") return undoLast(host, conversation, screen)
  if (line !== "/new") return screen.line(`There is no ${plainText(line)}. /help lists what there is.`)
  Object.assign(conversation, { after: null, undoable: [], question: null })
  screen.line("A new conversation.")
}

/** Makes the person's last conversation this one. True if its last turn was broken off and can go on by itself. */
async function takeUp(host: Host, conversation: Conversation, screen: Screen): Promise<boolean> {
  const [last] = await lastTurns(host.home.store, host.home.person, 1)
  if (!last) {
    screen.line("There is no conversation yet.")
    return false
  }
  Object.assign(conversation, { after: last.id, undoable: [last.id], question: null })
  screen.line(`You go on with: ${plainText(last.prompt)}`)
  return isBrokenOff(last)
}

async function historyText(io: Io, host: Host): Promise<string> {
  const turns = await lastTurns(host.home.store, host.home.person, 20)
  if (turns.length === 0) return "Nothing was asked yet."
  const rows = turns.toReversed().map((turn) => ({
    run: turn.id,
    when: turn.startedAt.slice(0, 16).replace("T", " "),
    asked: turn.prompt.replace(/\s+/g, " "),
    outcome: turn.outcome ?? "working",
    usd: turn.costUsd.toFixed(4),
  }))
  return tableText(rows, { width: io.width, colour: io.isTerminal })
}

/** Takes back what the last turn changed, and the runs that it asked; what was changed since is kept and said. */
async function undoLast({ home }: Host, conversation: Conversation, screen: Screen): Promise<void> {
  for (let runId = conversation.undoable.pop(); runId !== undefined; runId = conversation.undoable.pop()) {
    const undone = await undoTurn(home.store, home.person, runId)
    for (const one of undone) {
      screen.line(one.kind === "refused" ? plainText(one.reason) : undoneText(runId, one.plan))
    }
    if (undone.length > 0) return
  }
  screen.line("No turn of this conversation has changed anything that is still to be undone.")
}

function undoneText(runId: number, { restored, kept, undoneBy }: UndoPlan): string {
  const rows = restored.updated + restored.removed + restored.brought_back
  const lines = kept.map(
    ({ table, row, column, by, reason }) =>
      `  kept ${table} ${row}${column ? ` ${column}` : ""}: ${reason} (by ${plainText(by)})`,
  )
  const back = undoneBy === null ? "" : ` giant undo changeset:${undoneBy} brings it back.`
  return [`Undone: run ${runId}, ${count(rows, "row")} put back.${back}`, ...lines].join("\n")
}
