import { styleText } from "node:util"
import { type Shown, shownOf } from "../conversation/answers.ts"
import { type Listener, openNarration } from "../conversation/narration.ts"
import { converse, type Turn, type TurnOptions } from "../conversation/turn.ts"
import type { Json, JsonObject } from "../db/json.ts"
import type { Store } from "../db/store.ts"
import type { Event } from "../harness/loop.ts"
import type { Host } from "./host.ts"
import type { Io } from "./io.ts"
import { waitingText } from "./question-text.ts"
import type { Paper } from "./screen.ts"
import { plainText, tableText } from "./table.ts"
import { talkerOf } from "./talker.ts"
import { tokensText } from "./wording.ts"

/** One turn as a person follows it: the model's words as they come, what it does line by line, and its answer. */
export async function turnShown(
  io: Io,
  host: Host,
  paper: Paper,
  prompt: string | null,
  options: Omit<TurnOptions, "onBegin" | "onEvent">,
): Promise<Turn> {
  const turn = await followed(host, paper, (listeners) =>
    converse(talkerOf(host), prompt, { ...options, ...listeners }),
  )
  const { outcome, runId } = turn
  const waiting = await waitingText(host.home.store, runId)
  if (waiting !== null) paper.line(waiting)
  else if (outcome.kind === "done" && outcome.answer !== null) {
    paper.line(await answerShown(io, host.home.store, runId, outcome.answer))
    // A view says itself how it is opened.
    if (turn.path?.includes("?") && io.isTerminal) paper.line(`The same table: giant viewer "${plainText(turn.path)}"`)
  }
  return turn
}

/** Tells on the paper what is done meanwhile. */
export async function followed<T>(
  host: Host,
  paper: Paper,
  work: (listeners: Required<Pick<TurnOptions, "onBegin" | "onEvent">>) => Promise<T>,
): Promise<T> {
  const narration = openNarration(host.home.store, plainly(paper))
  const onEvent = (event: Event) => {
    if (event.kind === "steered") paper.line(said(event.text))
    narration.hear(event)
  }
  return work({ onBegin: narration.follow, onEvent }).finally(narration.close)
}

/** What an agent showed, as a terminal shows it. */
export async function answerShown(io: Io, store: Store, runId: number, answer: Json): Promise<string> {
  return answerText(io, await shownOf(store, runId, answer))
}

/** What the person said, as it stands in the conversation. */
export function said(text: string): string {
  return `${styleText("bold", ">")} ${text.split("\n").map(plainText).join("\n  ")}`
}

/** `run 12 · 3,100 tokens and 12,000 from the cache · $0.0042`. */
export function receipt({ runId, costUsd, ...used }: Turn): string {
  return `run ${runId} · ${tokensText(used)} · $${costUsd.toFixed(4)}`
}

/** A paper that a terminal shows and does not obey. */
function plainly(paper: Paper): Listener {
  return {
    write: (text) => paper.write(text.split("\n").map(plainText).join("\n")),
    endRow: paper.endRow,
    step: (text) => paper.step(plainText(text)),
    status: (text) => paper.status(plainText(text)),
  }
}

function answerText(io: Io, shown: Shown): string {
  switch (shown.kind) {
    case "question":
      return `It waits for question ${shown.id}: ${plainText(shown.waitsFor)}`
    case "view":
      return `${plainText(shown.title)}: giant views open ${shown.id}`
    case "value":
      return plainText(typeof shown.value === "string" ? shown.value : JSON.stringify(shown.value))
    default: {
      if (shown.rows.length === 0) return "Nothing matches."
      const rows = shown.kind === "leads" ? shown.rows.map(leadCells) : shown.rows
      return tableText(rows, { width: io.width, colour: io.isTerminal })
    }
  }
}

function leadCells({ id, name, title, company, email, location, status, enrichedAt }: JsonObject): JsonObject {
  return {
    ...{ id: id ?? null, name: name ?? null, title: title ?? null, company: company ?? null, email: email ?? null },
    ...{ location: location ?? null, status: status ?? null, enriched: enrichedAt ? "yes" : "" },
  }
}
