import { foldText } from "./text.ts"

type Money = {
  amount: number /** ISO 4217, or null where the text names no currency. */
  currency: string | null
}

/** An amount with the currency that the text names: `$12,500`, `12.500,00 €`, `EUR 12k`. */
export function parseMoney(text: string): Money | null {
  if (text.length > 60) return null
  const written = foldText(text)
  const [, before = "", number = "", scale = "", after = ""] =
    /^([^\d\s.,+-]*)\s*([+-]?[\d.,'’ ]*\d)\s*(k|m|mn|mio|bn)?\.?\s*([^\d\s.,]*)$/iu.exec(written) ?? []
  const amount = readNumber(number, true)
  if (amount === null || (before && after)) return null
  const currency = currencyOf(before || after)
  if (currency === undefined) return null
  return { amount: Math.round(amount * (scales[scale.toLowerCase()] ?? 1) * 100) / 100, currency }
}

/** A number as people write it: `1,234.5`, `1.234,5`, `1 234`. */
export function parseNumber(text: string): number | null {
  return text.length > 60 ? null : readNumber(foldText(text), false)
}

function readNumber(text: string, isMoney: boolean): number | null {
  if (!/^[+-]?\d[\d.,'’ ]*$/.test(text)) return null
  const spaced = text.replace(/['’ ]/g, "")
  const last = Math.max(spaced.lastIndexOf("."), spaced.lastIndexOf(","))
  const marks = spaced.replace(/[^.,]/g, "")
  const fraction = spaced.length - last - 1
  // One mark before exactly three digits groups thousands; only a dot outside of money may be a decimal point there.
  const isGroup = marks.length > 1 ? new Set(marks).size === 1 : fraction === 3 && (isMoney || marks === ",")
  const whole = last < 0 || isGroup ? spaced : spaced.slice(0, last)
  if (!/^[+-]?\d+(?:([.,])\d{3}(?:\1\d{3})*)?$/.test(whole)) return null
  const number = Number(`${whole.replace(/[.,]/g, "")}${last < 0 || isGroup ? "" : `.${spaced.slice(last + 1)}`}`)
  return Number.isFinite(number) ? number : null
}

/** Null where nothing is named, undefined where what is named is no currency. */
function currencyOf(text: string): string | null | undefined {
  if (!text) return null
  const code = currencySigns[text.toLowerCase()] ?? text.toUpperCase()
  return currencyCodes.has(code) ? code : undefined
}

const scales: Record<string, number> = { k: 1e3, m: 1e6, mn: 1e6, mio: 1e6, bn: 1e9 }

const currencyCodes = new Set(Intl.supportedValuesOf("currency"))

const currencySigns: Record<string, string> = {
  $: "USD",
  us$: "USD",
  "€": "EUR",
  euro: "EUR",
  euros: "EUR",
  "£": "GBP",
  "¥": "JPY",
  "₹": "INR",
  "₩": "KRW",
  "₺": "TRY",
  "₪": "ILS",
  zł: "PLN",
  r$: "BRL",
  a$: "AUD",
  c$: "CAD",
  ca$: "CAD",
  "fr.": "CHF",
  sfr: "CHF",
}
