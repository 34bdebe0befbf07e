import { styleText } from "node:util"
import type { Event } from "../harness/loop.ts"
import { areLeads, converse, rowsOf, type Turn, type TurnOptions } from "./conversation.ts"
import type { Host } from "./host.ts"
import type { Io } from "./io.ts"
import { leadTable } from "./leads.ts"
import { openNarration } from "./narration.ts"
import type { Paper } from "./screen.ts"
import { plainText, tableText } from "./table.ts"

/** One turn as a person follows it: the model's words as they come, what it does line by line, and its answer. */
export async function turnShown(
  io: Io,
  host: Host,
  paper: Paper,
  prompt: string | null,
  options: Omit<TurnOptions, "onBegin" | "onEvent">,
): Promise<Turn> {
  const narration = openNarration(host.home.store, paper)
  const onEvent = (event: Event) => {
    if (event.kind === "steered") paper.line(said(event.text))
    narration.hear(event)
  }
  const turn = await converse(host, prompt, { ...options, onBegin: narration.follow, onEvent }).finally(narration.close)
  const { outcome } = turn
  if (outcome.kind === "done" && outcome.answer !== null) paper.line(answerText(io, outcome.answer))
  return turn
}

/** What the person said, as it stands in the conversation. */
export function said(text: string): string {
  return `${styleText("bold", ">")} ${text.split("\n").map(plainText).join("\n  ")}`
}

/** `run 12 · 3,100 tokens and 12,000 from the cache · $0.0042`. */
export function receipt({ runId, tokens, cachedTokens, costUsd }: Turn): string {
  const cached = cachedTokens > 0 ? ` and ${cachedTokens.toLocaleString("en")} from the cache` : ""
  return `run ${runId} · ${tokens.toLocaleString("en")} tokens${cached} · $${costUsd.toFixed(4)}`
}

function answerText(io: Io, answer: Parameters<typeof rowsOf>[0]): string {
  const rows = rowsOf(answer)
  if (!rows) return plainText(typeof answer === "string" ? answer : JSON.stringify(answer))
  if (rows.length === 0) return "Nothing matches."
  return areLeads(rows) ? leadTable(rows, io) : tableText(rows, { width: io.width, colour: io.isTerminal })
}
