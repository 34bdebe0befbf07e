/** What came last time, so that a part that is looked at again does not jump. */
const known = new Map()

/** Fetches the parts that take longer than the rest, after it. */
export async function showLater(root) {
  for (const place of root.querySelectorAll("[data-later]:empty")) {
    const address = place.dataset.later
    place.innerHTML = known.get(address) ?? ""
    const answer = await fetch(address).catch(() => null)
    if (!answer?.ok) continue
    const text = await answer.text()
    if (known.get(address) === text && place.innerHTML !== "") continue
    known.set(address, text)
    if (place.isConnected) place.innerHTML = text
  }
}
