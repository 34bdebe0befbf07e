import type { Context } from "hono"
import type { ContentfulStatusCode } from "hono/utils/http-status"
import type { Store } from "../src/db/store.ts"
import { viewsInNavigation } from "../src/views/views.ts"
import type { Person } from "./access.ts"
import { type AgentsAtWork, readAgents } from "./agents.ts"
import { answer } from "./answer.ts"
import { type AskBar, askBar } from "./ask-bar.ts"
import type { Assets } from "./assets.ts"
import { csrfField } from "./deed.ts"
import { fieldName, initials, time } from "./elements.ts"
import { type Position, positionText } from "./events.ts"
import { type Html, html } from "./html.ts"
import { countQuestionsFor } from "./questions.ts"
import { untilChanged } from "./until-changed.ts"

/** What is known of a request before its page is read. */
export type PageEnv = {
  Variables: {
    position: Position
    /** Who looks. */
    person: Person
    /** What shows that a page of this viewer sends something. */
    csrf: string
    /** Whether there is a session that can be ended. */
    isSignedIn: boolean
  }
}
/** Answers with a whole page. */
export type Frame = (
  c: Context<PageEnv>,
  page: { title: string; at: string | null; ask?: AskBar },
  content: Html,
  status?: ContentfulStatusCode,
) => Promise<Response>

/** The pages that lead to all others. */
const places = [
  { path: "/", name: "Leads" },
  { path: "/companies", name: "Companies" },
  { path: "/drafts", name: "Drafts" },
  { path: "/ask", name: "Ask" },
  { path: "/runs", name: "Runs" },
  { path: "/stats", name: "Stats" },
  { path: "/views", name: "Views" },
] as const
/** How things came to be. */
const records = [
  { path: "/duplicates", name: "Duplicates" },
  { path: "/tasks", name: "Tasks" },
  { path: "/facts", name: "Facts" },
  { path: "/evidence", name: "Evidence" },
  { path: "/changes", name: "Changes" },
  { path: "/memory", name: "Memory" },
  { path: "/recipes", name: "Recipes" },
] as const

/** What stands around every page and is read for it. */
type Around = { views: { id: number; title: string }[]; waiting: number; agents: AgentsAtWork }

/** What stands around every page. */
export function pageFrame(store: Store, assets: Assets, canAsk = false): Frame {
  const kept = untilChanged<Around>(store)
  return async (c, { title, at, ask }, content, status = 200) => {
    const person = c.get("person")
    const { views, waiting, agents } = await kept(`${person.role} ${person.actor}`, () => readAround(store, person))
    return answer(
      c,
      "html",
      html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="csrf" content="${c.get("csrf")}">
<title>${title} · Small Giant</title>
<link rel="icon" href="${assets.path("mark.svg")}" type="image/svg+xml">
<link rel="stylesheet" href="${assets.path("viewer.css")}">
<script type="module" src="${assets.path("viewer.js")}"></script>
</head>
<body data-position="${positionText(c.get("position"))}">
<a class="skip" href="#content">Skip to the content</a>
<header class="top">
  <a class="brand" href="/"><img src="${assets.path("mark.svg")}" alt="" width="22" height="22">Small Giant</a>
  <nav aria-label="Pages">${places.map((place) => placeLink(place, at))}${moreMenu(at, views)}</nav>
  ${waitingLink(waiting)}${agentStrip(agents)}${whoMenu(c)}
</header>
<main id="content" tabindex="-1">${content}</main>
${canAsk ? askBar(c, ask) : ""}
<dialog id="help" aria-labelledby="help-title">
  <h2 id="help-title">Keys</h2>
  <dl>
    <div><dt><kbd>/</kbd></dt><dd>search</dd></div>
    <div><dt><kbd>&uarr;</kbd> <kbd>&darr;</kbd></dt><dd>move through the rows</dd></div>
    <div><dt><kbd>&larr;</kbd> <kbd>&rarr;</kbd></dt><dd>move through the cells of a row</dd></div>
    <div><dt><kbd>Enter</kbd></dt><dd>open the lead beside the table</dd></div>
    <div><dt><kbd>c</kbd></dt><dd>copy the cell</dd></div>
    <div><dt><kbd>x</kbd></dt><dd>mark the row</dd></div>
    <div><dt><kbd>C</kbd></dt><dd>copy the marked rows</dd></div>
    <div><dt><kbd>Alt</kbd> <kbd>&larr;</kbd> <kbd>&rarr;</kbd></dt><dd>on a head: move the column; with <kbd>Shift</kbd>, make it wider or narrower</dd></div>
    <div><dt><kbd>Esc</kbd></dt><dd>close</dd></div>
    <div><dt><kbd>?</kbd></dt><dd>this help</dd></div>
  </dl>
  <form method="dialog"><button>Close</button></form>
</dialog>
<div id="toast" role="status" aria-live="polite"></div>
</body>
</html>`.text,
      status,
    )
  }
}

async function readAround(store: Store, person: Person): Promise<Around> {
  return {
    views: await viewsInNavigation(store),
    waiting: await countQuestionsFor(store, person),
    agents: await readAgents(store),
  }
}

/** What agents may not do without this person's yes. */
function waitingLink(number: number): Html {
  if (number === 0) return html``
  return html`<a class="waits" href="/questions">${number} ${number === 1 ? "waits" : "wait"} for you</a>`
}

function placeLink({ path, name }: { path: string; name: string }, at: string | null): Html {
  return html`<a href="${path}"${at === path ? html` aria-current="page"` : ""}>${name}</a>`
}

function moreMenu(at: string | null, views: { id: number; title: string }[]): Html {
  const shared = views.map(({ id, title }) => ({ path: `/views/${id}`, name: title }))
  const here = records.find(({ path }) => path === at)
  return html`<button type="button" class="more" popovertarget="more"${here ? html` data-here` : ""}>${here?.name ?? "More"} <span aria-hidden="true">&#9662;</span></button>
<div id="more" class="drop" popover>${[...shared, ...records].map((place) => placeLink(place, at))}</div>`
}

/** Who is signed in, with the way out. At this machine nobody signs in. */
function whoMenu(c: Context<PageEnv>): Html {
  const { name, role } = c.get("person")
  if (!c.get("isSignedIn")) return html``
  return html`<button type="button" class="me" popovertarget="me">${initials(name)}<span class="unseen">Signed in as ${name}</span></button>
<div id="me" class="drop" popover><p><b>${name}</b><br><span class="quiet">${role}</span></p>
<form method="post" action="/do/sign-out">${csrfField(c)}<button class="leave">Sign out</button></form></div>`
}

function agentStrip({ running, open, learned }: AgentsAtWork): Html {
  return html`<a class="agents" id="agents" href="/runs" data-running="${running}">
    <span class="pulse" aria-hidden="true"></span>
    <span data-agents="running">${sayRunning(running, open)}</span>
    <span class="learned" data-agents="learned">${learned ? html`${learned.lead}: ${fieldName(learned.field).toLowerCase()} ${time(learned.at)}` : ""}</span>
  </a>`
}

function sayRunning(running: number, open: number): string {
  if (running > 0) return `${running} ${running === 1 ? "agent" : "agents"} at work`
  return open > 0 ? `${open} in the queue` : "All quiet"
}
