import { act } from "./act.js"
import { undo as undoDecision } from "./drafts.js"
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
    if (detail === "decided") bringUp({ anyway: true })
    else timer ||= setTimeout(bringUp, pause)
  })
  view.querySelector("[data-change]")?.addEventListener("click", (event) => {
    const box = document.getElementById("ask")
    box.value = event.currentTarget.dataset.change
    box.focus()
  })
  document.getElementById("view-inputs")?.addEventListener("change", (event) => event.currentTarget.requestSubmit())
  document.getElementById("view-inputs")?.addEventListener("submit", keepInputs)
  document.addEventListener("keydown", reviewKey)
  followBoards()
  showReviews()
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
  const button = event.submitter ?? form.querySelector("button")
  button.disabled = true
  try {
    const done = await act(form.getAttribute("action"), sent)
    said(done)
    const card = form.closest(".review-card")
    if (card) leave(card)
    else form.closest("details")?.removeAttribute("open")
    form.reset()
  } catch (error) {
    say(error.message, shownFor)
    if (error.code !== "stale_row") return
  } finally {
    button.disabled = false
    delete form.dataset.sending
    if (form.elements.key) form.elements.key.value = crypto.randomUUID()
  }
  if (form.contains(document.activeElement)) document.activeElement.blur()
  await bringUp()
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

/** The parts as they are now, without taking away what somebody writes or has opened. */
async function bringUp({ anyway = false } = {}) {
  clearTimeout(timer)
  timer = 0
  const parts = document.getElementById("view-parts")
  const isKept = () => !parts || (!anyway && isBusy(parts))
  if (isKept()) return
  const url = new URL(location.href)
  url.searchParams.set("part", "parts")
  const answer = await fetch(url).catch(() => null)
  if (!answer?.ok || isKept()) return
  const fresh = document.createElement("template")
  fresh.innerHTML = await answer.text()
  const at = where(parts)
  parts.replaceChildren(fresh.content)
  showTimes(parts)
  showReviews(at)
  followBoards()
  document.dispatchEvent(new CustomEvent("view-shown"))
}

function isBusy(parts) {
  if (parts.querySelector("details[open] form, .dragging, [data-sending], [data-editing]")) return true
  const field = document.activeElement
  return parts.contains(field) && field.matches("input, textarea, select") && field.type !== "hidden"
}

/** Which card of each review is looked at: by its row, else by its place. */
function where(root) {
  return [...root.querySelectorAll("[data-review]")].map((review) => {
    const cards = [...review.querySelectorAll(".review-card")]
    const at = cards.findIndex((card) => card.classList.contains("at"))
    return { row: cards[at]?.dataset.row, at: Math.max(0, at), hadFocus: review.contains(document.activeElement) }
  })
}

function showReviews(before = []) {
  for (const [nth, review] of [...view.querySelectorAll("[data-review]")].entries()) {
    const cards = [...review.querySelectorAll(".review-card")]
    const last = before[nth]
    const same = cards.findIndex((card) => last?.row !== undefined && card.dataset.row === last.row)
    review.classList.add("one")
    showCard(cards, same >= 0 ? same : Math.min(last?.at ?? 0, cards.length - 1), last?.hadFocus ?? false)
  }
}

function showCard(cards, at, withFocus) {
  for (const [nth, card] of cards.entries()) card.classList.toggle("at", nth === at)
  const review = cards[at]?.closest("[data-review]")
  if (!review) return
  review.querySelector("[data-progress]").textContent = `${at + 1} of ${cards.length}`
  if (withFocus) cards[at].focus({ preventScroll: true })
}

/** After a decision the next card is looked at, or where there is none the one before. */
function leave(card) {
  const cards = [...card.closest("[data-review]").querySelectorAll(".review-card")]
  const at = cards.indexOf(card)
  for (const menu of card.querySelectorAll("details[open]")) menu.open = false
  delete card.dataset.row
  if (cards[at + 1]) showCard(cards, at + 1, false)
}

function reviewKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
  if (event.target.matches?.("input, select, textarea") || document.querySelector("dialog[open]")) return
  const review = view.querySelector("[data-review]")
  const cards = review ? [...review.querySelectorAll(".review-card")] : []
  const at = cards.findIndex((card) => card.classList.contains("at"))
  if (at < 0) return
  const step = { ArrowRight: 1, j: 1, ArrowDown: 1, ArrowLeft: -1, k: -1, ArrowUp: -1 }[event.key]
  if (step) {
    event.preventDefault()
    return showCard(cards, Math.min(cards.length - 1, Math.max(0, at + step)), true)
  }
  if (event.key === "u") {
    event.preventDefault()
    return review.dataset.of === "drafts" ? undoDecision() : toast.querySelector("button")?.click()
  }
  const button = [...cards[at].querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key)
  if (!button || button.disabled) return
  event.preventDefault()
  button.click()
  if (button.matches("summary"))
    button.parentElement.querySelector("input:not([type=hidden]), textarea, select, button")?.focus()
}

function followBoards() {
  for (const card of view.querySelectorAll(".view-card[draggable]")) {
    card.addEventListener("dragstart", () => card.classList.add("dragging"))
    card.addEventListener("dragend", () => card.classList.remove("dragging"))
  }
  for (const column of view.querySelectorAll(".view-column")) {
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
