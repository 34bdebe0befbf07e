import { expect, test } from "vitest"
import { linkedinThread } from "../../../src/browser/sites/linkedin/thread/thread.ts"
import { readMessages } from "../../../src/browser/sites/thread.ts"
import { xThread } from "../../../src/browser/sites/x/thread/thread.ts"

const event = (inner: string, kind = "") =>
  `<li class="msg-s-message-list__event"><div class="msg-s-event-listitem ${kind}">${inner}</div></li>`
const head = (slug: string) => `<a class="msg-s-message-group__profile-link" href="/in/${slug}/">Name</a>`
const body = (text: string) => `<p class="msg-s-event-listitem__body">${text}</p>`
const isInes = (href: string) => href === "/in/ines/"

test("a group's messages are its first one's writer's, and what is written in a message is only its text", () => {
  const html = [
    event(head("ada") + body("Hello<br><br>Ines &lt;3")),
    event(
      `${head("ines")}${body('Hi <img alt="👋"> there')}<time datetime="2026-11-03T15:00:00Z"></time>`,
      'msg-s-event-listitem--other" data-event-urn="urn:li:msg:1',
    ),
    event(body("And more"), "msg-s-event-listitem--other"),
    event("<time>Today</time>"),
  ].join("")
  expect(readMessages(html, linkedinThread, isInes)).toEqual({
    kind: "found",
    messages: [
      { from: "us", text: "Hello\nInes <3", id: null, at: null },
      { from: "them", text: "Hi 👋 there", id: "urn:li:msg:1", at: "2026-11-03T15:00:00.000Z" },
      { from: "them", text: "And more", id: null, at: null },
    ],
  })
})

test.each([
  ["nobody is named", event(body("Hello"))],
  ["the mark and the link disagree", event(head("ines") + body("Hello"))],
  ["somebody else writes there", event(head("eve") + body("Hello"), "msg-s-event-listitem--other")],
])("where %s, nothing of a conversation is believed", (_, html) => {
  expect(readMessages(html, linkedinThread, isInes)).toMatchObject({ kind: "drift" })
})

test("on X the other's messages stand beside their picture", () => {
  const entry = (text: string, picture = "") =>
    `<div data-testid="messageEntry">${picture}<div data-testid="tweetText">${text}</div></div>`
  const html = entry("Robots?") + entry("Always.", '<div data-testid="UserAvatar-Container-ines"></div>')
  expect(readMessages(html, xThread, () => true)).toMatchObject({
    messages: [
      { from: "us", text: "Robots?" },
      { from: "them", text: "Always." },
    ],
  })
})
