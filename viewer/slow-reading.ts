import { type Html, html } from "./html.ts"

/** What was read, and when. */
export type SlowAnswer<Value> = { value: Value; at: Date }
export type SlowReading<Value> = {
  /** What is known by now; null while nothing is. What is not known, or not any more, is read from now on. */
  known(version: string): SlowAnswer<Value> | null
  /** The same, waited for while nothing is known. Throws what the reading throws. */
  read(version: string): Promise<SlowAnswer<Value>>
}

/** How long an answer stands although nothing happened: weeks begin by themselves. In milliseconds. */
const longestKept = 10 * 60_000

/** Keeps what takes seconds to read where there are millions of rows. It is read once for all who ask, and again when the version of what
 * it was read from is another; meanwhile the last answer is shown, with its time. */
export function keepSlow<Value>(clock: () => Date, readNow: () => Promise<Value>): SlowReading<Value> {
  let kept: (SlowAnswer<Value> & { version: string }) | null = null
  let reading: Promise<SlowAnswer<Value>> | null = null

  async function readAgain(version: string): Promise<SlowAnswer<Value>> {
    const at = clock()
    kept = { value: await readNow(), at, version }
    return kept
  }

  function begin(version: string): Promise<SlowAnswer<Value>> {
    reading ??= readAgain(version).finally(() => {
      reading = null
    })
    return reading
  }

  function known(version: string): SlowAnswer<Value> | null {
    const isNew = kept?.version === version && clock().getTime() - kept.at.getTime() < longestKept
    // That it failed, only who waits for it has to know.
    if (!isNew) begin(version).catch(() => {})
    return kept
  }

  return { known, read: async (version) => known(version) ?? begin(version) }
}

/** What stands on a page until its answer is there; the page's script waits for `address`, and then looks again. */
export function waiting(title: string, words: string, address: string): Html {
  return html`<section class="notice" data-wait="${address}" role="status"><h1>${title}</h1><p data-words>${words}</p></section>`
}
