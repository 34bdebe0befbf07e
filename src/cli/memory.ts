import { readFileSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"
import type { Command } from "commander"
import { standingIn } from "../config.ts"
import type { Memory } from "../db/tables.ts"
import { keepMarkdown, memoriesAsMarkdown } from "../memory/markdown.ts"
import {
  acceptMemory,
  editMemory,
  memoriesOf,
  type Remembered,
  remember,
  removeMemory,
  team,
} from "../memory/memory.ts"
import { confirm } from "./confirm.ts"
import { type Home, type HomeOptions, withHome, withHomeToLookAt } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { numberOption } from "./number-option.ts"
import { plainText, tableText } from "./table.ts"
import { count } from "./wording.ts"

type AddOptions = HomeOptions & { team?: boolean; always?: boolean }

export function memoryCommand(program: Command, io: Io): void {
  const memory = program
    .command("memory")
    .summary("what agents remember")
    .description(
      "Lists the notes that agents remember: the team's, yours, and what agents propose and you decide. Notes marked always stand in every prompt; the others are found when they are needed.",
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions>()
      await withHomeToLookAt(io, options, async ({ store, person }) => {
        const memories = await memoriesOf(store, person)
        if (options.json) return printJson(io, { memories })
        if (memories.length === 0) return io.out('Nothing is remembered yet. giant memory add "..." adds a note.\n')
        io.out(`${tableText(memories.map(rowOf), { width: io.width, colour: io.isTerminal })}\n`)
        const waiting = memories.filter(({ state }) => state === "proposed").length
        if (waiting > 0) io.out(`${count(waiting, "note")} wait for you: giant memory accept ID, or remove ID.\n`)
      })
    })

  memory
    .command("add")
    .summary("remember a note")
    .argument("<words...>", "the note")
    .option("--team", "for everybody; otherwise for you alone")
    .option("--always", "in every prompt, as far as there is room")
    .action(async (words: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<AddOptions>()
      await withHome(io, options, async ({ store, person }) => {
        const owner = options.team ? team : person
        const note = { owner, text: words.join(" "), isAlways: options.always ?? false, source: person }
        const made = await remember(store, authorOf(person), { ...note, state: "accepted" }, io.clock())
        tell(io, options, made, "is remembered")
      })
    })

  aboutNote(memory, io, {
    name: "accept",
    summary: "accept a note that an agent proposed",
    work: async ({ store, person }, { id, text, source, owner }, options) => {
      const whose = owner === team ? "everybody's" : "your"
      await confirm(io, `"${plainText(text)}"\nFrom ${plainText(source)}, for ${whose} agents.`, "yes")
      tell(io, options, done(await acceptMemory(store, authorOf(person), id, io.clock())), "is remembered")
    },
  })

  aboutNote<HomeOptions & { always?: boolean }>(memory, io, {
    name: "edit",
    summary: "change a note",
    work: async ({ store, person }, { id, state }, options, words) => {
      // To edit what an agent proposed is to accept it.
      if (state === "proposed") await confirm(io, "An agent proposed this note; to change it is to accept it.", "yes")
      const change = {
        ...(words.length > 0 ? { text: words.join(" ") } : {}),
        ...(options.always === undefined ? {} : { isAlways: options.always }),
      }
      tell(io, options, done(await editMemory(store, authorOf(person), id, change, io.clock())), "is changed")
    },
  })
    .argument("[words...]", "what it says from now on")
    .option("--always", "in every prompt")
    .option("--no-always", "only when it is looked for")

  aboutNote(memory, io, {
    name: "remove",
    summary: "forget a note, or turn a proposed one down",
    work: async ({ store, person }, { id }, options) => {
      const removed = done(await removeMemory(store, authorOf(person), id, io.clock()))
      tell(io, options, removed, "is no longer remembered; giant undo brings it back")
    },
  })

  memory
    .command("export")
    .summary("write the notes into a Markdown file, to read and edit")
    .argument("<file>", "the file; - for the screen")
    .action(async (file: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions>()
      await withHomeToLookAt(io, options, async ({ store, person }) => {
        const text = await memoriesAsMarkdown(store, person)
        if (file === "-") return options.json ? printJson(io, { markdown: text }) : io.out(text)
        writeFileSync(resolve(standingIn(io.environment), file), text, { mode: 0o600 })
        if (options.json) return printJson(io, { file })
        io.err(`${plainText(file)} is written. Edit it; giant memory import ${plainText(file)} takes it back in.\n`)
      })
    })

  memory
    .command("import")
    .summary("make the notes what an edited Markdown file says")
    .argument("<file>", "the file")
    .action(async (file: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions>()
      await withHome(io, options, async ({ store, person }) => {
        const kept = await keepMarkdown(store, authorOf(person), textIn(io, file), io.clock())
        if (options.json) return printJson(io, kept)
        io.out(`${count(kept.added, "note")} added, ${kept.changed} changed, ${kept.removed} removed.\n`)
      })
    })
}

/** A subcommand about one note. */
function aboutNote<O extends HomeOptions>(
  memory: Command,
  io: Io,
  {
    name,
    summary,
    work,
  }: { name: string; summary: string; work(home: Home, note: Memory, options: O, words: string[]): Promise<void> },
): Command {
  return memory
    .command(name)
    .summary(summary)
    .argument("<id>", "its number")
    .action(async function (this: Command, id: string) {
      const options = this.optsWithGlobals<O>()
      const words = this.args.slice(1)
      await withHome(io, options, async (home) => work(home, await memoryNumbered(home, id), options, words))
    })
}

function rowOf({ id, owner, text, isAlways, state, source, updatedAt }: Memory) {
  const whose = owner === team ? "team" : "you"
  const where = state === "proposed" ? "waits for you" : isAlways ? "always" : "when looked for"
  return { id, whose, note: text, where, from: source, since: updatedAt.slice(0, 10) }
}

async function memoryNumbered({ store, person }: Home, text: string): Promise<Memory> {
  const id = numberOption(text, "ID", 1, Number.MAX_SAFE_INTEGER)
  const found = (await memoriesOf(store, person)).find((one) => one.id === id)
  if (found) return found
  throw new CommandFailed(
    "not_found",
    `There is no memory ${id} of the team's or of yours.`,
    "giant memory lists them.",
  )
}

function done(remembered: Remembered): Memory {
  if (remembered.kind === "done") return remembered.memory
  throw new CommandFailed("refused", remembered.reason, "giant memory lists them.")
}

function tell(io: Io, { json }: HomeOptions, memory: Memory, words: string): void {
  if (json) printJson(io, memory)
  else io.out(`Note ${memory.id} ${words}.\n`)
}

function textIn(io: Io, file: string): string {
  try {
    return readFileSync(resolve(standingIn(io.environment), file), "utf8")
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CommandFailed("file_unreadable", `${plainText(file)} cannot be read (${why}).`, "Name another file.")
  }
}

function authorOf(person: string) {
  return { actor: person, kind: "memory" }
}
