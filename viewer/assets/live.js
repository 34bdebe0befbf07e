import { isBusy, writeAgain, writtenIn } from "./busy.js"
import { celebrate } from "./celebrate.js"
import { drawCharts } from "./charts.js"
import { openedLead, refreshDrawer } from "./drawer.js"
import { showLater } from "./later.js"
import { fetchPart, flash, go, hasChanged, remember, showCounts, updateRow } from "./table.js"
import { showTimes } from "./times.js"

const listing = document.getElementById("listing")
const arrivedPill = document.getElementById("arrived")
/** At most one look for news in this many milliseconds, so that a busy hour does not flicker. */
const pause = 700
/** Counting everything is more work than bringing up a row. */
const statsPause = 2_000
const parser = new DOMParser()
const nothing = () => ({
  leads: new Set(),
  companies: new Set(),
  drafts: new Set(),
  added: 0,
  more: false,
  worked: new Set(),
})
const waiting = nothing()
let arrived = 0
/** How far this page has seen, as the server counts it. */
let seen = document.body.dataset.position
let timer = 0
let statsTimer = 0

/** Keeps what is shown up to date without moving what somebody reads. Hidden pages do not listen. */
export function followLive() {
  let source = null
  const listen = () => {
    if (document.hidden) {
      source?.close()
      source = null
    } else if (!source) source = openSource()
  }
  document.addEventListener("visibilitychange", listen)
  arrivedPill?.addEventListener("click", () => {
    const url = new URL(location.href)
    url.searchParams.delete("after")
    forgetArrived()
    go(url, { history: "push" }).then(() => scrollTo({ top: 0 }))
  })
  document.addEventListener("shown", forgetArrived)
  document.addEventListener("written", () => {
    waiting.worked.add("any")
    schedule()
  })
  for (const article of document.querySelectorAll("article[data-run], article.stats")) remember(article)
  listen()
}

function openSource() {
  const source = new EventSource(`/events?since=${seen}`)
  const listen = (name, hear) =>
    source.addEventListener(name, (event) => {
      seen = event.lastEventId
      hear(JSON.parse(event.data))
      schedule()
    })
  listen("changed", ({ leads, companies, drafts, added, more }) => {
    for (const [name, ids] of Object.entries({ leads, companies, drafts }))
      for (const id of ids) waiting[name].add(String(id))
    waiting.added += added
    waiting.more ||= more
  })
  listen("worked", ({ runs }) => {
    for (const id of runs) waiting.worked.add(String(id))
  })
  listen("agents", (agents) => {
    showAgents(agents)
    waiting.worked.add("any")
  })
  return source
}

function schedule() {
  if (!timer) timer = setTimeout(bringUpToDate, pause)
}

async function bringUpToDate() {
  // What is pressed is not replaced before it is let go: the click would be lost.
  if (document.documentElement.matches(":active")) {
    timer = setTimeout(bringUpToDate, pause)
    return
  }
  const news = { ...waiting }
  Object.assign(waiting, nothing())
  document.dispatchEvent(new CustomEvent("news"))
  if (news.leads.size > 0 || news.companies.size > 0 || news.drafts.size > 0 || news.more) await rowsChanged(news)
  if (news.worked.size > 0 || news.more) await runsChanged(news)
  if (!statsTimer && document.querySelector("article.stats")) statsTimer = setTimeout(statsChanged, statsPause)
  timer = 0
  const { leads, companies, drafts, more, worked } = waiting
  if (leads.size > 0 || companies.size > 0 || drafts.size > 0 || more || worked.size > 0) schedule()
}

async function rowsChanged(news) {
  const path = listing?.dataset.path
  if (path === "/") await tableChanged(news)
  else if (path === "/companies") await knownRowsChanged(news.companies, news)
  else if (path === "/drafts") await knownRowsChanged(news.drafts, news)
  else if (["/facts", "/changes"].includes(path)) await bringTableUp()
  if (news.more || news.leads.has(openedLead()) || news.drafts.size > 0) await refreshDrawer()
  const article = document.querySelector("article[data-lead]")
  if (article && (news.more || news.leads.has(article.dataset.lead) || news.drafts.size > 0)) await refreshRecord()
}

/** Brings the page of a lead up to date; unasked not while somebody reads why a value is there, or writes. */
export async function refreshRecord({ isAsked = false } = {}) {
  if (!isAsked && document.querySelector(".why:popover-open")) return
  const fresh = await fetchPage("article[data-lead]")
  const article = document.querySelector("article[data-lead]")
  if (!fresh || !article || (!isAsked && isBusy(article))) return
  const written = writtenIn(article)
  article.replaceChildren(...fresh.childNodes)
  writeAgain(article, written)
  showTimes(article)
  showLater(article)
}

async function tableChanged(news) {
  const table = listing.querySelector("table.rows")
  const rows = table ? [...table.tBodies[0].rows] : []
  const isShort = !table || (table.dataset.first === "true" && rows.length < Number(table.dataset.limit))
  if (table?.dataset.group !== undefined) {
    await go(location.href, { history: "keep" })
  } else if (isShort && (news.added > 0 || news.more)) {
    await mergeTable()
  } else {
    const visible = rows.filter((row) => news.more || news.leads.has(row.dataset.id))
    if (visible.length > 0) await updateRows(visible)
    arrived += news.added
    if (arrived > 0) showArrived()
  }
  if (news.added > 0 || news.more || news.leads.size > 0) showCounts()
}

/** New rows stand on the first page; on any page those that are shown already are brought up to date. */
async function knownRowsChanged(ids, news) {
  const rows = [...listing.querySelectorAll("table.rows tbody tr[data-id]")]
  const shown = rows.filter((row) => news.more || ids.has(row.dataset.id))
  const areAllShown = ids.size === shown.length
  if (!areAllShown || rows.length === 0) await bringTableUp()
  else if (shown.length > 0) await updateRows(shown)
  if (!areAllShown) showCounts()
}

/** Numbers that are the same stay untouched, and so does what somebody opened. */
async function statsChanged() {
  statsTimer = 0
  const fresh = await fetchPage("article.stats")
  const article = document.querySelector("article.stats")
  if (!fresh || !article) return
  const others = [...fresh.children]
  if (others.length !== article.children.length) return location.reload()
  for (const [at, section] of [...article.children].entries()) {
    const other = others[at]
    if (!hasChanged(section, other.innerHTML)) continue
    const open = [...section.querySelectorAll("details")].map((details) => details.open)
    remember(other)
    other.querySelectorAll("details").forEach((details, nth) => {
      details.open = open[nth] ?? false
    })
    section.replaceWith(other)
    showTimes(other)
  }
  celebrate()
  await drawCharts()
}

/** What is added to a log stands on its first page; who reads an older one is not disturbed. */
async function bringTableUp() {
  if (new URL(location.href).searchParams.has("after")) return
  if (listing.querySelector("table[data-group]")) await go(location.href, { history: "keep" })
  else await mergeTable()
  showCounts()
}

async function updateRows(rows) {
  const ids = rows.map((row) => row.dataset.id).join(",")
  const text = await fetchPart(location.href, "rows", { ids })
  if (text === null) return
  const fresh = parser.parseFromString(text, "text/html").querySelectorAll("tr")
  for (const row of rows) {
    const other = [...fresh].find((one) => one.dataset.id === row.dataset.id)
    if (other) updateRow(row, other)
    else row.remove()
  }
}

/** Puts the rows of a fresh table among those that are there. */
async function mergeTable() {
  const address = location.href
  const text = await fetchPart(address, "table")
  if (text === null || address !== location.href) return
  const fresh = parser.parseFromString(text, "text/html")
  const body = listing.querySelector("table.rows tbody")
  const rows = fresh.querySelectorAll("table.rows tbody tr")
  if (!body || rows.length === 0) {
    listing.innerHTML = text
    remember(listing)
    showTimes(listing)
    for (const cell of listing.querySelectorAll("tbody > tr > *")) flash(cell)
    return
  }
  const old = new Map([...body.rows].map((row) => [row.dataset.id, row]))
  let before = null
  for (const other of rows) {
    const row = old.get(other.dataset.id)
    old.delete(other.dataset.id)
    if (row) updateRow(row, other)
    else {
      remember(other)
      showTimes(other)
      for (const cell of other.cells) flash(cell)
    }
    const placed = row ?? other
    const next = before ? before.nextElementSibling : body.firstElementChild
    if (next !== placed) body.insertBefore(placed, next)
    before = placed
  }
  for (const row of old.values()) row.remove()
  const pager = fresh.querySelector(".pager")
  if (pager && !listing.querySelector(".pager")) listing.append(pager)
}

async function runsChanged({ worked, more }) {
  if (["/runs", "/tasks", "/evidence"].includes(listing?.dataset.path)) await bringTableUp()
  const article = document.querySelector("article[data-run]")
  const isRunning = article?.querySelector(".working")
  if (!article || !(more || worked.has(article.dataset.run) || (isRunning && worked.has("any")))) return
  const fresh = await fetchPage("article[data-run]")
  if (!fresh) return
  const atEnd = innerHeight + scrollY > document.documentElement.scrollHeight - 80
  article.querySelector("header").replaceWith(fresh.querySelector("header"))
  mergeTranscript(article.querySelector(".transcript"), fresh.querySelector(".transcript"))
  showTimes(article)
  if (atEnd) scrollTo({ top: document.documentElement.scrollHeight })
}

/** What is being written stands in no transcript yet, so it is not among the fresh items and stays before the last one. */
function mergeTranscript(list, fresh) {
  const writing = list.querySelector(".writing")
  writing?.remove()
  const items = [...fresh.children]
  remember(fresh.parentElement)
  for (const [at, item] of items.entries()) {
    const old = list.children[at]
    const html = item.innerHTML
    if (old && !hasChanged(old, html)) continue
    if (old) old.replaceWith(item)
    else list.append(item)
  }
  while (list.children.length > items.length) list.lastElementChild.remove()
  if (writing) list.querySelector(".working")?.before(writing)
}

async function fetchPage(selector) {
  const answer = await fetch(location.href).catch(() => null)
  if (!answer?.ok) return null
  return parser.parseFromString(await answer.text(), "text/html").querySelector(selector)
}

function showArrived() {
  arrivedPill.textContent = `${arrived.toLocaleString()} new ${arrived === 1 ? "lead" : "leads"}`
  arrivedPill.hidden = false
}

function forgetArrived() {
  arrived = 0
  if (arrivedPill) arrivedPill.hidden = true
}

function showAgents({ running, open, learned }) {
  const strip = document.getElementById("agents")
  strip.dataset.running = running
  const say = strip.querySelector("[data-agents=running]")
  say.textContent =
    running > 0
      ? `${running} ${running === 1 ? "agent" : "agents"} at work`
      : open > 0
        ? `${open} in the queue`
        : "All quiet"
  if (!learned) return
  const time = document.createElement("time")
  time.dateTime = learned.at
  const words = strip.querySelector("[data-agents=learned]")
  words.replaceChildren(`${learned.lead}: ${learned.field.replaceAll("_", " ")} `, time)
  showTimes(words)
}
