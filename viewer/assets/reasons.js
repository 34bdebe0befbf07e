const pinned = new WeakSet()
const delay = 140

/** Shows what a value rests on: while the pointer or the focus is on its badge, and until closed once it was pressed. */
export function followReasons() {
  let waiting = 0

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return
    clearTimeout(waiting)
    const badge = badgeOf(event.target)
    const inside = event.target.closest?.(".why")
    waiting = setTimeout(() => {
      if (badge) return show(badge)
      if (!inside) hideUnpinned()
    }, delay)
  })

  document.addEventListener("focusin", (event) => {
    const badge = badgeOf(event.target)
    if (badge?.matches(":focus-visible")) show(badge)
    else if (!event.target.closest?.(".why")) hideUnpinned()
  })

  document.addEventListener("click", (event) => {
    const badge = badgeOf(event.target)
    if (!badge) return
    event.preventDefault()
    const reason = reasonOf(badge)
    if (pinned.has(reason)) {
      reason.hidePopover()
      return
    }
    show(badge)
    pinned.add(reason)
  })

  document.addEventListener(
    "toggle",
    (event) => {
      if (event.newState === "closed") pinned.delete(event.target)
    },
    true,
  )
}

function badgeOf(target) {
  return target.closest?.("button.basis[popovertarget]")
}

function reasonOf(badge) {
  return document.getElementById(badge.getAttribute("popovertarget"))
}

function show(badge) {
  const reason = reasonOf(badge)
  if (!reason.matches(":popover-open")) reason.showPopover()
  const at = badge.getBoundingClientRect()
  const width = reason.offsetWidth
  const left = Math.max(12, Math.min(at.left, innerWidth - width - 12))
  const below = at.bottom + 8
  const top = below + reason.offsetHeight > innerHeight - 12 ? Math.max(12, at.top - reason.offsetHeight - 8) : below
  reason.style.left = `${left}px`
  reason.style.top = `${top}px`
}

function hideUnpinned() {
  for (const reason of document.querySelectorAll(".why:popover-open")) if (!pinned.has(reason)) reason.hidePopover()
}
