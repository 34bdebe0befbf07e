import type { Capture, FieldName, PageName, Reading, ReadingKind } from "../reading.ts"
import { type Chains, readFields, type Sheet, type Trace } from "./hooks.ts"
import { type Cut, cutPage, isTooDeep, openPage, type Page, type Part, trimPage } from "./page.ts"

/** Why a page is not read. */
export type Refusal = { kind: Exclude<ReadingKind, "found">; reason: string }

/** How a site says that this is not the page: by signs that count on any page, and by signs that count only where no layout fits. */
export type Walls = { before: (page: Page) => Refusal | null; otherwise: (page: Page) => Refusal | null }

/** One of the forms in which a site serves a kind of page. */
type Layout = { name: string; fits: (page: Page) => boolean; read: (page: Page, trace: Trace) => Sheet | Refusal }

type LayoutParts<P> = {
  /** What it is called where a person asks how a page was read. */
  name: string
  fits: (page: Page) => boolean
  cut: Cut | ((page: Page) => Cut)
  /** What the hooks work on; or why the page is not what it seems. */
  open: (part: Part, page: Page) => P | Refusal
  chains: Chains<P>
  /** Fields without which the page counts as not recognised. */
  needs: FieldName[]
}

export function defineLayout<P extends object>(parts: LayoutParts<P>): Layout {
  return {
    name: parts.name,
    fits: parts.fits,
    read: (page, trace) => {
      const cut = typeof parts.cut === "function" ? parts.cut(page) : parts.cut
      const part = cutPage(page, cut)
      if (part === null) return { kind: "drift", reason: `The page has no "${cut.main}".` }
      const opened = parts.open(part, page)
      if (isRefusal(opened)) return opened
      const sheet = readFields(parts.chains, opened, part.text, trace)
      const missing = parts.needs.filter((field) => sheet.fields[field] === undefined)
      return missing.length === 0 ? sheet : { kind: "drift", reason: `The page shows no ${missing.join(", ")}.` }
    },
  }
}

/** Reads a capture: first whether the site stands in the way, then by the first layout that fits. `trace` hears what was tried. */
export function readLayouts(
  name: PageName,
  capture: Capture,
  walls: Walls,
  layouts: Layout[],
  trace: Trace = () => {},
): Reading {
  if (!URL.canParse(capture.finalUrl) || !URL.canParse(capture.url)) {
    return refusal(name, capture, null, { kind: "drift", reason: "No page of the site answered." })
  }
  const page = openPage(capture)
  if (isTooDeep(page)) {
    return refusal(name, capture, page.title, { kind: "drift", reason: "The page is nested too deep to be read." })
  }
  trimPage(page)
  const refused = walls.before(page)
  if (refused !== null) return refusal(name, capture, page.title, refused)
  const layout = layouts.find((candidate) => {
    const fits = candidate.fits(page)
    trace({ kind: "layout", layout: candidate.name, came: fits ? "fits" : "does not fit" })
    return fits
  })
  const sheet = layout?.read(page, trace) ??
    walls.otherwise(page) ?? { kind: "drift", reason: "The page has none of the layouts that are known." }
  if (isRefusal(sheet)) return refusal(name, capture, page.title, sheet)
  return { url: capture.finalUrl, page: name, kind: "found", reason: null, title: page.title, ...sheet }
}

function refusal(name: PageName, capture: Capture, title: string | null, { kind, reason }: Refusal): Reading {
  return { url: capture.finalUrl, page: name, kind, reason, fields: {}, quotes: {}, hooks: {}, text: "", title }
}

function isRefusal(value: object): value is Refusal {
  return "kind" in value && "reason" in value
}
