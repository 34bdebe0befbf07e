import { setTimeout as sleep } from "node:timers/promises"
import type { CDPSession } from "playwright"
import { z } from "zod"

/** Runs a function in a world of its own in the page, where the page's scripts cannot reach it; the function may use nothing from
 * outside its own body. Null when it failed or the page moved on underneath it. */
export async function runInside<A, R>(
  session: CDPSession,
  inside: (argument: A) => R,
  argument: A,
  schema: z.ZodType<R>,
): Promise<R | null> {
  try {
    const { frameTree } = await session.send("Page.getFrameTree")
    const world = await session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id, worldName: "lane" })
    const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
      contextId: world.executionContextId,
      expression: `(${inside})(${JSON.stringify(argument)})`,
      returnByValue: true,
    })
    return exceptionDetails ? null : schema.parse(result.value)
  } catch (error) {
    if (error instanceof z.ZodError) throw error
    return null
  }
}

const pollMs = 100

/** Asks again and again until it is done, for so many milliseconds at the longest. */
export async function until(longestMs: number, isDone: () => Promise<boolean | null>): Promise<void> {
  const deadline = performance.now() + longestMs
  while (!(await isDone()) && performance.now() < deadline) await sleep(pollMs)
}

/** Waits until a page has loaded and its number of elements stays what it is. */
export async function untilAtRest(session: CDPSession, longestMs: number): Promise<void> {
  let before = -1
  await until(longestMs, async () => {
    const size = await runInside(session, loadedSize, null, z.number())
    const atRest = size !== null && size > 0 && size === before
    before = size ?? -1
    return atRest
  })
}

/** Elements of a page that has loaded; 0 while it is loading. */
export function loadedSize(): number {
  const state = Object.getOwnPropertyDescriptor(Document.prototype, "readyState")?.get?.call(document)
  return state === "complete" ? Document.prototype.getElementsByTagName.call(document, "*").length : 0
}
