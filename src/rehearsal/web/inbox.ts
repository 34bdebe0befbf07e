/** A message as its recipient within the replica has it. `to` is the LinkedIn slug, the X handle in lower case, or the address. */
export type Arrived = {
  channel: "linkedin-message" | "linkedin-note" | "x-message" | "email"
  to: string
  subject: string | null
  body: string
}

/** What arrived at the replica's invented people, the oldest first. */
export type Inbox = {
  put(message: Arrived): void
  all(): readonly Arrived[]
  /** What one of them got on a channel. */
  of(channel: Arrived["channel"], to: string): readonly Arrived[]
}

export function openInbox(): Inbox {
  const messages: Arrived[] = []
  return {
    put: (message) => messages.push(message),
    all: () => [...messages],
    of: (channel, to) => messages.filter((one) => one.channel === channel && one.to === to),
  }
}
