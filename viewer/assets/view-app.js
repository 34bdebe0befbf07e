// A view in a host of MCP Apps: what stands in it comes from the server as the result of a tool, and what is pressed goes back as a
// call of a tool. Messages are JSON-RPC over the window's own, as the extension of 2026-01-26 says.
import { leaveCard, placesIn, reviewKey, showReviews } from "./review.js"

const parts = document.getElementById("parts")
const title = document.getElementById("title")
const note = document.getElementById("note")
const waiting = new Map()
let last = 0
/** The view as it stands here, and the inputs that it is seen under. */
let shown = null

addEventListener("message", ({ source, data }) => {
  if (source === parent && data?.jsonrpc === "2.0") hear(data)
})

function post(message) {
  parent.postMessage({ jsonrpc: "2.0", ...message }, "*")
}

function ask(method, params) {
  last += 1
  const id = last
  post({ id, method, params })
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
}

function hear({ id, method, params = {}, result, error }) {
  if (method === undefined) {
    const asked = waiting.get(id)
    waiting.delete(id)
    return error ? asked?.reject(new Error(error.message)) : asked?.resolve(result)
  }
  if (method === "ui/notifications/tool-result") return show(params)
  if (method === "ui/notifications/tool-cancelled") return say("It was cancelled.")
  if (method === "ui/notifications/host-context-changed") return wear(params)
  // Requests: the host looks whether this is alive, or is about to take it away.
  if (id !== undefined) {
    const isKnown = method === "ping" || method === "ui/resource-teardown"
    post(isKnown ? { id, result: {} } : { id, error: { code: -32601, message: "A view has no such method." } })
  }
}

const textOf = ({ content = [] }) => content.map((part) => part.text ?? "").join("\n")

/** The newest that the server said of the view, without taking away where somebody is in it. */
function show(answer) {
  const view = answer.structuredContent
  if (answer.isError || typeof view?.html !== "string") return say(textOf(answer) || "There is nothing to show.")
  const at = placesIn(parts)
  shown = view
  title.textContent = view.title
  // Made by the server's own templates, in which every value is escaped; the host's policy loads nothing besides.
  parts.innerHTML = view.html
  showTimes()
  showReviews(document, at)
  say("")
}

function say(words) {
  note.textContent = words
}

/** Looks at the view anew, or under other inputs. */
async function bringUp(inputs = shown?.inputs) {
  if (!shown) return
  try {
    show(await ask("tools/call", { name: "show_view", arguments: { view: shown.view, inputs: inputs ?? {} } }))
  } catch (error) {
    say(error.message)
  }
}

// A host need not let forms be sent, and then says nothing of one that was to be: what is heard is the press of its button, which
// Enter in a field is, too.
document.addEventListener("click", (event) => {
  const form = event.target.closest?.("form button:not([type=button])")?.form
  if (!form) return
  event.preventDefault()
  if (form.reportValidity()) submit(form)
})

async function submit(form) {
  const sent = Object.fromEntries(new FormData(form))
  if (form.id === "view-inputs") return bringUp(sent)
  if (!("viewAct" in form.dataset) || form.dataset.sending !== undefined) return
  form.dataset.sending = ""
  delete sent.csrf
  try {
    const done = await ask("tools/call", { name: "act_in_view", arguments: { view: shown.view, ...sent } })
    const card = form.closest(".review-card")
    if (card && !done.isError) leaveCard(card)
    const words = textOf(done)
    await bringUp()
    say(words)
  } catch (error) {
    say(error.message)
  } finally {
    delete form.dataset.sending
  }
}

/** Pages of the viewer are opened by the host, if it does that. */
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]")
  if (!link) return
  event.preventDefault()
  const url = new URL(link.getAttribute("href"), shown?.viewer).href
  ask("ui/open-link", { url }).catch(() => say(`Open it yourself: ${url}`))
})

document.addEventListener("keydown", (event) => reviewKey(event, document, () => {}))
document.getElementById("again").addEventListener("click", () => bringUp())
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && !parts.querySelector("details[open] form")) bringUp()
})

function showTimes() {
  const words = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" })
  for (const time of parts.querySelectorAll("time[datetime]")) time.textContent = words.format(new Date(time.dateTime))
}

/** Light or dark, as the host is. */
function wear({ theme }) {
  if (theme === "light" || theme === "dark") document.documentElement.style.colorScheme = theme
}

let height = 0
new ResizeObserver(() => {
  const now = Math.ceil(document.documentElement.getBoundingClientRect().height)
  if (now === height) return
  height = now
  post({ method: "ui/notifications/size-changed", params: { width: innerWidth, height } })
}).observe(document.documentElement)

const appInfo = { name: "small-giant-view", version: "1" }
const appCapabilities = { availableDisplayModes: ["inline", "fullscreen"] }
ask("ui/initialize", { appInfo, appCapabilities, protocolVersion: "2026-01-26" }).then(
  ({ hostContext = {} }) => {
    wear(hostContext)
    post({ method: "ui/notifications/initialized", params: {} })
  },
  (error) => say(error.message),
)
