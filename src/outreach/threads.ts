import { and, desc, eq, gte, inArray, isNotNull } from "drizzle-orm"
import type { Author, Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { foldText } from "../leads/normal-forms/text.ts"
import { noteReply } from "./answers.ts"
import { type Channel, channelRules } from "./channels.ts"
import { recipientWords } from "./recipients.ts"

/** A conversation that a message of ours began, on LinkedIn or X. */
type Conversation = {
  leadId: number
  lead: string
  site: "linkedin" | "x"
  account: string
  recipient: string
  /** What was sent in it from here. */
  sent: string[]
}

/** A message as it stands there; `id` is the site's own, `at` an ISO time, where the site says so. */
type ThreadMessage = { from: "them" | "us"; text: string; id: string | null; at: string | null }

/** blocked: the account cannot look now, and so not for others either. */
export type Looked =
  | { kind: "read"; url: string; title: string; messages: ThreadMessage[] }
  | { kind: "refused" | "blocked"; reason: string }

/** Opens conversations and says what stands there. */
export type ThreadReader = (conversation: Conversation, signal: AbortSignal) => Promise<Looked>

export type Heard = { conversation: Conversation } & (
  | { kind: "read"; replies: number }
  | { kind: "refused" | "blocked"; reason: string }
)

/** The conversations to look into for replies: what was sent since then by an account of the team, the newest first. */
export async function conversationsSince(store: Store, since: Date): Promise<Conversation[]> {
  const { sends, leads } = tables
  const channels: Channel[] = ["linkedin-message", "linkedin-note", "x-message"]
  const found = await store.read((db) =>
    db
      .select({ send: sends, lead: leads.name })
      .from(sends)
      .innerJoin(leads, eq(leads.id, sends.leadId))
      .where(
        and(
          eq(sends.outcome, "sent"),
          inArray(sends.channel, channels),
          isNotNull(sends.account),
          gte(sends.startedAt, since.toISOString()),
        ),
      )
      .orderBy(desc(sends.id)),
  )
  const conversations = new Map<string, Conversation>()
  for (const { send, lead } of found) {
    const { leadId, channel, account, recipient, body } = send
    const { identity } = channelRules[channel]
    if (account === null || identity === "email") continue
    const key = `${account} ${identity} ${recipient}`
    const known = conversations.get(key)
    if (known) known.sent.push(body)
    else {
      const name = lead || recipientWords(channel, recipient)
      conversations.set(key, { leadId, lead: name, site: identity, account, recipient, sent: [body] })
    }
  }
  return [...conversations.values()]
}

/** Looks into each conversation, at a person's wish, and puts new replies on the timelines, each once. An account that cannot look is not
 * asked again. */
export async function hearReplies(
  store: Store,
  author: Author,
  conversations: readonly Conversation[],
  read: ThreadReader,
  { clock, signal, onHeard }: { clock: () => Date; signal: AbortSignal; onHeard?: (heard: Heard) => void },
): Promise<Heard[]> {
  const heard: Heard[] = []
  const blocked = new Map<string, string>()
  for (const conversation of conversations) {
    const reason = signal.aborted ? "It was stopped." : blocked.get(conversation.account)
    const looked: Looked = reason === undefined ? await read(conversation, signal) : { kind: "blocked", reason }
    if (looked.kind === "blocked") blocked.set(conversation.account, looked.reason)
    const one: Heard =
      looked.kind === "read" ? await note(store, author, conversation, looked, clock()) : { ...looked, conversation }
    heard.push(one)
    onHeard?.(one)
  }
  return heard
}

/** By which a conversation is named, as its own address changes. */
const profiles = { linkedin: "https://www.linkedin.com/in/", x: "https://x.com/" }

type Read = Looked & { kind: "read" }

async function note(store: Store, author: Author, conversation: Conversation, looked: Read, now: Date): Promise<Heard> {
  const { leadId, site, account, recipient, sent } = conversation
  const ours = sent.map(foldText)
  const first = looked.messages.findIndex(({ from, text }) => from === "us" && ours.includes(foldText(text)))
  if (first < 0) return { conversation, kind: "refused", reason: "The conversation does not show what was sent." }
  let replies = 0
  const times = new Map<string, number>()
  for (const { from, text, id, at } of looked.messages.slice(first + 1)) {
    if (from === "us" || text === "") continue
    const nth = (times.get(text) ?? 0) + 1
    times.set(text, nth)
    // Where the site numbers nothing, the same words are another message the second time that they stand there.
    const which = id ?? `the ${nth}. of these words`
    const proof = {
      url: `${profiles[site]}${encodeURIComponent(recipient)}`,
      kind: `${site}.reply`,
      title: looked.title,
      text: `From: ${recipient}\nTo: ${account}\nMessage: ${which}\n\n${text}`,
      account,
    }
    const reply = { text, at: at === null ? now : new Date(at), proof }
    if (await noteReply(store, author, leadId, reply, now)) replies += 1
  }
  return { conversation, kind: "read", replies }
}
