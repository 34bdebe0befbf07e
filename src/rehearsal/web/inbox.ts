import { number } from "./seed.ts"

/** A message as its recipient within the replica has it. `to` is the LinkedIn slug, the X handle in lower case, or the address. */
type Arrived = {
  channel: "linkedin-message" | "linkedin-note" | "x-message" | "email"
  to: string
  subject: string | null
  body: string
}

/** A message of a conversation as both sides see it. */
export type Said = { from: "us" | "them"; body: string }

/** What arrived at the replica's invented people, the oldest first, and what they answered. */
export type Inbox = {
  put(message: Arrived): void
  /** What one of them writes back. */
  answer(channel: Arrived["channel"], to: string, body: string): void
  all(): readonly Arrived[]
  /** What one of them got on a channel. */
  of(channel: Arrived["channel"], to: string): readonly Arrived[]
  /** The conversation with one of them. */
  conversation(channel: Arrived["channel"], to: string): readonly Said[]
}

export function openInbox(): Inbox {
  const messages: (Arrived & Pick<Said, "from">)[] = []
  const of = (channel: Arrived["channel"], to: string) =>
    messages.filter((one) => one.channel === channel && one.to === to)
  const put: Inbox["put"] = (message) => {
    const isFirst = of(message.channel, message.to).length === 0
    messages.push({ ...message, from: "us" })
    const answer = isFirst ? answerOf(message) : null
    if (answer !== null) messages.push({ ...message, subject: null, body: answer, from: "them" })
  }
  const arrived = (those: typeof messages): Arrived[] =>
    those.filter(({ from }) => from === "us").map(({ from: _, ...message }) => message)
  return {
    put,
    answer: (channel, to, body) => messages.push({ channel, to, subject: null, body, from: "them" }),
    all: () => arrived(messages),
    of: (channel, to) => arrived(of(channel, to)),
    conversation: (channel, to) => of(channel, to).map(({ from, body }) => ({ from, body })),
  }
}

const answers = [
  "Thanks for writing. It is done by hand here too, on Fridays. What does yours cost?",
  "Interesting, but not this quarter. Ask me again in spring?",
  "How do you know that the values are right?",
]

/** Who of them answers, and what, is always the same; by mail nobody does. */
function answerOf({ channel, to }: Arrived): string | null {
  if (channel === "email" || channel === "linkedin-note") return null
  return number(`answers ${to}`, 3) === 0 ? (answers[number(`answer of ${to}`, answers.length)] ?? null) : null
}
