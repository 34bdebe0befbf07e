import { z } from "zod"

/** What zod found wrong, in one line. */
export function prettify(error: z.ZodError): string {
  return z
    .prettifyError(error)
    .replace(/\s*\n\s*/g, "; ")
    .replace(/✖ /g, "")
}

/** `3 leads`, `1 lead`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`
}

/** Time in the words of a person: `40 s`, `3 min`, `2 h`, `5 days`. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} days`
}

/** `3,100 tokens and 12,000 from the cache`. */
export function tokensText({ tokens, cachedTokens }: { tokens: number; cachedTokens: number }): string {
  const cached = cachedTokens > 0 ? ` and ${cachedTokens.toLocaleString("en")} from the cache` : ""
  return `${tokens.toLocaleString("en")} tokens${cached}`
}
