import { act } from "./act.js"
import { say } from "./ask.js"
import { showTimes } from "./times.js"

const article = document.getElementById("conversation")
const parser = new DOMParser()
let source = null

/** Follows the turns that are at work on this page, and does what its buttons say. */
export function follow() {
  article.addEventListener("submit", onSubmit)
  listen()
  scrollToEnd()
}

/** A question was sent: a turn of its own, or words for the one at work, which are heard there. */
export async function goOn({ kind }) {
  if (kind === "begun") await refresh()
  scrollToEnd()
}

function listen() {
  const turn = article.querySelector('.turn[data-state="working"]')
  if (!turn || source?.url.endsWith(`/ask/${turn.dataset.run}/events`)) return
  source?.close()
  source = new EventSource(`/ask/${turn.dataset.run}/events`)
  const steps = turn.querySelector("[data-live-steps]")
  const text = turn.querySelector("[data-live-text]")
  const status = turn.querySelector("[data-live-status]")
  // What the page had already is told again from the beginning.
  steps.replaceChildren()
  text.replaceChildren()
  let row = null
  const on = (name, hear) =>
    source.addEventListener(name, (event) => {
      const wasAtEnd = isAtEnd()
      hear(event.data ? JSON.parse(event.data) : "")
      if (wasAtEnd) scrollToEnd()
    })
  on("text", (words) => {
    row ??= text.appendChild(document.createElement("p"))
    row.textContent += words
  })
  on("row", () => {
    row = null
  })
  on("void", () => {
    row?.remove()
    row = null
  })
  on("step", (words) => addLine(steps, words))
  on("said", (words) => addLine(steps, words, "told"))
  on("status", (words) => {
    status.textContent = words || "working ..."
  })
  on("ended", async () => {
    source.close()
    source = null
    await refresh()
    scrollToEnd()
  })
}

function addLine(list, words, kind) {
  const line = list.appendChild(document.createElement("li"))
  line.textContent = words
  if (kind) line.dataset.kind = kind
}

/** Puts the turns as the server has them now in place of those that changed. */
async function refresh() {
  const answer = await fetch(location.pathname).catch(() => null)
  if (!answer?.ok) return say("The viewer does not answer. Is it still running?")
  const fresh = parser.parseFromString(await answer.text(), "text/html").getElementById("turns")
  const list = document.getElementById("turns")
  for (const turn of [...fresh.children]) {
    const old = document.getElementById(turn.id)
    if (old?.dataset.state === turn.dataset.state && turn.dataset.state === "working") continue
    showTimes(turn)
    if (!old) list.append(turn)
    else if (old.outerHTML !== turn.outerHTML) old.replaceWith(turn)
  }
  listen()
}

async function onSubmit(event) {
  const form = event.target
  if (!form.dataset.act) return
  event.preventDefault()
  const { csrf: _, ...body } = Object.fromEntries(new FormData(form))
  const button = form.querySelector("button")
  button.disabled = true
  try {
    const { lines = [] } = await act(form.getAttribute("action"), body)
    await refresh()
    say(lines.join(" "))
  } catch (error) {
    say(error.message)
  } finally {
    button.disabled = false
  }
}

function isAtEnd() {
  return innerHeight + scrollY > document.documentElement.scrollHeight - 120
}

function scrollToEnd() {
  scrollTo({ top: document.documentElement.scrollHeight })
}
