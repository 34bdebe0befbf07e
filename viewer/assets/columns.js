import { go } from "./table.js"

const listing = document.getElementById("listing")
const narrowest = 56
const widest = 1_200
const step = 24

/** Columns are made wider and narrower by their edge, or with Alt, Shift and an arrow from their head; with Alt and an arrow they
 * change places. The address keeps it. */
export function followColumns() {
  placeFrozen()
  listing.addEventListener("pointerdown", drag)
  listing.addEventListener("keydown", (event) => {
    const head = event.target.closest("thead th[data-column]")
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (!head || !by || !event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    event.stopPropagation()
    if (event.shiftKey) resize(head, head.offsetWidth + by * step)
    else move(head, by)
  })
}

/** Each column that stays in place stands where those before it end. */
export function placeFrozen() {
  const table = listing?.querySelector("table.rows")
  if (!table) return
  let left = 0
  for (const head of table.tHead.rows[0].cells) {
    if (head.cellIndex > 3) break
    table.style.setProperty(`--left-${head.cellIndex + 1}`, `${left}px`)
    left += head.offsetWidth
  }
}

function drag(event) {
  const handle = event.target.closest("[data-resize]")
  if (!handle) return
  event.preventDefault()
  const head = handle.closest("th")
  const begin = event.clientX - head.offsetWidth
  const col = colOf(head)
  handle.setPointerCapture(event.pointerId)
  const moved = (at) => {
    col.width = between(at.clientX - begin)
  }
  handle.addEventListener("pointermove", moved)
  handle.addEventListener(
    "pointerup",
    (at) => {
      handle.removeEventListener("pointermove", moved)
      resize(head, at.clientX - begin)
    },
    { once: true },
  )
}

function resize(head, width) {
  colOf(head).width = between(width)
  const url = new URL(location.href)
  const widths = new Map((url.searchParams.get("widths") ?? "").split(",").map((pair) => pair.split(":")))
  widths.delete("")
  widths.set(head.dataset.column, between(width))
  url.searchParams.set("widths", [...widths].map((pair) => pair.join(":")).join(","))
  history.replaceState(null, "", url)
  placeFrozen()
}

function move(head, by) {
  const columns = [...head.parentElement.cells].map((cell) => cell.dataset.column)
  const at = head.cellIndex
  const to = at + by
  if (at === 0 || to < 1 || to >= columns.length) return
  columns.splice(to, 0, ...columns.splice(at, 1))
  const url = new URL(location.href)
  url.searchParams.set("cols", columns.join(","))
  go(url, { history: "replace" })
}

function colOf(head) {
  return head.closest("table").querySelector("colgroup").children[head.cellIndex]
}

function between(width) {
  return Math.round(Math.min(widest, Math.max(narrowest, width)))
}
