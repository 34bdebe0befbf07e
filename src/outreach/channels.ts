import type { Draft } from "../db/tables.ts"
import type { IdentityKind } from "../leads/identity.ts"

export type Channel = Draft["channel"]

type ChannelRule = {
  /** As people read it. */
  title: string
  /** What of a lead a message is addressed to. */
  identity: IdentityKind & ("linkedin" | "x" | "email")
  /** Nothing longer is ever sent. In UTF-16 units, as the sites' own counters count. */
  longest: number
  /** What fits without a paid account, where that is less. */
  usual: number
  /** Null where the channel has no subject. */
  longestSubject: number | null
}

/** What each channel carries. */
export const channelRules: Record<Channel, ChannelRule> = {
  // 300 characters with Premium and 200 without. LinkedIn Help, "Personalize your invitations to connect", November 2026.
  "linkedin-note": { title: "LinkedIn note", identity: "linkedin", longest: 300, usual: 200, longestSubject: null },
  // LinkedIn Help, "Send messages to your network", November 2026.
  "linkedin-message": {
    title: "LinkedIn message",
    identity: "linkedin",
    longest: 8_000,
    usual: 8_000,
    longestSubject: null,
  },
  // X Help, "About Direct Messages", November 2026.
  "x-message": { title: "X message", identity: "x", longest: 10_000, usual: 10_000, longestSubject: null },
  // Our own: longer mail is not read. RFC 5322 would let a header line have 998 bytes, of which a character may take four.
  email: { title: "Email", identity: "email", longest: 50_000, usual: 50_000, longestSubject: 200 },
}

/** Why a channel does not carry these words; null if it does. */
export function whyNotCarried(channel: Channel, words: { subject: string | null; body: string }): string | null {
  const { title, longest, longestSubject } = channelRules[channel]
  const { subject, body } = words
  if (body === "") return "The message is empty."
  if (body.length > longest) return `${title}: at most ${longest} characters, and these are ${body.length}.`
  if (longestSubject === null) return subject === null ? null : `${title}: it has no subject.`
  if (subject === null || subject === "") return "An email needs a subject."
  if (/\n/.test(subject)) return "A subject is one line."
  return subject.length > longestSubject ? `A subject has at most ${longestSubject} characters.` : null
}

/** What a person should know of these words before they say yes. */
export function remarksOn(channel: Channel, { subject, body }: { subject: string | null; body: string }): string[] {
  const { title, usual } = channelRules[channel]
  const remarks = body.length > usual ? [`${title}: more than ${usual} characters need a Premium account.`] : []
  const placeholder = /\{\{?\s*\w[\w .-]*\}?\}|\[(?:first|last|full|company|your|my)[ _-]?\w*\]/i.exec(
    `${subject ?? ""}\n${body}`,
  )
  return placeholder ? [...remarks, `${placeholder[0]} looks like a placeholder that was never filled.`] : remarks
}
