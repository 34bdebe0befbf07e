import type { Author } from "../db/store.ts"
import type { Deciding } from "./approve.ts"
import type { Sent } from "./send.ts"

/** What the pages where people decide about drafts need of the process that serves them. */
export type OutreachPort = {
  deciding: Deciding
  /** Sends approved drafts one after the other, and tells what became of each as it comes. A message that a person presses themselves
   * takes as long as they do. */
  send(author: Author, ids: readonly number[], onSent?: (id: number, sent: Sent) => void): Promise<Sent[]>
}
