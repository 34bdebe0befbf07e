import type { Page } from "playwright"

/** Notes whatever a reader would call broken: errors on the console, exceptions, dialogs, requests to elsewhere than the viewer. */
export function noteTrouble(page: Page, viewer: { url: string }, trouble: string[]): void {
  page.on("console", (message) => message.type() === "error" && trouble.push(message.text()))
  page.on("pageerror", (error) => trouble.push(error.message))
  page.on("dialog", (dialog) => {
    trouble.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on("request", (request) => request.url().startsWith(viewer.url) || trouble.push(`asked ${request.url()}`))
}
