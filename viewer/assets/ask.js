import { act } from "./act.js"

const form = document.getElementById("ask-bar")
const box = document.getElementById("ask")
const note = document.getElementById("ask-note")

/** The bar at the foot of the page, and the conversation if the page is one. */
export function followAsk() {
  if (!form) return
  grow()
  box.addEventListener("input", grow)
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return
    event.preventDefault()
    form.requestSubmit()
  })
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    box.focus()
  })
  form.addEventListener("submit", send)
  for (const example of document.querySelectorAll("a[data-ask]")) {
    example.addEventListener("click", (event) => {
      event.preventDefault()
      fill(example.textContent)
    })
  }
  followSpeech()
  if (document.getElementById("conversation")) import("./conversation.js").then(({ follow }) => follow())
  else if (document.getElementById("asking")) box.focus()
}

export function say(words) {
  note.textContent = words
}

async function send(event) {
  event.preventDefault()
  const prompt = box.value.trim()
  if (prompt === "") return
  form.dataset.sending = ""
  say("")
  try {
    const after = form.elements.after?.value
    const begun = await act("/do/ask", after ? { prompt, after: Number(after) } : { prompt })
    fill("")
    const here = document.getElementById("conversation")
    if (here) (await import("./conversation.js")).goOn(begun)
    else location.assign(`/ask/${begun.runId}`)
  } catch (error) {
    say(error.message)
  } finally {
    delete form.dataset.sending
  }
}

function fill(words) {
  box.value = words
  grow()
  box.focus()
}

function grow() {
  box.style.height = "auto"
  box.style.height = `${Math.min(box.scrollHeight, 160)}px`
}

/** Speaking instead of typing, where the browser has it. What was understood stands in the bar and is sent by hand. */
function followSpeech() {
  const Recognition = window.SpeechRecognition ?? window.webkitSpeechRecognition
  if (!Recognition) return
  const button = document.getElementById("ask-speak")
  let listening = null
  button.hidden = false
  button.addEventListener("click", async () => {
    if (listening) return listening.stop()
    const recognition = new Recognition()
    listening = recognition
    const language = navigator.language
    const isLocal = await understandsHere(Recognition, language)
    if (isLocal) recognition.processLocally = true
    Object.assign(recognition, { lang: language, interimResults: true, continuous: true })
    const before = box.value === "" ? "" : `${box.value.trimEnd()} `
    recognition.onresult = ({ results }) => fill(before + [...results].map(([best]) => best.transcript).join(""))
    recognition.onerror = ({ error }) => say(error === "not-allowed" ? "The browser may not use the microphone." : "")
    recognition.onend = () => {
      listening = null
      button.setAttribute("aria-pressed", "false")
    }
    button.setAttribute("aria-pressed", "true")
    say(
      isLocal
        ? "Your browser turns speech into words on this machine. Small Giant gets the words alone."
        : "Your browser turns speech into words, and most send the sound to their maker for it. Small Giant gets the words alone.",
    )
    recognition.start()
  })
}

async function understandsHere(Recognition, language) {
  if (!Recognition.available) return false
  const state = await Recognition.available({ langs: [language], processLocally: true }).catch(() => "unavailable")
  return state === "available"
}
