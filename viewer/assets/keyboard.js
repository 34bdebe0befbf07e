/** At so many times that it took the keyboard unasked it is stopped; for so many milliseconds after Tab it was asked. */
const mostTaken = 3
const afterTab = 500

/** Only a pointer over a frame or Tab gives it the keyboard; what it takes goes back to where the person was. Not every browser knows
 * of the frame's own rule for this. Returns how to end it. */
export function keepKeyboard(frame, tooOften) {
  let last = null
  let tabbedAt = Number.NEGATIVE_INFINITY
  let taken = 0
  const end = new AbortController()
  const { signal } = end
  const see = ({ target }) => {
    if (target !== frame) last = target
  }
  const hear = ({ key }) => {
    if (key === "Tab") tabbedAt = performance.now()
  }
  document.addEventListener("focusin", see, { signal })
  document.addEventListener("keydown", hear, { signal })
  const giveBack = () => {
    const wasAsked = frame.matches(":hover") || performance.now() - tabbedAt < afterTab
    if (document.activeElement !== frame || wasAsked) return
    taken += 1
    if (taken >= mostTaken) return tooOften()
    frame.blur()
    last?.focus({ preventScroll: true })
  }
  addEventListener("blur", giveBack, { signal })
  return () => end.abort()
}
