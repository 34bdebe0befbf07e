import type { Command } from "commander"
import { channels, draftStates } from "../db/tables/outreach.ts"
import { approveDraft, withdrawApproval } from "../outreach/approve.ts"
import { channelRules } from "../outreach/channels.ts"
import { rejectDraft, reopenDraft, reviseDraft, snoozeDraft } from "../outreach/draft.ts"
import { countDrafts, findDrafts } from "../outreach/find.ts"
import { aboutDraft, draftedOrRefused, draftNumber, readDraft } from "./about-draft.ts"
import { confirm } from "./confirm.ts"
import { draftText } from "./draft-text.ts"
import { sendingCommands } from "./drafts-sending.ts"
import { editText } from "./editor.ts"
import { type Home, type HomeOptions, withHomeToLookAt } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { numberOption } from "./number-option.ts"
import { decidingOf } from "./outreach.ts"
import { tableText } from "./table.ts"
import { count } from "./wording.ts"
import type { WorldOptions } from "./world.ts"

type Options = WorldOptions & { state?: string; channel?: string }

export function draftsCommand(program: Command, io: Io): void {
  const drafts = program
    .command("drafts")
    .summary("messages that wait for you: look, approve, send")
    .description(
      "Messages that agents propose. Nothing leaves before a person has approved exactly that text to exactly that recipient, at a terminal or signed in at the viewer (/drafts/review).",
    )
    .option("--state <state>", `only these: ${draftStates.join(", ")}`)
    .option("--channel <channel>", `only these: ${channels.join(", ")}`)
    .action((_options: unknown, command: Command) => list(io, command.optsWithGlobals<Options>()))
  drafts
    .command("list")
    .summary("the same as giant drafts")
    .description("Lists drafts, the newest first.")
    .action((_options: unknown, command: Command) => list(io, command.optsWithGlobals<Options>()))

  aboutDraft<HomeOptions>(drafts, io, {
    name: "show",
    summary: "one draft with what its claims rest on",
    description: "Shows exactly what would be sent, to whom and from where, and what each claim rests on.",
    work: async (home, id, { json }) => {
      const reviewed = await readDraft(io, home, id)
      if (json) return printJson(io, reviewed)
      io.out(`${draftText(reviewed)}\n`)
    },
  })
  aboutDraft<HomeOptions & { body?: string; subject?: string; to?: string }>(drafts, io, {
    name: "edit",
    summary: "change what a draft says",
    description:
      "Changes a draft. At a terminal, and without an option, its text opens in your editor (EDITOR). An approval that it had is void.",
    work: async (home, id, { body: given, subject, to, json }) => {
      const author = { actor: home.person, kind: "draft" }
      const isSaid = given !== undefined || subject !== undefined || to !== undefined
      const body = isSaid ? given : await editText(io, (await readDraft(io, home, id)).draft.body)
      const changed = draftedOrRefused(await reviseDraft(home.store, author, id, { body, subject, to }, io.clock()))
      if (json) return printJson(io, { draft: changed.id, state: changed.state })
      io.out(`${draftText(await readDraft(io, home, id))}\n`)
    },
  })
    .option("--body <text>", "the whole new text")
    .option("--subject <text>", "the new subject of an email")
    .option("--to <address>", "another address of the same lead")
  drafts
    .command("approve")
    .summary("say yes to exactly this text to exactly this recipient")
    .description(
      "Shows each draft as it would be sent, and asks for a typed yes. Only a person at a terminal can give it; no option stands in for one. A yes holds for seven days and for one sending.",
    )
    .argument("<ids...>", "the drafts' numbers")
    .action(async (ids: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions>()
      await withHomeToLookAt(io, options, (home) => approve(io, home, ids, options.json ?? false))
    })
  aboutDraft<HomeOptions & { reason: string }>(drafts, io, {
    name: "reject",
    summary: "turn a draft down, with a reason that the writer may learn from",
    description: "Turns a draft down. The reason is proposed to the agents' memory; a person accepts it there.",
    work: async (home, id, { reason }) => {
      const author = { actor: home.person, kind: "draft" }
      draftedOrRefused(await rejectDraft(home.store, author, id, reason, io.clock()))
      io.out(`Draft ${id} is rejected.${reason ? " Its reason waits in giant memory for a yes." : ""}\n`)
    },
  }).option("--reason <words>", "why", "")
  aboutDraft<HomeOptions>(drafts, io, {
    name: "reopen",
    summary: "open a rejected draft, or one put off, again",
    description: "It waits again.",
    work: async (home, id) => {
      draftedOrRefused(await reopenDraft(home.store, { actor: home.person, kind: "draft" }, id, io.clock()))
      io.out(`Draft ${id} waits again.\n`)
    },
  })
  aboutDraft<HomeOptions & { days: string }>(drafts, io, {
    name: "snooze",
    summary: "put a draft off",
    description: "Keeps a draft out of the review for some days.",
    work: async (home, id, { days }) => {
      const until = new Date(io.clock().getTime() + numberOption(days, "--days", 1, 365) * day)
      draftedOrRefused(await snoozeDraft(home.store, { actor: home.person, kind: "draft" }, id, until, io.clock()))
      io.out(`Draft ${id} comes back on ${until.toISOString().slice(0, 10)}.\n`)
    },
  }).option("--days <n>", "for how many days", "1")
  aboutDraft<HomeOptions>(drafts, io, {
    name: "withdraw",
    summary: "take an approval back",
    description: "Takes back an approval that was not used yet.",
    work: async (home, id) => {
      const author = { actor: home.person, kind: "approve" }
      const was = await withdrawApproval(home.store, author, id, io.clock())
      io.out(was ? `Draft ${id} is approved no more.\n` : `Draft ${id} had no open approval.\n`)
    },
  })
  sendingCommands(drafts, io)
}

const day = 24 * 3_600_000

async function list(io: Io, options: Options): Promise<void> {
  const state = draftStates.find((one) => one === options.state)
  const channel = channels.find((one) => one === options.channel)
  if (options.state !== undefined && !state) throw usage(`--state takes ${draftStates.join(", ")}.`)
  if (options.channel !== undefined && !channel) throw usage(`--channel takes ${channels.join(", ")}.`)
  await withHomeToLookAt(io, options, async ({ store }) => {
    const found = await findDrafts(store, { state, channel })
    if (options.json) return printJson(io, { drafts: found.map(({ draft, lead }) => ({ ...draft, lead })) })
    if (found.length === 0)
      return io.out('No drafts. Ask for some: giant ask "draft first messages to the newest leads"\n')
    const rows = found.map(({ draft, lead }) => ({
      id: draft.id,
      lead: lead ?? `lead ${draft.leadId}`,
      channel: channelRules[draft.channel].title,
      state: draft.state,
      text: draft.subject ?? draft.body.split("\n")[0] ?? "",
    }))
    io.out(`${tableText(rows, { width: io.width, colour: io.isTerminal })}\n`)
    const { waiting, approved, unknown } = await countDrafts(store, io.clock())
    io.out(`${count(waiting, "draft")} for you to decide on, ${approved} approved.\n`)
    if (unknown > 0) io.out(`Of ${count(unknown, "message")} nobody knows whether they arrived; look, and say so.\n`)
  })
}

async function approve(io: Io, home: Home, ids: string[], isJson: boolean): Promise<void> {
  const author = { actor: home.person, kind: "approve" }
  const approved: number[] = []
  for (const text of ids) {
    const reviewed = await readDraft(io, home, draftNumber(text))
    const { draft, seal, why } = reviewed
    if (why) throw new CommandFailed("not_approved", why, `giant drafts show ${draft.id}`)
    await confirm(io, `${draftText(reviewed)}\n`, `yes ${draft.id}`)
    const approving = await approveDraft(home.store, author, draft.id, seal, decidingOf(home), io.clock())
    if (approving.kind !== "approved") throw new CommandFailed("not_approved", approving.reason, "Look at it again.")
    approved.push(draft.id)
    if (!isJson) io.out(`Approved until ${approving.approval.expiresAt}. giant drafts send ${draft.id}\n`)
  }
  if (isJson) printJson(io, { approved })
}

function usage(message: string): CommandFailed {
  return new CommandFailed("usage", message, "giant drafts --help")
}
