import { isBusy } from "./busy.js"
import { showTimes } from "./times.js"

/** As the server sent it last. */
let sent = null

/** Keeps a page of what was kept up to date: how far trials and schedules have come. */
export function followKept() {
  if (document.querySelector("article.kept[data-live]")) document.addEventListener("news", bringUp)
}

/** What somebody unfolded stays open, and who was at a button or a table is there again. */
async function bringUp() {
  const answer = await fetch(location.href).catch(() => null)
  if (!answer?.ok) return
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("article.kept")
  const article = document.querySelector("article.kept")
  if (!fresh || !article || fresh.innerHTML === sent || isBusy(article)) return
  sent = fresh.innerHTML
  const isOpen = new Map(all(article, "details").map((details) => [nameOf(details), details.open]))
  const focused = article.contains(document.activeElement) ? nameOf(document.activeElement) : null
  for (const details of all(fresh, "details")) details.open = isOpen.get(nameOf(details)) ?? details.open
  article.replaceChildren(...fresh.childNodes)
  showTimes(article)
  if (focused)
    all(article, "button, summary, a, [tabindex]")
      .find((one) => nameOf(one) === focused)
      ?.focus()
}

const all = (part, selector) => [...part.querySelectorAll(selector)]

/** Its words, and the item that it stands in. */
function nameOf(element) {
  const item = element.closest("li")?.querySelector("h3")?.textContent ?? ""
  const words = element.matches("details") ? element.querySelector("summary")?.textContent : element.textContent
  return `${item} ${element.getAttribute("aria-label") ?? words}`
}
