import { closeDrawer, openedLead, openLead } from "./drawer.js"

const listing = document.getElementById("listing")
const search = document.getElementById("search")
const help = document.getElementById("help")
const toast = document.getElementById("toast")

export function followKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    if (help.open || document.querySelector(".why:popover-open")) return
    const isField = event.target.matches?.("input, select, textarea")
    const isDone = isField ? fieldKey(event) : pageKey(event)
    if (isDone) event.preventDefault()
  })
}

function fieldKey(event) {
  if (event.target !== search) return false
  if (event.key === "ArrowDown") return moveTo(rows()[0])
  if (event.key === "Escape" && search.value === "") {
    search.blur()
    return true
  }
  return false
}

function pageKey(event) {
  switch (event.key) {
    case "/":
      search?.focus()
      search?.select()
      return Boolean(search)
    case "?":
      help.showModal()
      return true
    case "Escape":
      closeMenus()
      closeDrawer()
      return true
    case "ArrowDown":
    case "j":
      return step(1)
    case "ArrowUp":
    case "k":
      return step(-1)
    case "ArrowRight":
      return stepCell(1)
    case "ArrowLeft":
      return stepCell(-1)
    case "c":
      return copyCell()
    default:
      return false
  }
}

function rows() {
  return listing ? [...listing.querySelectorAll("tbody tr")] : []
}

function step(by) {
  const all = rows()
  if (all.length === 0 || document.activeElement?.closest("#drawer")) return false
  const at = all.indexOf(document.activeElement?.closest("tr"))
  return moveTo(at < 0 ? all[0] : all[Math.min(all.length - 1, Math.max(0, at + by))])
}

function moveTo(row) {
  if (!row) return false
  const column = listing.querySelector(".at")?.dataset.column
  putMark(column ? row.querySelector(`[data-column="${CSS.escape(column)}"]`) : null)
  row.querySelector("a.open").focus({ preventScroll: true })
  row.scrollIntoView({ block: "nearest" })
  if (openedLead()) openLead(row.dataset.id)
  return true
}

function stepCell(by) {
  const row = document.activeElement?.closest("#listing tbody tr")
  if (!row) return false
  const at = [...row.cells].findIndex((cell) => cell.classList.contains("at"))
  const cell = row.cells[Math.min(row.cells.length - 1, Math.max(0, Math.max(0, at) + by))]
  putMark(cell)
  cell.scrollIntoView({ block: "nearest", inline: "nearest" })
  return true
}

function putMark(cell) {
  for (const marked of listing.querySelectorAll(".at")) marked.classList.remove("at")
  cell?.classList.add("at")
}

function copyCell() {
  const row = document.activeElement?.closest("#listing tbody tr")
  const cell = row?.querySelector(".at") ?? row?.cells[0]
  if (!cell) return false
  const time = cell.querySelector("time")
  const text = time ? time.dateTime : (cell.querySelector("a") ?? cell).textContent.trim()
  navigator.clipboard.writeText(text).then(
    () => say(`Copied ${text}`),
    () => say("The browser did not let it be copied"),
  )
  return true
}

let silence = 0
function say(words) {
  toast.textContent = words
  clearTimeout(silence)
  silence = setTimeout(() => {
    toast.textContent = ""
  }, 2_000)
}

function closeMenus() {
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]"))
    if (!menu.contains(event.target) && event.target.isConnected) menu.open = false
})
