import { type FieldName, type Fields, fieldsSchema, type Reading } from "../reading.ts"
import { fold } from "./text.ts"

/** A value and the words it rests on. `structured` marks words that come from data in the page and not from its visible text. */
export type Found<T> = { value: T; quote: string; structured?: true }

/** One way to find a field on a page of the kind `P`. */
type Hook<P, T> = { name: string; find: (page: P) => Found<T> | null }

/** For each field the hooks to try, in order. */
export type Chains<P> = { [F in FieldName]?: Hook<P, NonNullable<Fields[F]>>[] }

export type Sheet = Pick<Reading, "fields" | "quotes" | "hooks" | "text">

/** What came of one try to read a page, for a person who wants to know why: which layouts were looked for, and what each hook of a
 * field found. */
export type Trace = (
  step:
    | { kind: "layout"; layout: string; came: "fits" | "does not fit" }
    | { kind: "hook"; field: FieldName; hook: string; came: HookOutcome },
) => void

/** found: its value was taken. unfit: the value has not the field's shape. unproved: its words do not stand on the page. */
export type HookOutcome = "found" | "nothing" | "unfit" | "unproved"

/** Runs every chain. A hook counts only if its value has the field's shape and its quote stands in the page's visible text or is
 * structured data (which is then added to the text): a value that cannot be proved is no value. */
export function readFields<P>(chains: Chains<P>, page: P, visibleText: string, trace: Trace = () => {}): Sheet {
  const sheet: Sheet = { fields: {}, quotes: {}, hooks: {}, text: visibleText }
  const structured: string[] = []
  for (const field of fieldsSchema.keyof().options) {
    for (const hook of chains[field] ?? []) {
      const came = tryHook(sheet, structured, field, hook, page)
      trace({ kind: "hook", field, hook: hook.name, came })
      if (came === "found") break
    }
  }
  if (structured.length > 0) sheet.text = [visibleText, "Structured data:", ...new Set(structured)].join("\n")
  return sheet
}

function tryHook<P, F extends FieldName>(
  sheet: Sheet,
  structured: string[],
  field: F,
  hook: Hook<P, NonNullable<Fields[F]>>,
  page: P,
): HookOutcome {
  const found = hook.find(page)
  if (found === null) return "nothing"
  if (!fieldsSchema.shape[field].safeParse(found.value).success) return "unfit"
  const quote = fold(found.quote)
  if (quote === "") return "unproved"
  if (found.structured) structured.push(quote)
  else if (!sheet.text.includes(quote)) return "unproved"
  sheet.fields[field] = found.value
  sheet.quotes[field] = quote
  sheet.hooks[field] = hook.name
  return "found"
}

/** Words that are the value themselves; null when there are none. */
export function words(quote: string | null | undefined): Found<string> | null {
  return quote === undefined || quote === null || quote === "" ? null : { value: quote, quote }
}

/** Text from data in the page, quoted as `key: text`. Null when the data does not say it. */
export function structuredText(key: string, text: string | null | undefined): Found<string> | null {
  const value = fold(text ?? "")
  return value === "" ? null : { value, quote: `${key}: ${value}`, structured: true }
}

/** A number from data in the page, quoted as `key: number`. Null when the data does not say it. */
export function structuredNumber(key: string, value: number | null | undefined): Found<number> | null {
  return value === null || value === undefined ? null : { value, quote: `${key}: ${value}`, structured: true }
}
