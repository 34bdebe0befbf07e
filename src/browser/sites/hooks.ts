import { type FieldName, type Fields, fieldsSchema, type Reading } from "../reading.ts"
import { fold } from "./text.ts"

/** A value and the words it rests on. `structured` marks words that come from data in the page and not from its visible text. */
export type Found<T> = { value: T; quote: string; structured?: true }

/** One way to find a field on a page of the kind `P`. */
type Hook<P, T> = { name: string; find: (page: P) => Found<T> | null }

/** For each field the hooks to try, in order. */
export type Chains<P> = { [F in FieldName]?: Hook<P, NonNullable<Fields[F]>>[] }

export type Sheet = Pick<Reading, "fields" | "quotes" | "hooks" | "text">

/** Runs every chain. A hook counts only if its value has the field's shape and its quote stands in the page's visible text or is
 * structured data (which is then added to the text): a value that cannot be proved is no value. */
export function readFields<P>(chains: Chains<P>, page: P, visibleText: string): Sheet {
  const sheet: Sheet = { fields: {}, quotes: {}, hooks: {}, text: visibleText }
  const structured: string[] = []
  for (const field of fieldsSchema.keyof().options) readField(sheet, structured, field, chains[field] ?? [], page)
  if (structured.length > 0) sheet.text = [visibleText, "Structured data:", ...new Set(structured)].join("\n")
  return sheet
}

function readField<P, F extends FieldName>(
  sheet: Sheet,
  structured: string[],
  field: F,
  chain: Hook<P, NonNullable<Fields[F]>>[],
  page: P,
): void {
  for (const hook of chain) {
    const found = hook.find(page)
    if (found === null || !fieldsSchema.shape[field].safeParse(found.value).success) continue
    const quote = fold(found.quote)
    if (quote === "") continue
    if (found.structured) structured.push(quote)
    else if (!sheet.text.includes(quote)) continue
    sheet.fields[field] = found.value
    sheet.quotes[field] = quote
    sheet.hooks[field] = hook.name
    return
  }
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
