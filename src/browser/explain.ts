import type { Capture, PageName } from "./reading.ts"
import type { HookOutcome } from "./sites/hooks.ts"
import { adapters } from "./sites/route.ts"

/** How a page was read: the layouts that were looked for, and for each field of the page's kind every hook that was tried. */
export type Explained = {
  layouts: { layout: string; came: "fits" | "does not fit" }[]
  fields: {
    field: string
    /** The hook that found it; null where none did. */
    hook: string | null
    /** Null also where the page was not recognised, so that nothing of it counts. */
    quote: string | null
    tried: { hook: string; came: HookOutcome }[]
  }[]
}

/** Reads a capture once more and writes down what was tried. Where no layout fits, no hook was tried. */
export function explainPage(page: PageName, capture: Capture): Explained {
  const adapter = adapters.find((one) => one.page === page)
  const layouts: Explained["layouts"] = []
  const tried: { field: string; hook: string; came: HookOutcome }[] = []
  const reading = adapter?.parse(capture, (step) => {
    if (step.kind === "layout") layouts.push({ layout: step.layout, came: step.came })
    else tried.push({ field: step.field, hook: step.hook, came: step.came })
  })
  const quotes: Record<string, string | undefined> = reading?.quotes ?? {}
  const names = new Set([...Object.keys(adapter?.schema.shape ?? {}), ...tried.map(({ field }) => field)])
  const fields = [...names].map((field) => {
    const ofField = tried.filter((one) => one.field === field).map(({ hook, came }) => ({ hook, came }))
    const hook = ofField.find(({ came }) => came === "found")?.hook ?? null
    return { field, hook, quote: quotes[field] ?? null, tried: ofField }
  })
  return { layouts, fields }
}
