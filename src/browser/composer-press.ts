import type { CDPSession, Page } from "playwright"
import { type ComposerHooks, lookAtComposer } from "./composer-look.ts"

/** Who presses the button. The lane does it only where the account's owner has agreed to that. */
export type Presser = { kind: "lane" } | { kind: "person"; patienceMs: number; onReady: (page: Page) => void }

/** How long the button may take to be pressed by the lane, in milliseconds. */
const pressMs = 10_000

/** Waits for the one press that may be, made by the lane or the person; or says why it did not come. */
export async function pressed(
  page: Page,
  session: CDPSession,
  hooks: ComposerHooks,
  exactly: { body: string; links: string[] },
  presser: Presser,
  signal: AbortSignal,
): Promise<"pressed" | string> {
  const guarded = guardPress(session, { ...hooks, ...exactly })
  if (!(await guarded.isUp)) return "The page cannot be watched, so nothing is sent in it."
  const ended = Promise.withResolvers<string>()
  const stop = () => ended.resolve("It was stopped before the message was sent.")
  page.once("close", () => ended.resolve("The window was closed before the message was sent."))
  signal.addEventListener("abort", stop, { once: true })
  if (signal.aborted) stop()
  const patience = presser.kind === "person" ? presser.patienceMs : pressMs
  const timer = setTimeout(() => ended.resolve("Nobody pressed the button in time."), patience)
  try {
    if (presser.kind === "person") presser.onReady(page)
    else
      void page
        .locator(hooks.send)
        .last()
        .click({ timeout: pressMs })
        .catch(() => {})
    return await Promise.race([guarded.press, ended.promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener("abort", stop)
  }
}

type Guard = ComposerHooks & { body: string; links: string[] }

/** Sets the watch over the button in a world of its own. `press` comes with the first press that it lets through. */
function guardPress(session: CDPSession, guard: Guard): { isUp: Promise<boolean>; press: Promise<"pressed" | string> } {
  const up = Promise.withResolvers<boolean>()
  const press = (async () => {
    const { frameTree } = await session.send("Page.getFrameTree")
    const world = await session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id, worldName: "guard" })
    const evaluated = session.send("Runtime.evaluate", {
      contextId: world.executionContextId,
      expression: `(${watchPress})(${JSON.stringify(guard)}, ${lookAtComposer})`,
      awaitPromise: true,
      returnByValue: true,
    })
    // Commands are answered in their order: once this one is, the watch stands.
    await session.send("Runtime.evaluate", { contextId: world.executionContextId, expression: "1" })
    up.resolve(true)
    const { result } = await evaluated
    return result.value === "pressed"
      ? "pressed"
      : "The text or its recipient was changed in the window; nothing was sent."
  })().catch(() => {
    up.resolve(false)
    return "The page was left before the message was sent."
  })
  return { isUp: up.promise, press }
}

/** Lets the button be pressed by a hand or the lane, while exactly what is wanted stands there; ends with whether it was. It uses
 * nothing from outside its own body. */
function watchPress(guard: Guard, look: typeof lookAtComposer): Promise<"pressed" | "altered"> {
  return new Promise((resolve) => {
    const buttons = () => [...Document.prototype.querySelectorAll.call(document, guard.send)]
    const judge = (event: Event) => {
      const path = event.composedPath()
      const editor = Document.prototype.querySelector.call(document, guard.editor)
      const isOnButton = buttons().some((button) => path.includes(button))
      const isEnter = event instanceof KeyboardEvent && event.key === "Enter"
      // Enter may send, or begin a line: in the editor it does neither.
      if (isEnter && !isOnButton && editor && path.includes(editor)) {
        event.preventDefault()
        event.stopImmediatePropagation()
        return
      }
      const isPress = event.type === "submit" || (isOnButton && (!(event instanceof KeyboardEvent) || isEnter))
      if (!isPress) return
      const now = look(guard)
      const isExact =
        now.editors === 1 && now.text === guard.body && JSON.stringify(now.links) === JSON.stringify(guard.links)
      if (event.isTrusted && isExact) {
        if (event.type === "click") resolve("pressed")
        return
      }
      event.preventDefault()
      event.stopImmediatePropagation()
      if (event.isTrusted && event.type === "click") resolve("altered")
    }
    for (const type of ["pointerdown", "mousedown", "touchstart", "click", "keydown", "submit"]) {
      window.addEventListener(type, judge, { capture: true, passive: false })
    }
  })
}
