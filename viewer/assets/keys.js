import { closeDrawer, openedLead, openLead } from "./drawer.js"
import { say } from "./toast.js"

const listing = document.getElementById("listing")
const search = document.getElementById("search")
const help = document.getElementById("help")

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
    case "x":
      return choose()
    case "C":
      return copyRows()
    default:
      return false
  }
}

function rows() {
  return listing ? [...listing.querySelectorAll("table.rows tbody tr[data-id]")] : []
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
  const first = row.querySelector("a.open") ?? row.cells[0]
  first.focus({ preventScroll: true })
  row.scrollIntoView({ block: "nearest" })
  if (openedLead() && row.dataset.opens) openLead(row.dataset.opens)
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
  const text = cellText(cell)
  copy(text, `Copied ${text}`)
  return true
}

/** Marks a row to be copied with others. */
function choose() {
  const row = document.activeElement?.closest("#listing tbody tr[data-id]")
  if (!row) return false
  row.toggleAttribute("data-chosen")
  const count = listing.querySelectorAll("[data-chosen]").length
  say(`${count} ${count === 1 ? "row" : "rows"} marked; C copies them`)
  return true
}

/** The marked rows, or the one that has the focus, as a spreadsheet takes them. */
function copyRows() {
  const marked = [...listing.querySelectorAll("[data-chosen]")]
  const here = document.activeElement?.closest("#listing tbody tr[data-id]")
  const chosen = marked.length > 0 ? marked : here ? [here] : []
  if (chosen.length === 0) return false
  const heads = [...listing.querySelectorAll("table.rows thead th")].map((head) => head.dataset.column)
  const lines = [heads, ...chosen.map((row) => [...row.cells].map(cellText))]
  const text = lines.map((cells) => cells.map((value) => harmless(value)).join("\t")).join("\n")
  copy(text, `Copied ${chosen.length} ${chosen.length === 1 ? "row" : "rows"}`)
  return true
}

function cellText(cell) {
  if (cell.querySelector(".none")) return ""
  const time = cell.querySelector("time")
  return time ? time.dateTime : (cell.querySelector("a") ?? cell).textContent.trim()
}

/** What a spreadsheet would take for a formula stays text. */
function harmless(value) {
  const text = value.replace(/[\t\r\n]+/g, " ")
  return /^[=+\-@]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text
}

function copy(text, words) {
  navigator.clipboard.writeText(text).then(
    () => say(words),
    () => say("The browser did not let it be copied"),
  )
}

function closeMenus() {
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]"))
    if (!menu.contains(event.target) && event.target.isConnected) menu.open = false
})
