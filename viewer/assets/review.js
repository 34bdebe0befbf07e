// Reviewing by keyboard: one card at a time. Shared by the viewer's pages and the document in which other hosts show views, so it
// imports nothing.

/** Which card of each review is looked at: by its row, else by its place. */
export function placesIn(root) {
  return [...root.querySelectorAll("[data-review]")].map((review) => {
    const cards = [...review.querySelectorAll(".review-card")]
    const at = cards.findIndex((card) => card.classList.contains("at"))
    return { row: cards[at]?.dataset.row, at: Math.max(0, at), hadFocus: review.contains(document.activeElement) }
  })
}

export function showReviews(root, before = []) {
  for (const [nth, review] of [...root.querySelectorAll("[data-review]")].entries()) {
    const cards = [...review.querySelectorAll(".review-card")]
    const last = before[nth]
    const same = cards.findIndex((card) => last?.row !== undefined && card.dataset.row === last.row)
    review.classList.add("one")
    showCard(cards, same >= 0 ? same : Math.min(last?.at ?? 0, cards.length - 1), last?.hadFocus ?? false)
  }
}

function showCard(cards, at, withFocus) {
  for (const [nth, card] of cards.entries()) card.classList.toggle("at", nth === at)
  const review = cards[at]?.closest("[data-review]")
  if (!review) return
  review.querySelector("[data-progress]").textContent = `${at + 1} of ${cards.length}`
  if (withFocus) cards[at].focus({ preventScroll: true })
}

/** After a decision the next card is looked at, or where there is none the one before. */
export function leaveCard(card) {
  const cards = [...card.closest("[data-review]").querySelectorAll(".review-card")]
  const at = cards.indexOf(card)
  for (const menu of card.querySelectorAll("details[open]")) menu.open = false
  delete card.dataset.row
  if (cards[at + 1]) showCard(cards, at + 1, false)
}

/** Moves, and presses what has the key. `takeBack` is what `u` does. */
export function reviewKey(event, root, takeBack) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
  if (event.target.matches?.("input, select, textarea") || document.querySelector("dialog[open]")) return
  const review = root.querySelector("[data-review]")
  const cards = review ? [...review.querySelectorAll(".review-card")] : []
  const at = cards.findIndex((card) => card.classList.contains("at"))
  if (at < 0) return
  const step = { ArrowRight: 1, j: 1, ArrowDown: 1, ArrowLeft: -1, k: -1, ArrowUp: -1 }[event.key]
  if (step) {
    event.preventDefault()
    return showCard(cards, Math.min(cards.length - 1, Math.max(0, at + step)), true)
  }
  if (event.key === "u") {
    event.preventDefault()
    return takeBack(review)
  }
  const button = [...cards[at].querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key)
  if (!button || button.disabled) return
  event.preventDefault()
  button.click()
  if (button.matches("summary"))
    button.parentElement.querySelector("input:not([type=hidden]), textarea, select, button")?.focus()
}
