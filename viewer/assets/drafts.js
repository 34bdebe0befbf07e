import { act } from "./act.js"
import { say } from "./toast.js"

const page = document.querySelector("[data-drafts]")
const inView = document.querySelector("article.view") !== null
/** What can be taken back, the newest last; kept while the browser's tab is open. */
const memory = "drafts-done"
const backWays = { approve: "withdraw", reject: "reopen", snooze: "reopen", edit: "edit" }
/** Milliseconds between two looks while messages are on their way. */
const pause = 900
let timer = 0

/** Deciding about drafts by keyboard, wherever their cards stand. */
export function followDrafts() {
  document.addEventListener("submit", decide, { capture: true })
  document.addEventListener("click", copyText)
  for (const field of document.querySelectorAll(".draft-edit textarea")) keepSize(field)
  if (page || inView) document.addEventListener("keydown", pressKey)
  if (!page) return
  document.querySelector("[data-all]")?.addEventListener("change", chooseAll)
  if (["approved", "sent"].includes(page.dataset.drafts)) document.addEventListener("news", bringUp)
  const said = sessionStorage.getItem("drafts-say")
  if (said) say(said, 4_000)
  sessionStorage.removeItem("drafts-say")
}

/** Shows what was sent meanwhile, without taking away what somebody has chosen or writes. */
function bringUp() {
  const isInHand = () => document.querySelector(".draft-list input:checked, .draft-fold[open], [data-sending]")
  if (timer > 0) return
  timer = setTimeout(() => {
    timer = 0
    if (!isInHand()) location.reload()
  }, pause)
}

async function decide(event) {
  const form = event.target
  const card = form.closest(".draft-card")
  const isMany = form.dataset.name === "many" && page?.contains(form)
  if (!form.matches("form[data-deed]") || (!card && !isMany)) return
  event.preventDefault()
  if (form.dataset.sending !== undefined) return
  form.dataset.sending = ""
  const data = new FormData(form)
  const body = Object.fromEntries(data)
  for (const name of ["chosen", "ids"]) if (data.has(name)) body[name] = data.getAll(name)
  delete body.csrf
  try {
    const done = await act(form.getAttribute("action"), body)
    if (card) remember(card, form.dataset.name)
    leave(form, body.back, done)
  } catch (error) {
    say(error.message, 8_000)
    delete form.dataset.sending
  }
}

const words = { approve: "Approved", reject: "Rejected", snooze: "Put off", edit: "Saved", send: "Sent", many: "Done" }

/** On the review pages the next draft follows; elsewhere what is shown is brought up to date. */
function leave(form, back, done) {
  if (!page) {
    if (!inView) return location.reload()
    say(words[form.dataset.name] ?? "Done", 4_000)
    return document.dispatchEvent(new CustomEvent("news", { detail: "decided" }))
  }
  const { name } = form.dataset
  sessionStorage.setItem(
    "drafts-say",
    done?.kind === "under way" || done?.under_way ? "On its way" : (words[name] ?? ""),
  )
  // What was edited is looked at again, and so is what others say of it.
  const isDecided = ["approve", "reject", "snooze"].includes(name) && page.dataset.drafts === "review"
  location.assign(isDecided ? page.dataset.next : stays(form, back))
}

function stays(form, back) {
  if (page.dataset.drafts !== "review") return back
  return `/drafts/review?id=${form.closest(".draft-card").dataset.draft}`
}

function remember(card, name) {
  const way = backWays[name]
  if (!way) return
  const entry = { id: card.dataset.draft, way }
  if (way === "edit") {
    entry.body = card.querySelector("textarea[name=body]").defaultValue
    entry.subject = card.querySelector("input[name=subject]")?.defaultValue
  }
  sessionStorage.setItem(memory, JSON.stringify([...remembered(), entry].slice(-50)))
}

function remembered() {
  return JSON.parse(sessionStorage.getItem(memory) ?? "[]")
}

/** Takes back what was decided last, and shows that draft again. */
export async function undo() {
  const all = remembered()
  const { id, way, ...body } = all.pop() ?? {}
  if (!id) return say("Nothing to take back")
  sessionStorage.setItem(memory, JSON.stringify(all))
  try {
    await act(`/do/drafts/${id}/${way}`, body)
    if (inView) {
      say("Taken back", 4_000)
      return document.dispatchEvent(new CustomEvent("news", { detail: "decided" }))
    }
    sessionStorage.setItem("drafts-say", "Taken back")
    location.assign(page.dataset.drafts === "review" ? `/drafts/review?id=${id}` : location.href)
  } catch (error) {
    say(error.message, 8_000)
  }
}

function pressKey(event) {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open], .why:popover-open")) return
  const field = event.target.matches?.("input, select, textarea") ? event.target : null
  if (field) {
    if (event.key === "Escape") {
      closeFolds()
      field.blur()
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) field.form?.requestSubmit()
    return
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === "Escape") return closeFolds()
  if (!page) return
  const found = page.querySelector(`[data-key="${CSS.escape(event.key)}"]`)
  // What is hidden while something is written is not pressed by its key either.
  const key = found?.checkVisibility() ? found : null
  if (event.key === "u" && !key) {
    event.preventDefault()
    return undo()
  }
  if (!key || page.dataset.drafts !== "review") return
  event.preventDefault()
  if (key.matches("summary")) openFold(key.parentElement)
  else key.click()
}

function openFold(fold) {
  const isOpen = fold.open
  closeFolds()
  fold.open = !isOpen
  const field = fold.open && fold.querySelector("textarea, input:not([type=hidden]), select")
  if (!field) return
  field.focus()
  if (field.matches("textarea")) {
    keepSize(field)
    field.setSelectionRange(field.value.length, field.value.length)
  }
}

function closeFolds() {
  for (const fold of document.querySelectorAll(".draft-fold[open]")) fold.open = false
}

function keepSize(field) {
  const resize = () => {
    field.style.height = "auto"
    field.style.height = `${field.scrollHeight + 2}px`
  }
  field.addEventListener("input", resize)
  if (field.scrollHeight > 0) resize()
}

function chooseAll({ target }) {
  for (const box of document.querySelectorAll('input[form="choose"]:not(:disabled)')) box.checked = target.checked
}

async function copyText(event) {
  const card = event.target.closest?.("[data-copy]")?.closest(".draft-card")
  if (!card) return
  try {
    await navigator.clipboard.writeText(card.querySelector(".draft-text").textContent)
    say("Copied. Send it yourself, then press “I sent it myself”.", 5_000)
  } catch {
    say("The browser did not let it be copied")
  }
}
