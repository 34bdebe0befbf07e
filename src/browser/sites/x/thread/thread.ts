import type { ThreadHooks } from "../../thread.ts"

/** X's conversation with one account: the other's messages stand beside their picture, our own beside none. Not seen in a real page. */
export const xThread: ThreadHooks = {
  message: '[data-testid="messageEntry"]',
  text: '[data-testid="tweetText"]',
  author: null,
  theirs: '[data-testid^="UserAvatar-Container-"]',
  id: null,
}
