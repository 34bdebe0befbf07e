import type { Context } from "hono"
import { html } from "hono/html"
import type { ContentfulStatusCode } from "hono/utils/http-status"
import type { Store } from "../src/db/store.ts"
import { type AgentsAtWork, readAgents } from "./agents.ts"
import type { Assets } from "./assets.ts"
import { fieldName, time } from "./elements.ts"
import { type Position, positionText } from "./events.ts"

export type Html = ReturnType<typeof html>
/** What is known of a request before its page is read. */
export type PageEnv = { Variables: { position: Position } }
/** Answers with a whole page. */
export type Frame = (
  c: Context<PageEnv>,
  page: { title: string; at: string | null },
  content: Html,
  status?: ContentfulStatusCode,
) => Promise<Response>

/** The pages that lead to all others. The later ones say how things came to be. */
const places = [
  { path: "/", name: "Leads" },
  { path: "/companies", name: "Companies" },
  { path: "/tasks", name: "Tasks" },
  { path: "/runs", name: "Runs" },
  { path: "/stats", name: "Stats" },
  { path: "/facts", name: "Facts" },
  { path: "/evidence", name: "Evidence" },
  { path: "/changes", name: "Changes" },
] as const

/** What stands around every page. */
export function pageFrame(store: Store, assets: Assets): Frame {
  return async (c, { title, at }, content, status = 200) =>
    c.html(
      html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Small Giant</title>
<link rel="icon" href="${assets.path("mark.svg")}" type="image/svg+xml">
${["page.css", "table.css", "record.css", "stats.css"].map((name) => html`<link rel="stylesheet" href="${assets.path(name)}">`)}
<script type="module" src="${assets.path("viewer.js")}"></script>
</head>
<body data-position="${positionText(c.var.position)}">
<a class="skip" href="#content">Skip to the content</a>
<header class="top">
  <a class="brand" href="/"><img src="${assets.path("mark.svg")}" alt="" width="22" height="22">Small Giant</a>
  <nav aria-label="Pages">${places.map(
    ({ path, name }) => html`<a href="${path}"${at === path ? html` aria-current="page"` : ""}>${name}</a>`,
  )}</nav>
  ${agentStrip(await readAgents(store))}
</header>
<main id="content" tabindex="-1">${content}</main>
<dialog id="help" aria-labelledby="help-title">
  <h2 id="help-title">Keys</h2>
  <dl>
    <div><dt><kbd>/</kbd></dt><dd>search</dd></div>
    <div><dt><kbd>↑</kbd> <kbd>↓</kbd></dt><dd>move through the rows</dd></div>
    <div><dt><kbd>←</kbd> <kbd>→</kbd></dt><dd>move through the cells of a row</dd></div>
    <div><dt><kbd>Enter</kbd></dt><dd>open the lead beside the table</dd></div>
    <div><dt><kbd>c</kbd></dt><dd>copy the cell</dd></div>
    <div><dt><kbd>x</kbd></dt><dd>mark the row</dd></div>
    <div><dt><kbd>C</kbd></dt><dd>copy the marked rows</dd></div>
    <div><dt><kbd>Alt</kbd> <kbd>←</kbd> <kbd>→</kbd></dt><dd>on a head: move the column; with <kbd>Shift</kbd>, make it wider or narrower</dd></div>
    <div><dt><kbd>Esc</kbd></dt><dd>close</dd></div>
    <div><dt><kbd>?</kbd></dt><dd>this help</dd></div>
  </dl>
  <form method="dialog"><button>Close</button></form>
</dialog>
<div id="toast" role="status" aria-live="polite"></div>
</body>
</html>`,
      status,
    )
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
