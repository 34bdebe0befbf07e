import type { Author } from "../db/store.ts"
import type { Deciding } from "./approve.ts"
import type { Sent } from "./send.ts"
import type { Heard } from "./threads.ts"

/** What the pages where people decide about drafts need of the process that serves them. */
export type OutreachPort = {
  deciding: Deciding
  /** Sends approved drafts one after the other, and tells what became of each as it comes. A message that a person presses themselves
   * takes as long as they do. */
  send(author: Author, ids: readonly number[], onSent?: (id: number, sent: Sent) => void): Promise<Sent[]>
  /** Looks for replies in the conversations that messages sent since then began, and puts them on the timelines. A site may take what is
   * looked at for read. */
  hear(author: Author, since: Date, onHeard?: (heard: Heard) => void): Promise<Heard[]>
}
