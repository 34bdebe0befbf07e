const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" })
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" })
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" })

export function followTimes() {
  showTimes(document)
  setInterval(() => showTimes(document), 30_000)
}

/** Puts every time into the reader's zone and words. */
export function showTimes(root) {
  const now = new Date()
  for (const element of root.querySelectorAll("time[datetime]")) {
    const at = new Date(element.dateTime)
    if (Number.isNaN(at.getTime())) continue
    const words = sayTime(at, now)
    if (element.textContent !== words) element.textContent = words
    element.title = exact.format(at)
  }
}

function sayTime(at, now) {
  const seconds = Math.round((at - now) / 1000)
  if (Math.abs(seconds) < 45) return "just now"
  if (Math.abs(seconds) < 3_600) return relative.format(Math.round(seconds / 60), "minute")
  if (Math.abs(seconds) < 86_400) return relative.format(Math.round(seconds / 3_600), "hour")
  return (at.getFullYear() === now.getFullYear() ? day : dayOfYear).format(at)
}
