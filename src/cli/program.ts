import { Command, CommanderError, Help, type Option } from "commander"
import { agentPage, agentPages } from "./agent-page.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { plainText } from "./table.ts"
import type { WorldOptions } from "./world.ts"

type Register = (program: Command, io: Io) => void

/** The commands by group, the ones that matter first; each in a file of its own, loaded when it is wanted. */
const groups: Record<string, Record<string, () => Promise<Register>>> = {
  "First:": {
    start: async () => (await import("./start.ts")).startCommand,
    ask: async () => (await import("./ask.ts")).askCommand,
    import: async () => (await import("./import.ts")).importCommand,
    viewer: async () => (await import("./viewer.ts")).viewerCommand,
    undo: async () => (await import("./undo.ts")).undoCommand,
    login: async () => (await import("./login.ts")).loginCommand,
  },
  "Work:": {
    enrich: async () => (await import("./enrich.ts")).enrichCommand,
    recipes: async () => (await import("./recipes.ts")).recipesCommand,
    memory: async () => (await import("./memory.ts")).memoryCommand,
    schedules: async () => (await import("./schedules.ts")).schedulesCommand,
    read: async () => (await import("./read.ts")).readCommand,
    accounts: async () => (await import("./accounts.ts")).accountsCommand,
    questions: async () => (await import("./questions.ts")).questionsCommand,
  },
  "Outreach:": {
    drafts: async () => (await import("./drafts.ts")).draftsCommand,
  },
  "Look:": {
    leads: async () => (await import("./leads.ts")).leadsCommand,
    history: async () => (await import("./history.ts")).historyCommand,
    runs: async () => (await import("./runs.ts")).runsCommand,
    sql: async () => (await import("./sql.ts")).sqlCommand,
    stats: async () => (await import("./stats.ts")).statsCommand,
    views: async () => (await import("./views.ts")).viewsCommand,
    export: async () => (await import("./export.ts")).exportCommand,
  },
  "Other agents:": {
    mcp: async () => (await import("./mcp.ts")).mcpCommand,
    claude: async () => (await import("./claude.ts")).claudeCommand,
    init: async () => (await import("./init.ts")).initCommand,
  },
  "Put in order:": {
    duplicates: async () => (await import("./duplicates.ts")).duplicatesCommand,
    merge: async () => (await import("./merge.ts")).mergeCommand,
    suggestions: async () => (await import("./suggestions.ts")).suggestionsCommand,
    reminders: async () => (await import("./reminders.ts")).remindersCommand,
    suppress: async () => (await import("./suppress.ts")).suppressCommand,
    forget: async () => (await import("./forget.ts")).forgetCommand,
    users: async () => (await import("./users.ts")).usersCommand,
    backup: async () => (await import("./backup.ts")).backupCommand,
    move: async () => (await import("./move.ts")).moveCommand,
    doctor: async () => (await import("./doctor.ts")).doctorCommand,
  },
}

/** Runs one command line. Returns 0, or 2 where it was called wrongly; throws what the command throws. */
export async function runProgram(io: Io, words: string[]): Promise<number> {
  const args = asked(words)
  try {
    const program = await createProgram(io, args)
    if (isForAgent(args)) {
      const command = commandNamed(program, args)
      io.out(command === program ? agentPages(program) : agentPage(command))
      return 0
    }
    await program.parseAsync(args, { from: "user" })
    return 0
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 0
    if (args.includes("--json")) {
      const message = error.message.replace(/^error: /, "")
      printJson(io, { error: { code: "usage", message, hint: "giant --help shows how it is called." } })
    }
    return 2
  }
}

/** The program with the one command that the arguments name, or with all of them. */
async function createProgram(io: Io, args: string[]): Promise<Command> {
  const program = new Command("giant")
    .description("Small Giant: agents work your lead database; you look, ask, judge and undo.")
    .option("--home <dir>", "the folder of your data (GIANT_HOME, else the nearest .giant, else ~/.giant)")
    .option("--json", "one JSON document on stdout")
    .option("--model <name>", "the model to use, or rehearsal for the scripted one (GIANT_MODEL)")
    .option("--web <web>", "live, or replica for the offline one")
    .option("--rehearse", "rehearsal model and replica web: nothing leaves the machine")
    .option("--budget <usd>", "what the model may cost a day, in US dollars; naming it agrees to it")
    .option("--plain", "one tool for each action instead of scripts, for small models")
    .option("--continue", "go on with your last conversation")
    .option("--agent", "this help as Markdown, for an agent")
    .helpOption("-h, --help", "help for a command")
    .configureHelp({ showGlobalOptions: true, optionDescription })
    .configureOutput({
      ...{ writeOut: io.out, writeErr: io.err },
      outputError: (text, write) => write(wronglyCalled(text, args)),
    })
    .exitOverride()
    .allowExcessArguments()
    .action(async (_options: unknown, command: Command) => {
      const [word] = command.args
      if (word !== undefined && word !== "help") {
        throw new CommandFailed("usage", `giant has no command ${plainText(word)}.`, "giant --help lists them.")
      }
      if (word === "help" || !io.isInteractive) return command.outputHelp()
      const { chat } = await import("./ask.ts")
      await chat(io, command.opts<WorldOptions & { continue?: boolean }>())
    })
  const wanted = commandIn(args)
  for (const [heading, commands] of Object.entries(groups)) {
    program.commandsGroup(heading)
    for (const [name, load] of Object.entries(commands)) {
      if (wanted === undefined || wanted === name) (await load())(program, io)
    }
  }
  for (const command of program.commands) settle(command)
  return program
}

/** `giant help import` is `giant import --help`. Throws CommandFailed for a command that there is not. */
function asked(words: string[]): string[] {
  const [first, ...rest] = words
  if (first !== "help" || rest.length === 0) return words
  if (commandIn(rest) !== undefined) return [...rest, "--help"]
  throw new CommandFailed("usage", `giant has no command ${plainText(rest.join(" "))}.`, "giant --help lists them.")
}

/** Whatever a command does not take is a mistake: a command below it that there is not, most often. One that is described in a few words
 * says them in its own help too. */
function settle(command: Command): void {
  command.allowExcessArguments(false)
  if (command.description() === "") command.description(command.summary())
  for (const one of command.commands) settle(one)
}

/** What is wrong, and what to do, as every other error says it. */
function wronglyCalled(text: string, args: string[]): string {
  const said = text
    .trim()
    .replace(/^error: /, "")
    .replace(/^too many arguments for '(.*?)'.*/s, "too many words for giant $1.")
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}\ngiant ${commandIn(args) ?? ""} --help shows how it is called.\n`
}

/** A list that is empty where nothing is said needs no word. */
function optionDescription(option: Option): string {
  const { defaultValue, description } = option
  return defaultValue === "" || (Array.isArray(defaultValue) && defaultValue.length === 0)
    ? description
    : new Help().optionDescription(option)
}

/** Whether the help is asked for as an agent reads it. What stands behind `--` is no option. */
function isForAgent(args: string[]): boolean {
  const end = args.indexOf("--")
  return (end < 0 ? args : args.slice(0, end)).includes("--agent")
}

/** The command that the words of the arguments lead to. Throws CommandFailed where there is none. */
function commandNamed(program: Command, args: string[]): Command {
  let command = program
  for (const word of args.slice(Math.max(0, args.indexOf(commandIn(args) ?? "")))) {
    const next = command.commands.find((one) => one.name() === word)
    if (next) command = next
  }
  const [word] = args.filter((arg) => !arg.startsWith("-"))
  if (command === program && word !== undefined && args[0] === word) {
    throw new CommandFailed("usage", `giant has no command ${plainText(word)}.`, "giant --agent lists them.")
  }
  return command
}

/** The first word that is neither an option nor an option's value, if it names a command. */
function commandIn(args: string[]): string | undefined {
  const word = args.find((arg, at) => !arg.startsWith("-") && !/^--(home|model|web|budget)$/.test(args[at - 1] ?? ""))
  return word !== undefined && Object.values(groups).some((group) => Object.hasOwn(group, word)) ? word : undefined
}
