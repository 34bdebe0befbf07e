import { Hono } from "hono"
import { streamSSE } from "hono/streaming"
import type { Desk } from "../../src/conversation/desk.ts"
import { type Conversation, conversationsOf, conversationWith } from "../../src/conversation/history.ts"
import { readTurns } from "../../src/conversation/reading.ts"
import type { Store } from "../../src/db/store.ts"
import { time } from "../elements.ts"
import { NotFound } from "../errors.ts"
import { type Html, html } from "../html.ts"
import type { Frame, PageEnv } from "../layout.ts"
import { turnItem } from "../turn.ts"

const remembered = 30

/** Where people ask: their conversations, which nobody else sees, and each of them as it goes on. */
export function askRoutes(store: Store, frame: Frame, desk: Desk | undefined): Hono<PageEnv> {
  const app = new Hono<PageEnv>()

  app.get("/ask", async (c) => {
    const conversations = await conversationsOf(store, c.get("person").actor, remembered)
    const words = c.req.query("q")?.slice(0, 20_000) ?? ""
    const content = html`<article class="conversation" id="asking"><header><h1>Ask</h1>${await whoAnswers(desk)}</header>
<section aria-labelledby="examples"><h2 id="examples">For example</h2><ul class="examples">${examples.map(
      (example) => html`<li><a data-ask href="/ask?q=${encodeURIComponent(example)}">${example}</a></li>`,
    )}</ul></section>
${historyList(conversations)}</article>`
    return frame(c, { title: "Ask", at: "/ask", ask: { words } }, content)
  })

  app.get("/ask.json", async (c) => {
    const conversations = await conversationsOf(store, c.get("person").actor, remembered)
    return c.json({ conversations: conversations.map(({ id, turns }) => ({ id, turns })) })
  })

  app.get("/ask/:run{[0-9]+}", async (c) => {
    const conversation = await own(c.get("person").actor, c.req.param("run"))
    const run = Number(c.req.param("run"))
    if (conversation.id !== run) return c.redirect(`/ask/${conversation.id}#run-${run}`)
    const turns = await readTurns(store, conversation)
    const isAtWork = turns.some(({ run }) => run.endedAt === null)
    const first = conversation.turns[0]?.prompt ?? ""
    const content = html`<article class="conversation" id="conversation" data-conversation="${conversation.id}">
<header><p class="crumb"><a href="/ask">All conversations</a></p><h1>${titleOf(first)}</h1>${await whoAnswers(desk)}</header>
<ol class="turns" id="turns" aria-live="off">${turns.map((turn) => turnItem(c, turn, desk?.isAtWork(turn.run.id) ?? false))}</ol>
${isAtWork ? html`<noscript><meta http-equiv="refresh" content="2"></noscript>` : ""}</article>`
    return frame(c, { title: titleOf(first), at: "/ask", ask: { after: conversation.id } }, content)
  })

  app.get("/ask/:file{[0-9]+\\.json}", async (c) => {
    const conversation = await own(c.get("person").actor, c.req.param("file").replace(".json", ""))
    return c.json({ id: conversation.id, turns: await readTurns(store, conversation) })
  })

  app.get("/ask/:run{[0-9]+}/events", async (c) => {
    const run = Number(c.req.param("run"))
    await own(c.get("person").actor, c.req.param("run"))
    const from = Number(c.req.header("last-event-id")) || 0
    return streamSSE(c, async (stream) => {
      const control = new AbortController()
      stream.onAbort(() => control.abort())
      if (!desk) return stream.writeSSE({ event: "ended", data: "" })
      for await (const { at, heard } of desk.hear(run, from, control.signal)) {
        const { kind, ...said } = heard
        await stream.writeSSE({ event: kind, id: String(at), data: "text" in said ? JSON.stringify(said.text) : "" })
      }
    })
  })

  async function own(person: string, run: string): Promise<Conversation> {
    const conversation = await conversationWith(store, person, Number(run))
    if (!conversation) throw new NotFound("There is no such conversation of yours.")
    return conversation
  }

  return app
}

const examples = [
  "Show me the latest leads",
  "How many leads are there?",
  "Leads without an email",
  "Make me a page to review the drafts",
]

/** Who would answer here, so that nobody takes a script for a mind. */
async function whoAnswers(desk: Desk | undefined): Promise<Html> {
  const answering = await desk?.answering()
  if (!answering)
    return html`<p class="quiet">Nobody answers here: giant start and giant viewer have agents to ask.</p>`
  if (answering.kind === "model") return html`<p class="quiet">${answering.name} answers.</p>`
  if (answering.kind === "nobody") return html`<p class="notice">${answering.reason} ${answering.hint}</p>`
  return html`<p class="quiet" data-scripted>The rehearsal model answers: a script, not a language model.</p>`
}

function historyList(conversations: Conversation[]): Html {
  if (conversations.length === 0) return html``
  return html`<section aria-labelledby="earlier"><h2 id="earlier">Your conversations</h2><ul class="earlier">${conversations.map(
    ({ id, turns }) => {
      const last = turns.at(-1)
      return html`<li><a href="/ask/${id}">${titleOf(turns[0]?.prompt ?? "")}</a> <span class="quiet">${turns.length === 1 ? "1 question" : `${turns.length} questions`}${last ? html` · ${time(last.startedAt)}` : ""}${last?.endedAt === null ? " · at work" : ""}</span></li>`
    },
  )}</ul></section>`
}

function titleOf(prompt: string): string {
  const line = prompt.replace(/\s+/g, " ").trim()
  return line.length > 90 ? `${line.slice(0, 89)}…` : line || "Conversation"
}
