import type { Command } from "commander"
import { readSecrets } from "../config.ts"
import { noteBounce, noteMail, noteReply } from "../outreach/answers.ts"
import { draftIn } from "../outreach/draft.ts"
import { sendableDrafts } from "../outreach/find.ts"
import { readMailbox } from "../outreach/imap.ts"
import type { OutreachPort } from "../outreach/port.ts"
import { markAsSent, type Sent, settleUnknown } from "../outreach/send.ts"
import type { Heard } from "../outreach/threads.ts"
import { aboutDraft, draftNumber, readDraft, refusedIf } from "./about-draft.ts"
import { confirm } from "./confirm.ts"
import { draftText, draftWords } from "./draft-text.ts"
import { type Home, type HomeOptions, withHomeToLookAt } from "./home.ts"
import { openHost } from "./host.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { numberOption } from "./number-option.ts"
import { decidingOf, openOutreach } from "./outreach.ts"
import { plainText } from "./table.ts"
import { count } from "./wording.ts"
import { keepToOneWeb, type WorldOptions, wishedWorld } from "./world.ts"

/** What is done with approved drafts, and what comes back. */
export function sendingCommands(drafts: Command, io: Io): void {
  drafts
    .command("send")
    .summary("send what is approved")
    .description(
      "Sends approved drafts, or all of them: LinkedIn and X in a window in which you press Send, email over your server. It uses each approval up and makes none.",
    )
    .argument("[ids...]", "the drafts' numbers; left out, every approved one")
    .action(async (ids: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<WorldOptions>()
      await withHomeToLookAt(io, options, (home) => send(io, home, ids, options))
    })
  aboutDraft<HomeOptions>(drafts, io, {
    name: "copy",
    summary: "the text alone, to send it yourself",
    description: "Prints the approved text and nothing else. Once you have sent it: giant drafts sent ID.",
    work: async (home, id) => {
      const reviewed = await readDraft(io, home, id)
      if (!reviewed.approval)
        throw new CommandFailed("not_approved", `Draft ${id} is not approved.`, `giant drafts approve ${id}`)
      io.out(draftWords(reviewed))
    },
  })
  aboutDraft<HomeOptions>(drafts, io, {
    name: "sent",
    summary: "say that you sent it yourself, or that it did arrive",
    description: "Marks an approved draft as sent by hand, or settles one of which nobody knew. Needs a terminal.",
    work: (home, id) => sentByHand(io, home, id),
  })
  aboutDraft<HomeOptions>(drafts, io, {
    name: "not-sent",
    summary: "say that it did not arrive",
    description: "Settles a draft of which nobody knew whether it was sent. Needs a terminal.",
    work: async (home, id) => {
      await confirm(io, `You have looked, and draft ${id} did not arrive.`, "not sent")
      const author = { actor: home.person, kind: "send" }
      refusedIf(await settleUnknown(home.store, author, id, false, io.clock()))
      io.out(`Draft ${id} waits in the review again.\n`)
    },
  })
  aboutDraft<HomeOptions & { text: string }>(drafts, io, {
    name: "reply",
    summary: "put the answer to a draft on its lead's timeline",
    description: "Puts what the lead answered on the timeline; a lead that was contacted has then replied.",
    work: async (home, id, { text }) => {
      const { leadId } = await home.store.read((db) => draftIn(db, id))
      const author = { actor: home.person, kind: "reply" }
      await noteReply(home.store, author, leadId, { text, at: io.clock() }, io.clock())
      io.out(`The reply stands on the timeline of lead ${leadId}.\n`)
    },
  }).requiredOption("--text <words>", "what they answered")
  aboutDraft<HomeOptions & { reason: string }>(drafts, io, {
    name: "bounced",
    summary: "say that a message came back",
    description: "Notes that a message came back: it counts as not sent. Nobody is suppressed for it.",
    work: async (home, id, { reason }) => {
      const author = { actor: home.person, kind: "bounce" }
      refusedIf(await noteBounce(home.store, author, id, reason, io.clock()))
      io.out(`Draft ${id} came back, and is rejected.\n`)
    },
  }).option("--reason <words>", "what the mail server said", "said by hand")
  drafts
    .command("inbox")
    .summary("look for replies and bounces in your mailbox")
    .description(
      "Reads the mailbox of secrets.json (imap) and puts replies and bounces on the timelines; who unsubscribed is suppressed. Nothing in it is marked or moved.",
    )
    .option("--days <n>", "how far back", "14")
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions & { days: string }>()
      await withHomeToLookAt(io, options, (home) => inbox(io, home, options))
    })
  drafts
    .command("replies")
    .summary("look for replies in the conversations on LinkedIn and X")
    .description(
      "Opens the conversations that your messages began, one after the other at the account's pace, and puts new replies on the timelines, each once. The site may show them as read from then on.",
    )
    .option("--days <n>", "of messages sent in so many days", "30")
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<WorldOptions & { days: string }>()
      await withHomeToLookAt(io, options, (home) => replies(io, home, options))
    })
}

const day = 24 * 3_600_000

async function send(io: Io, home: Home, given: string[], options: WorldOptions): Promise<void> {
  const ids = given.length > 0 ? given.map((text) => draftNumber(text)) : await sendableDrafts(home.store, io.clock())
  if (ids.length === 0) throw new CommandFailed("nothing_to_send", "Nothing is approved.", "giant drafts approve ID")
  const sent = await withOutreach(io, home, options, (outreach) =>
    outreach.send({ actor: home.person, kind: "send" }, ids, (id, one) => {
      if (!options.json) io.out(`Draft ${id}: ${sentence(one)}\n`)
    }),
  )
  if (options.json) printJson(io, { sent: sent.map((one, at) => ({ draft: ids[at], ...one })) })
  if (sent.every(({ kind }) => kind !== "sent")) {
    throw new CommandFailed("not_sent", "Nothing was sent.", "giant drafts shows what waits, and why.")
  }
}

async function replies(io: Io, home: Home, options: WorldOptions & { days: string }): Promise<void> {
  const since = new Date(io.clock().getTime() - numberOption(options.days, "--days", 1, 365) * day)
  const heard = await withOutreach(io, home, options, (outreach) =>
    outreach.hear({ actor: home.person, kind: "reply" }, since, (one) => {
      if (!options.json) io.out(`${plainText(one.conversation.lead)}: ${heardSentence(one)}\n`)
    }),
  )
  if (options.json) {
    const asJson = ({ conversation: { leadId, lead, site, recipient }, ...came }: Heard) => {
      return { lead_id: leadId, lead, site, recipient, ...came }
    }
    return printJson(io, { conversations: heard.map(asJson) })
  }
  if (heard.length === 0) io.out("Nothing was sent on LinkedIn or X in that time.\n")
}

function heardSentence(heard: Heard): string {
  if (heard.kind !== "read") return `not looked at: ${plainText(heard.reason)}`
  return heard.replies === 0 ? "nothing new." : `${count(heard.replies, "new reply", "new replies")}.`
}

/** Opens what carries messages for as long as the work takes. */
async function withOutreach<T>(
  io: Io,
  home: Home,
  options: WorldOptions,
  work: (outreach: OutreachPort) => Promise<T>,
): Promise<T> {
  const world = wishedWorld(options, io.environment, home.settings)
  await keepToOneWeb(home.store, home.path, home.settings, world.web)
  const opened: { host: ReturnType<typeof openHost> | null } = { host: null }
  const host = () => {
    opened.host ??= openHost(io, home, world, { dayUsd: 0 })
    return opened.host
  }
  const onReady = () => io.err("The message stands in the window. Read it there, and press Send yourself.\n")
  try {
    return await work(openOutreach(io, home, host, onReady))
  } finally {
    await (await opened.host)?.close()
  }
}

function sentence(sent: Sent): string {
  switch (sent.kind) {
    case "sent":
      return "sent."
    case "not begun":
      return `not sent: ${plainText(sent.reason)}`
    case "unknown":
      return `nobody knows whether it arrived (${plainText(sent.reason)}). Look, then: giant drafts sent|not-sent.`
    default:
      return `${sent.kind}: ${plainText(sent.reason)} It waits in the review again.`
  }
}

async function sentByHand(io: Io, home: Home, id: number): Promise<void> {
  const reviewed = await readDraft(io, home, id)
  const author = { actor: home.person, kind: "send" }
  await confirm(io, `${draftText(reviewed)}\n\nYou have sent exactly this, or seen that it arrived.`, "sent")
  if (reviewed.sends.some(({ outcome }) => outcome === "unknown")) {
    refusedIf(await settleUnknown(home.store, author, id, true, io.clock()))
  } else {
    const sent = await markAsSent(home.store, author, id, decidingOf(home), io.clock)
    if (sent.kind === "not begun") throw new CommandFailed("not_approved", sent.reason, `giant drafts approve ${id}`)
  }
  io.out(`Draft ${id} is sent.\n`)
}

async function inbox(io: Io, home: Home, { days, json }: HomeOptions & { days: string }): Promise<void> {
  const { imap } = readSecrets(home.path)
  if (home.settings.web === "replica") {
    throw new CommandFailed("rehearsal", "A rehearsal has no mailbox.", "Put a reply in by hand: giant drafts reply ID")
  }
  if (!imap) {
    const hint = "Give secrets.json an imap entry with host, user and password."
    throw new CommandFailed("no_mailbox", "No mailbox is set up.", hint)
  }
  const since = new Date(io.clock().getTime() - numberOption(days, "--days", 1, 365) * day)
  const author = { actor: home.person, kind: "reply" }
  const noted = { replies: 0, automatic: 0, bounces: 0, unsubscribes: 0 }
  for (const mail of await readMailbox(imap, since)) {
    const one = await noteMail(home.store, author, mail, io.clock())
    if (one.kind === "reply") noted.replies += 1
    if (one.kind === "automatic") noted.automatic += 1
    if (one.kind === "bounce") noted.bounces += 1
    if (one.kind === "unsubscribe") noted.unsubscribes += 1
  }
  if (json) return printJson(io, noted)
  const counts = [
    count(noted.replies, "reply", "replies"),
    count(noted.automatic, "automatic answer"),
    count(noted.bounces, "bounce"),
  ]
  io.out(`New on the timelines: ${counts.join(", ")}.\n`)
  if (noted.unsubscribes > 0)
    io.out(
      `${count(noted.unsubscribes, "person", "people")} unsubscribed and will not be contacted from here any more.\n`,
    )
}
