import { isBusy, writeAgain, writtenIn } from "./busy.js"
import { showLater } from "./later.js"
import { fetchPart } from "./table.js"
import { showTimes } from "./times.js"

const drawer = document.getElementById("drawer")

/** Opens leads beside the table. Without a script, or with a modifier key, a lead opens as a page. */
export function followDrawer() {
  if (!drawer) return
  mark()
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) return closeDrawer()
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
    const row = event.target.closest("#listing tbody tr[data-opens]")
    const elsewhere = event.target.closest("a:not(.open), button, input")
    if (!row || elsewhere || getSelection()?.toString()) return
    event.preventDefault()
    const isPressedAgain = event.detail === 0 && openedLead() === row.dataset.opens
    if (isPressedAgain) drawer.focus()
    else openLead(row.dataset.opens)
  })
  document.addEventListener("shown", mark)
}

export function openedLead() {
  return drawer && !drawer.hidden ? new URL(location.href).searchParams.get("open") : null
}

export async function openLead(id) {
  const text = await fetchPart(new URL(`/leads/${id}`, location.href), "drawer")
  if (text === null) return
  drawer.innerHTML = text
  drawer.hidden = false
  drawer.scrollTop = 0
  showTimes(drawer)
  showLater(drawer)
  setOpen(id)
}

/** Brings the drawer up to date without moving what is read; unasked not while somebody reads why a value is there, or writes. */
export async function refreshDrawer({ isAsked = false } = {}) {
  const id = openedLead()
  if (!id || (!isAsked && document.querySelector(".why:popover-open"))) return
  const text = await fetchPart(new URL(`/leads/${id}`, location.href), "drawer")
  if (text === null || openedLead() !== id || (!isAsked && isBusy(drawer))) return
  const { scrollTop } = drawer
  const hadFocus = drawer.contains(document.activeElement)
  const written = writtenIn(drawer)
  drawer.innerHTML = text
  writeAgain(drawer, written)
  drawer.scrollTop = scrollTop
  if (hadFocus) drawer.focus({ preventScroll: true })
  showTimes(drawer)
  showLater(drawer)
}

export function closeDrawer() {
  const id = openedLead()
  if (!id) return
  const inside = drawer.contains(document.activeElement)
  drawer.hidden = true
  drawer.replaceChildren()
  setOpen(null)
  if (inside)
    document.querySelector(`#listing tr[data-opens="${CSS.escape(id)}"] a.open`)?.focus({ preventScroll: true })
}

function setOpen(id) {
  const url = new URL(location.href)
  if (id === null) url.searchParams.delete("open")
  else url.searchParams.set("open", id)
  history.replaceState(null, "", url)
  mark()
}

function mark() {
  const id = openedLead()
  for (const row of document.querySelectorAll("#listing tbody tr[data-opens]"))
    row.classList.toggle("opened", row.dataset.opens === id)
}
