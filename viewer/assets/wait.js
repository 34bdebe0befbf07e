/** Waits for what takes seconds, and then shows the page with it. */
export async function waitForAnswer() {
  const place = document.querySelector("[data-wait]")
  if (!place) return
  const answer = await fetch(place.dataset.wait).catch(() => null)
  if (answer?.ok) return location.reload()
  const refusal = await answer?.json().catch(() => null)
  place.querySelector("[data-words]").textContent =
    refusal?.error.message ?? "The viewer does not answer. Look again when it does."
}
