import { act } from "./act.js"
import { refreshDrawer } from "./drawer.js"
import { refreshRecord } from "./live.js"
import { go } from "./table.js"
import { say } from "./toast.js"

/** Forms that do something do it without leaving the page; without a script they are sent as they are. */
export function followDeeds() {
  document.addEventListener("submit", async (event) => {
    const form = event.target
    if (!form.matches("form[data-deed]") || event.defaultPrevented) return
    event.preventDefault()
    const button = event.submitter
    if (button) button.disabled = true
    try {
      const { csrf: _, ...body } = Object.fromEntries(new FormData(form))
      await act(form.getAttribute("action"), body)
      form.closest("details")?.removeAttribute("open")
      form.reset()
      await bringUp(form)
    } catch (error) {
      say(error.message, 6_000)
    } finally {
      if (button) button.disabled = false
    }
  })
}

/** Shows what came of it where it was done. */
async function bringUp(form) {
  if (form.closest("#drawer")) return refreshDrawer({ isAsked: true })
  if (form.closest("#listing")) return go(location.href, { history: "keep" })
  if (form.closest("article[data-lead]")) return refreshRecord({ isAsked: true })
  location.reload()
}
