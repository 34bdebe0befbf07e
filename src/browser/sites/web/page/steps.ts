import { z } from "zod"

/** What is done on a page once it is there. `at` is the control's place among all controls of the document, `print` how it is
 * recognised there. */
const step = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("click"), at: z.int().nonnegative(), print: z.string() }),
  z.object({ kind: z.literal("type"), at: z.int().nonnegative(), print: z.string(), words: z.string() }),
])
export type Step = z.output<typeof step>

const mark = "#giant="
/** A page is not led further from its address than this. */
const mostSteps = 6

/** Everything on a page that can be pressed or written in, in the order of the document. */
export const controlSelector =
  'button, input, textarea, summary, [role="button"], [role="tab"], [role="menuitem"], [role="option"]'

/** The steps that an address names. Agents hold no page: what stands there after some steps has an address of its own, and is
 * reached by taking the steps again. */
export function stepsOf(address: string): Step[] {
  const at = address.indexOf(mark)
  if (at < 0) return []
  try {
    return z
      .array(step)
      .max(mostSteps)
      .parse(JSON.parse(decodeURIComponent(address.slice(at + mark.length))))
  } catch {
    return []
  }
}

/** The address of what stands there after one step more. */
export function withStep(address: string, next: Step): string {
  return `${withoutSteps(address)}${mark}${encodeURIComponent(JSON.stringify([...stepsOf(address), next]))}`
}

/** The address that the browser opens. */
export function withoutSteps(address: string): string {
  const at = address.indexOf(mark)
  return at < 0 ? address : address.slice(0, at)
}

/** How a control is recognised in another load of its page. */
export function printOf(name: string, type: string, text: string): string {
  return [name, type, text.replace(/\s+/g, " ").trim().slice(0, 80)].join("|")
}
