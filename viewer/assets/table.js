import { followColumns, placeFrozen } from "./columns.js"
import { showTimes } from "./times.js"

const listing = document.getElementById("listing")
const search = document.getElementById("search")
/** What the server sent for each cell, before times were put into words. */
const sent = new WeakMap()
const typing = 130
let asking = new AbortController()

export function followTable() {
  if (!listing) return
  remember(listing)
  showCounts()
  listing.addEventListener("click", follow)
  listing.addEventListener("submit", submitFilter)
  listing.addEventListener("change", choose)
  listing.addEventListener("click", moveColumn)
  followColumns()
  addEventListener("popstate", () => go(location.href, { history: "keep" }))
  if (!search) return
  let timer = 0
  search.addEventListener("input", () => {
    clearTimeout(timer)
    timer = setTimeout(() => go(searched(search.value), { history: "replace" }), typing)
  })
  search.form.addEventListener("submit", (event) => {
    event.preventDefault()
    clearTimeout(timer)
    go(searched(search.value), { history: "replace" })
  })
}

/** Shows the table at an address of this page, and makes it the page's own. */
export async function go(address, { history: how }) {
  const url = new URL(address, location.href)
  const open = new URL(location.href).searchParams.get("open")
  if (open && how !== "keep") url.searchParams.set("open", open)
  asking.abort()
  asking = new AbortController()
  const text = await fetchPart(url, "table", {}, asking.signal)
  if (text === null) return
  const key = document.activeElement?.dataset?.key
  const opened = [...listing.querySelectorAll("details[open]")].map((menu) => menu.dataset.key)
  listing.innerHTML = text
  for (const name of opened) listing.querySelector(`details[data-key="${CSS.escape(name)}"]`)?.setAttribute("open", "")
  if (key) listing.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true })
  if (how === "replace") history.replaceState(null, "", url)
  if (how === "push") history.pushState(null, "", url)
  if (search && how !== "replace") search.value = url.searchParams.get("q") ?? ""
  remember(listing)
  showTimes(listing)
  placeFrozen()
  showCounts()
  listing.dispatchEvent(new CustomEvent("shown", { bubbles: true }))
}

/** A part of a page as HTML that the server escaped, or null where there is none to be had. */
export async function fetchPart(url, part, more = {}, signal = undefined) {
  const asked = new URL(url)
  asked.searchParams.set("part", part)
  for (const [name, value] of Object.entries(more)) asked.searchParams.set(name, value)
  try {
    const answer = await fetch(asked, { signal })
    return answer.ok ? await answer.text() : null
  } catch {
    return null
  }
}

export function remember(root) {
  for (const part of root.querySelectorAll("td, th[scope=row], .transcript > li")) sent.set(part, part.innerHTML)
  if (root.matches?.(".stats")) for (const part of root.children) sent.set(part, part.innerHTML)
  if (root.parentElement?.matches(".stats")) sent.set(root, root.innerHTML)
}

export function hasChanged(cell, html) {
  return sent.get(cell) !== html
}

/** Brings a row up to date in its place, and says which cells are new by a soft flash. */
export function updateRow(row, fresh) {
  const changed = [...row.cells].filter((cell, at) => fresh.cells[at] && hasChanged(cell, fresh.cells[at].innerHTML))
  for (const cell of row.cells) {
    const other = fresh.cells[cell.cellIndex]
    if (!other) continue
    if (other.dataset.basis) cell.dataset.basis = other.dataset.basis
    else delete cell.dataset.basis
    if (!changed.includes(cell)) continue
    sent.set(cell, other.innerHTML)
    cell.innerHTML = other.innerHTML
    if (!cell.dataset.column.endsWith("_at")) flash(cell)
  }
  showTimes(row)
}

export function flash(element) {
  element.classList.remove("flash")
  void element.offsetWidth
  element.classList.add("flash")
}

/** As a chip has room for. */
const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 })
let counting = null
/** New counts are being made. */
let newer = 0
/** Counts come after the rows, because counting takes longer. */
export async function showCounts() {
  const output = document.getElementById("count")
  if (!output) return
  counting?.abort()
  counting = new AbortController()
  const url = new URL(`/${listing.dataset.file}/counts.json`, location.href)
  for (const [name, value] of new URL(location.href).searchParams) url.searchParams.append(name, value)
  try {
    const answer = await fetch(url, { signal: counting.signal })
    if (!answer.ok) return
    const { total, of, most, isOld } = await answer.json()
    clearTimeout(newer)
    if (isOld) newer = setTimeout(showCounts, 1_000)
    const say = (count) => (count > most ? `${most.toLocaleString()}+` : count.toLocaleString())
    const thing = listing.dataset.file === "leads" ? (total === 1 ? "lead" : "leads") : total === 1 ? "row" : "rows"
    output.textContent = total === null ? "" : `${say(total)} ${thing}`
    for (const chip of listing.querySelectorAll("[data-count]")) {
      const count = of[chip.dataset.count]
      chip.textContent = count === undefined ? "" : count > most ? `${short.format(most)}+` : short.format(count)
    }
  } catch {
    // Overtaken by the next count.
  }
}

function follow(event) {
  const link = event.target.closest("a[data-go]")
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
  event.preventDefault()
  go(link.href, { history: "push" }).then(() => {
    if (link.closest(".pager")) scrollToTop()
  })
}

function scrollToTop() {
  listing.querySelector(".scroll")?.scrollTo({ top: 0 })
  scrollTo({ top: 0 })
}

function searched(words) {
  const url = new URL(location.href)
  for (const name of ["after", "sort", "dir", "q"]) url.searchParams.delete(name)
  if (words.trim()) url.searchParams.set("q", words)
  return url
}

function submitFilter(event) {
  const form = event.target
  if (!("filter" in form.dataset)) return
  event.preventDefault()
  const { filter, compare, value } = Object.fromEntries(new FormData(form))
  const url = new URL(location.href)
  url.searchParams.delete("after")
  if (compare === "absent") url.searchParams.set(filter, "")
  else if (compare === "present") url.searchParams.set(`${filter}!`, "")
  else if (value.trim()) url.searchParams.set(filter + compare, value.trim())
  else return form.elements.value.focus()
  form.closest("details").open = false
  go(url, { history: "push" })
}

function choose(event) {
  const columns = event.target.closest("form[data-columns]")
  if (columns) return showColumns(columns)
  const group = event.target.closest("form[data-group-form]")
  if (!group) return
  const url = new URL(location.href)
  for (const name of ["group", "sort", "dir", "after"]) url.searchParams.delete(name)
  const by = new FormData(group).get("group")
  if (by) url.searchParams.set("group", by)
  go(url, { history: "push" })
}

function showColumns(form) {
  const url = new URL(location.href)
  const columns = [...form.querySelectorAll("input[name=cols]:checked")].map((box) => box.value)
  const frozen = new FormData(form).get("frozen")
  url.searchParams.set("cols", columns.join(","))
  if (frozen === "1") url.searchParams.delete("frozen")
  else url.searchParams.set("frozen", frozen)
  go(url, { history: "replace" })
}

function moveColumn(event) {
  const button = event.target.closest("button[data-move]")
  if (!button) return
  const form = button.form
  const line = button.closest(".column")
  const other = button.dataset.move === "-1" ? line.previousElementSibling : line.nextElementSibling
  if (!other?.matches(".column") || other.querySelector("input").disabled) return
  if (button.dataset.move === "-1") other.before(line)
  else other.after(line)
  line.querySelector("input").checked = true
  showColumns(form)
}
