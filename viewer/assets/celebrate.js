const memory = "small-giant-reached"

/** Says what was reached since this browser last looked; that it moves is up to the style sheet, and to who reads. */
export function celebrate() {
  const summit = document.querySelector("[data-level]")
  if (!summit) return
  const now = { level: summit.dataset.level, badges: JSON.parse(summit.dataset.earned) }
  const before = remembered()
  localStorage.setItem(memory, JSON.stringify(now))
  if (!before) return
  const news = now.badges.filter((badge) => !before.badges.includes(badge)).map((badge) => `New badge: ${badge}`)
  if (before.level !== now.level) news.unshift(`From ${before.level} to ${now.level}`)
  if (news.length === 0) return
  document.getElementById("cheer").textContent = news.join(" · ")
  summit.classList.add("reached")
}

function remembered() {
  try {
    const before = JSON.parse(localStorage.getItem(memory) ?? "null")
    return typeof before?.level === "string" && Array.isArray(before.badges) ? before : null
  } catch {
    return null
  }
}
