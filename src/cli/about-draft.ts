import type { Command } from "commander"
import type { Draft } from "../db/tables.ts"
import type { Drafted } from "../outreach/draft.ts"
import { type ReviewedDraft, reviewDraft } from "../outreach/review.ts"
import { type Home, type HomeOptions, withHomeToLookAt } from "./home.ts"
import { CommandFailed, type Io } from "./io.ts"
import { numberOption } from "./number-option.ts"
import { decidingOf } from "./outreach.ts"

/** What a subcommand about one draft says of itself, and does in an open home. */
type AboutDraft<O> = {
  name: string
  summary: string
  description: string
  work(home: Home, id: number, options: O): Promise<void>
}

/** Adds a subcommand about one draft. */
export function aboutDraft<O extends HomeOptions>(
  drafts: Command,
  io: Io,
  { name, summary, description, work }: AboutDraft<O>,
): Command {
  return drafts
    .command(name)
    .summary(summary)
    .description(description)
    .argument("<id>", "the draft's number")
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<O>()
      await withHomeToLookAt(io, options, (home) => work(home, draftNumber(id), options))
    })
}

export function draftNumber(text: string): number {
  return numberOption(text, "A draft's number", 1, 2 ** 53)
}

/** A draft as it stands now. Throws DraftNotFound. */
export function readDraft(io: Io, home: Home, id: number): Promise<ReviewedDraft> {
  return reviewDraft(home.store, id, decidingOf(home), io.clock())
}

/** The draft that came of it. Throws CommandFailed where it was refused. */
export function draftedOrRefused(one: Drafted): Draft {
  if (one.kind === "drafted") return one.draft
  throw new CommandFailed("refused", one.reason, "giant drafts show ID says how it stands.")
}

/** Throws CommandFailed where there is a reason why not. */
export function refusedIf(why: string | null): void {
  if (why) throw new CommandFailed("refused", why, "giant drafts show ID says how it stands.")
}
