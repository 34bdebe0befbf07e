import type { z } from "zod"
import type { Capture, PageName, Reading } from "../reading.ts"
import type { Trace } from "./hooks.ts"
import type { Step } from "./web/page/steps.ts"

/** When a page is there. Plain data, so that it can be passed into the page. All selectors are CSS. */
export type Ready = {
  /** The page, or one of its known non-pages: any one of these in the document will do. */
  any: string[]
  /** The element that scrolls; null is the window. */
  scroller: string | null
  /** Content that loads only when its placeholder is scrolled into view. It is there when `filled` matches; when it never does,
   * the page is captured as it is and the adapter counts that content as not read. */
  lazy: { placeholder: string; filled: string }[]
  /** How many times to scroll on by one screen, for a list that grows; 0 for none. */
  screens: number
  /** How long to wait for `any`, and then for each lazy part. */
  waitMs: number
  lazyWaitMs: number
}

/** How one kind of page is found, opened and read. */
export type Adapter = {
  page: PageName
  matches: (url: URL) => boolean
  /** The address to open, built from the parts of `url` that name the page. */
  address: (url: URL) => string
  /** Hosts that the browser may speak to for this reading; `*.` stands for any depth of subdomains. */
  hosts: (url: URL) => string[]
  ready: Ready
  /** What is pressed and written in on the page before it is read, where an address says so. */
  steps?: (url: URL) => Step[]
  /** The fields that this page can fill. */
  schema: z.ZodObject
  /** Pure: reads what was captured and nothing else. Never throws because of what a page says. `trace` hears what was tried. */
  parse: (capture: Capture, trace?: Trace) => Reading
}
