import type { ThreadHooks } from "../../thread.ts"

/** LinkedIn's conversation, still drawn by Ember: messages of one writer stand in a group, whose first links to them. As tools know it;
 * not seen in a real page. */
export const linkedinThread: ThreadHooks = {
  message: ".msg-s-message-list__event",
  text: ".msg-s-event-listitem__body",
  author: 'a.msg-s-message-group__profile-link[href], .msg-s-message-group__meta a[href*="/in/"]',
  theirs: ".msg-s-event-listitem--other",
  id: "data-event-urn",
}
