import { act } from "./act.js"
import { keepKeyboard } from "./keyboard.js"
import { say } from "./toast.js"

/** What a frame may send: so many messages at once, and so many a second from then on. */
const burst = 80
const perSecond = 20
/** Beyond these it is stopped: messages too many, proposals turned down in a row. */
const mostTooMany = 200
const mostDeclined = 5
/** Characters and values of a message. */
const longest = 60_000
const mostValues = 3_000
/** How often it is asked whether it still answers, and for how long it may stay silent, in milliseconds. */
const beat = 1_000
const longestSilence = 5_000
/** How long a question stands before it can be answered, so that no click meant for something else answers it. */
const beforeYes = 500
const heldBy = "small-giant-frames-held-by"

/** Shows free HTML, if this browser can hold it. */
export async function showFrame(view) {
  const place = view.querySelector(".view-frame")
  if (!place) return
  const { origin, path } = place.dataset
  const why = place.querySelector("[data-why]")
  if (!(await canHold(origin, place))) {
    why.textContent =
      "This browser cannot keep free HTML from sending things out (Chrome and Edge can, from version 152 on), so it is not shown. Ask for the same page without free HTML."
    return
  }
  why.remove()
  const frame = document.createElement("iframe")
  frame.setAttribute("sandbox", "allow-scripts")
  frame.setAttribute("allow", "focus-without-user-activation 'none'")
  frame.title = "Made by an agent"
  frame.src = origin + path
  const bridge = openBridge(
    frame,
    view,
    JSON.parse(place.dataset.state),
    (words) => {
      frame.remove()
      place.replaceChildren(Object.assign(document.createElement("p"), { className: "notice", textContent: words }))
    },
    say,
  )
  place.append(frame)
  document.addEventListener("news", () => bridge.tell())
}

/** A page of ours tries to get out with nothing but the list of allowed connections against it; once for each version of a browser. */
async function canHold(origin, place) {
  if (localStorage.getItem(heldBy) === navigator.userAgent) return true
  const isHeld = await probed(origin, place)
  if (isHeld) localStorage.setItem(heldBy, navigator.userAgent)
  return isHeld
}

function probed(origin, place) {
  return new Promise((resolve) => {
    const probe = document.createElement("iframe")
    probe.setAttribute("sandbox", "allow-scripts")
    probe.hidden = true
    probe.src = `${origin}/probe`
    const end = (can) => {
      clearTimeout(timer)
      removeEventListener("message", hear)
      probe.remove()
      resolve(can)
    }
    const hear = ({ source, data }) => {
      if (source === probe.contentWindow) end(data === "held")
    }
    const timer = setTimeout(() => end(false), 15_000)
    addEventListener("message", hear)
    place.append(probe)
  })
}

/** The one way between a frame and this page: JSON-RPC with the method names of MCP Apps, over the port that the frame hands over
 * with its first message. */
function openBridge(frame, view, state, stop) {
  const id = view.dataset.view
  let port = null
  let tokens = burst
  let tooMany = 0
  let declined = 0
  let isAsking = false
  let reading = 0
  let heardAt = performance.now()

  const stopped = (words) => {
    removeEventListener("message", first)
    letGo()
    clearInterval(heart)
    port?.close()
    port = null
    stop(words)
  }
  const letGo = keepKeyboard(frame, () =>
    stopped("This view took the keyboard away again and again, so it was stopped."),
  )
  const heart = setInterval(() => {
    tokens = Math.min(burst, tokens + (perSecond * beat) / 1_000)
    if (!port) return
    port.postMessage({ jsonrpc: "2.0", id: "ping", method: "ping" })
    if (performance.now() - heardAt > longestSilence) stopped("This view did not answer any more, so it was stopped.")
  }, beat)

  /** Whether it may be heard. What is too much is not even read. */
  function isAllowed() {
    if (tokens >= 1) {
      tokens -= 1
      return true
    }
    tooMany += 1
    if (tooMany === mostTooMany) stopped("This view sent far too many messages, so it was stopped.")
    return false
  }

  function first(event) {
    if (event.source !== frame.contentWindow || !isAllowed() || port) return
    const { data, ports } = event
    if (ports.length !== 1 || !isMessage(data) || data.method !== "ui/initialize") return
    port = ports[0]
    heardAt = performance.now()
    port.onmessage = (message) => {
      heardAt = performance.now()
      if (isAllowed() && isMessage(message.data)) hear(message.data)
    }
    answer(data.id, {
      protocolVersion: "2026-01-26",
      hostInfo: { name: "Small Giant", version: "1" },
      hostCapabilities: { serverTools: {} },
      hostContext: { theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light", state },
    })
  }
  addEventListener("message", first)

  function hear({ id: asked, method, params = {} }) {
    switch (method) {
      case "tools/call":
        if (params.name === "rows") return rows(asked, params.arguments)
        if (params.name === "act") return propose(asked, params.arguments)
        return refuse(asked, "There is rows and act.")
      case "ui/update-model-context":
        return keep(asked, params.structuredContent)
      case "ui/notifications/size-changed":
        if (Number.isFinite(params.height))
          frame.style.height = `${Math.min(3_000, Math.max(160, params.height + 4))}px`
        return
      case "ui/notifications/initialized":
      case undefined:
        return
      default:
        return refuse(asked, `${String(method).slice(0, 60)} is nothing that a view can ask for.`)
    }
  }

  async function rows(asked, given) {
    if (reading >= 4) return failed(asked, "Four queries are under way; wait for one.")
    reading += 1
    try {
      const url = new URL(`/views/${id}/rows.json`, location.href)
      for (const [name, value] of Object.entries(plainValues(given?.inputs))) url.searchParams.set(name, value)
      url.searchParams.set("query", String(given?.query ?? "").slice(0, 40))
      url.searchParams.set("version", view.dataset.version)
      const got = await fetch(url, { headers: { accept: "application/json" } })
      const said = await got.json()
      if (got.ok) answer(asked, { structuredContent: said })
      else failed(asked, said.error?.message ?? "That did not work.")
    } catch {
      failed(asked, "The viewer does not answer.")
    } finally {
      reading -= 1
    }
  }

  /** Whatever a frame wants done is shown to the person out here, as it would be done, and done only at their word. */
  async function propose(asked, given) {
    if (isAsking) return failed(asked, "The person is being asked something already.")
    isAsking = true
    try {
      const sent = {
        version: view.dataset.version,
        action: String(given?.action ?? "").slice(0, 40),
        ...(given?.row && {
          query: String(given.row.query).slice(0, 40),
          row: String(given.row.version).slice(0, 64),
          inputs: plainValues(given.row.inputs),
        }),
        fields: plainValues(given?.fields),
        key: crypto.randomUUID(),
      }
      const proposed = await act(`/do/views/${id}/propose`, sent)
      if (!(await agreed(proposed))) {
        declined += 1
        if (declined >= mostDeclined)
          stopped("You said no to what this view wants, again and again, so it was stopped.")
        return failed(asked, "The person said no.")
      }
      declined = 0
      const done = await act(`/do/views/${id}/act`, { ...sent, seal: proposed.seal })
      say(`${proposed.words}: done`, 4_000)
      answer(asked, { structuredContent: { done: true, changeset: done.changeset } })
    } catch (error) {
      failed(asked, error.message)
    } finally {
      isAsking = false
    }
  }

  async function keep(asked, kept) {
    try {
      await act(`/do/views/${id}/state`, {
        state: kept && typeof kept === "object" && !Array.isArray(kept) ? kept : {},
      })
      answer(asked, {})
    } catch (error) {
      refuse(asked, error.message)
    }
  }

  const answer = (asked, result) => port?.postMessage({ jsonrpc: "2.0", id: asked, result })
  const failed = (asked, text) => answer(asked, { isError: true, content: [{ type: "text", text }] })
  const refuse = (asked, message) => port?.postMessage({ jsonrpc: "2.0", id: asked, error: { code: -32601, message } })
  const tell = () => port?.postMessage({ jsonrpc: "2.0", method: "ui/notifications/tool-result", params: {} })
  return { tell }
}

/** Asks the person, above everything, with exactly what would be done. */
function agreed({ name, args, words, about }) {
  const dialog = document.getElementById("view-ask")
  const make = (tag, text, rest = {}) => Object.assign(document.createElement(tag), { textContent: text, ...rest })
  const no = make("button", "No", { value: "no" })
  const yes = make("button", `Yes: ${words}`, { value: "yes", disabled: true })
  const form = Object.assign(document.createElement("form"), { method: "dialog" })
  form.append(no, yes)
  dialog.replaceChildren(
    make("h2", "This view wants something done", { id: "view-ask-title" }),
    make("p", about ? `${words}: ${about} (${name})` : `${words} (${name})`),
    make("pre", JSON.stringify(args, null, 2)),
    make("p", "Small Giant asks you this, not the view. It can be undone.", { className: "quiet" }),
    form,
  )
  dialog.returnValue = ""
  dialog.showModal()
  no.focus()
  const timer = setTimeout(() => {
    yes.disabled = false
  }, beforeYes)
  return new Promise((resolve) =>
    dialog.addEventListener(
      "close",
      () => {
        clearTimeout(timer)
        resolve(dialog.returnValue === "yes")
      },
      { once: true },
    ),
  )
}

/** A small JSON-RPC message. */
function isMessage(data) {
  if (typeof data !== "object" || data === null || data.jsonrpc !== "2.0") return false
  let values = 0
  let characters = 0
  const isSmall = (value, depth) => {
    values += 1
    if (values > mostValues || depth > 12) return false
    if (typeof value === "string") {
      characters += value.length
      return characters <= longest
    }
    if (value === null || typeof value === "number" || typeof value === "boolean" || value === undefined) return true
    const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
    return typeof value === "object" && isPlain && Object.values(value).every((own) => isSmall(own, depth + 1))
  }
  return isSmall(data, 0)
}

function plainValues(given) {
  if (typeof given !== "object" || given === null) return {}
  return Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => ["string", "number"].includes(typeof value))
      .slice(0, 12)
      .map(([name, value]) => [name, String(value)]),
  )
}
