import { act } from "./act.js"
import { isBusy, writeAgain, writtenIn } from "./busy.js"
import { undo as undoDecision } from "./drafts.js"
import { leaveCard, placesIn, reviewKey, showReviews } from "./review.js"
import { showTimes } from "./times.js"
import { say } from "./toast.js"

const view = document.querySelector("article.view")
const toast = document.getElementById("toast")
/** At most one look for news in this many milliseconds. */
const pause = 700
/** Long enough to read a sentence and to undo. */
const shownFor = 6_000
let timer = 0

/** A view: its buttons without leaving the page, its rows as they change, its review by keyboard. */
export function followView() {
  if (!view) return
  view.addEventListener("submit", submit)
  document.addEventListener("news", ({ detail }) => {
    if (detail === "decided") bringUp({ decided: true })
    else timer ||= setTimeout(bringUp, pause)
  })
  view.querySelector("[data-change]")?.addEventListener("click", (event) => {
    const box = document.getElementById("ask")
    box.value = event.currentTarget.dataset.change
    box.focus()
  })
  document.getElementById("view-inputs")?.addEventListener("change", (event) => event.currentTarget.requestSubmit())
  document.getElementById("view-inputs")?.addEventListener("submit", keepInputs)
  document.addEventListener("keydown", (event) => reviewKey(event, view, takeBack))
  followBoards(view)
  showReviews(view)
  if (view.dataset.kind === "html") import("./frame.js").then(({ showFrame }) => showFrame(view))
}

function keepInputs(event) {
  const inputs = Object.fromEntries(new FormData(event.currentTarget))
  const body = JSON.stringify({ state: { inputs } })
  const headers = {
    "content-type": "application/json",
    "x-csrf": document.querySelector("meta[name=csrf]").content,
    accept: "application/json",
  }
  // The page goes on at once; what is kept is for the next visit.
  fetch(`/do/views/${view.dataset.view}/state`, { method: "POST", headers, body, keepalive: true }).catch(() => {})
}

async function submit(event) {
  const form = event.target
  if (!("viewAct" in form.dataset)) return
  event.preventDefault()
  if (form.dataset.sending !== undefined) return
  form.dataset.sending = ""
  const sent = Object.fromEntries(new FormData(form))
  const part = form.closest("#view-parts > *")
  const button = event.submitter ?? form.querySelector("button")
  button.disabled = true
  let isStale = false
  try {
    const done = await act(form.getAttribute("action"), sent)
    said(done)
    const card = form.closest(".review-card")
    if (card) leaveCard(card)
    else form.closest("details")?.removeAttribute("open")
    form.reset()
  } catch (error) {
    say(error.message, shownFor)
    isStale = error.code === "stale_row"
    if (!isStale) return
  } finally {
    button.disabled = false
    delete form.dataset.sending
    if (form.elements.key) form.elements.key.value = crypto.randomUUID()
  }
  if (form.contains(document.activeElement)) document.activeElement.blur()
  await bringUp({ stale: isStale ? part : null })
}

function said({ words, changeset }) {
  say(words ? `${words}: done` : "Done", shownFor)
  if (!changeset) return
  const button = document.createElement("button")
  button.type = "button"
  button.textContent = "Undo"
  button.addEventListener("click", async () => {
    try {
      await act(`/do/views/${view.dataset.view}/undo`, { changeset })
      say("Taken back", shownFor)
      await bringUp()
    } catch (error) {
      say(error.message, shownFor)
    }
  })
  toast.append(" ", button)
}

/** The parts as they are now. One in which somebody writes, presses or has something open stays as it is, except what was `decided`
 * there, and the `stale` one, in which what was written is written again. */
async function bringUp({ decided = false, stale = null } = {}) {
  clearTimeout(timer)
  timer = 0
  const parts = document.getElementById("view-parts")
  if (!parts) return
  const url = new URL(location.href)
  url.searchParams.set("part", "parts")
  const answer = await fetch(url).catch(() => null)
  if (!answer?.ok) return
  const template = document.createElement("template")
  template.innerHTML = await answer.text()
  const old = [...parts.children]
  const fresh = [...template.content.children]
  if (fresh.length !== old.length) {
    if (!isBusy(parts)) parts.replaceChildren(...fresh)
  } else {
    for (const [nth, part] of old.entries()) {
      const written = part === stale ? writtenIn(part) : []
      const isDecided = decided && part.querySelector("[data-of=drafts]")
      if (isDecided || part === stale || !isBusy(part)) renew(part, fresh[nth], written)
    }
  }
}

function renew(part, fresh, written) {
  const at = placesIn(part)
  part.replaceWith(fresh)
  showTimes(fresh)
  showReviews(fresh, at)
  followBoards(fresh)
  writeAgain(fresh, written)
}

function takeBack(review) {
  return review.dataset.of === "drafts" ? undoDecision() : toast.querySelector("button")?.click()
}

function followBoards(root) {
  for (const card of root.querySelectorAll(".view-card[draggable]")) {
    card.addEventListener("dragstart", () => card.classList.add("dragging"))
    card.addEventListener("dragend", () => card.classList.remove("dragging"))
  }
  for (const column of root.querySelectorAll(".view-column")) {
    column.addEventListener("dragover", (event) => {
      if (view.querySelector(".dragging")) event.preventDefault()
    })
    column.addEventListener("drop", (event) => {
      const card = view.querySelector(".view-card.dragging")
      const form = card?.querySelector("form.view-move")
      if (!form || card.closest(".view-column") === column) return
      event.preventDefault()
      card.classList.remove("dragging")
      form.elements.to.value = column.dataset.to
      form.requestSubmit()
    })
  }
}
