import type { Command } from "commander"
import { finishReminder, openReminders, snoozeReminder } from "../leads/reminders.ts"
import { type Home, type HomeOptions, withHomeToLookAt } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { tableText } from "./table.ts"

type ListOptions = HomeOptions & { all?: boolean; everybody?: boolean }

export function remindersCommand(program: Command, io: Io): void {
  const reminders = program
    .command("reminders")
    .summary("what you have to do about leads, the longest overdue first")
    .description("Lists your reminders that are due. done and snooze take one by its number.")
    .option("--all", "also those that are due later")
    .option("--everybody", "also those of others")
    .action((_options: unknown, command: Command) => list(io, command))
  reminders
    .command("list")
    .summary("list those that are due")
    .action((_options: unknown, command: Command) => list(io, command))
  reminders
    .command("done")
    .summary("it is done")
    .argument("<number>", "the reminder's number")
    .action((number: string, _options: unknown, command: Command) =>
      settle(io, command, number, "Done.", ({ store, person }, id) =>
        finishReminder(store, { actor: person, kind: "edit" }, id, io.clock()),
      ),
    )
  reminders
    .command("snooze")
    .summary("remind me later")
    .argument("<number>", "the reminder's number")
    .argument("[days]", "in how many days", "1")
    .action((number: string, days: string, _options: unknown, command: Command) => {
      const later = Number(days) * 24 * 3_600_000
      if (!(later > 0)) throw new CommandFailed("usage", `${days} is no number of days.`, "Write 1, or 0.5.")
      const until = new Date(io.clock().getTime() + later)
      return settle(io, command, number, `Put off to ${until.toISOString()}.`, ({ store, person }, id) =>
        snoozeReminder(store, { actor: person, kind: "edit" }, id, until),
      )
    })
}

async function list(io: Io, command: Command): Promise<void> {
  const options = command.optsWithGlobals<ListOptions>()
  await withHomeToLookAt(io, options, async ({ store, person }) => {
    const found = await openReminders(store, {
      person: options.everybody ? null : person,
      until: options.all ? null : io.clock(),
    })
    if (options.json) return printJson(io, { reminders: found })
    if (found.length === 0) return io.out("Nothing is due.\n")
    const cells = found.map(({ id, dueAt, lead, leadId, text, person }) => ({
      number: id,
      due: dueAt.slice(0, 16).replace("T", " "),
      lead: `${lead ?? "(no name)"} (${leadId})`,
      what: text,
      ...(options.everybody ? { who: person } : {}),
    }))
    io.out(`${tableText(cells, { width: io.width, colour: io.isTerminal })}\n`)
    io.out("giant reminders done NUMBER, or snooze NUMBER [DAYS].\n")
  })
}

async function settle(
  io: Io,
  command: Command,
  number: string,
  words: string,
  change: (home: Home, id: number) => Promise<boolean>,
): Promise<void> {
  const options = command.optsWithGlobals<HomeOptions>()
  await withHomeToLookAt(io, options, async (home) => {
    if (!(await change(home, Number(number))))
      throw new CommandFailed("not_found", `No open reminder has the number ${number}.`, "giant reminders lists them.")
    if (options.json) return printJson(io, { number: Number(number) })
    io.out(`${words}\n`)
  })
}
