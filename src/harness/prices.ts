import type { Model } from "./model.ts"
import type { Usage } from "./reply.ts"

/** USD per million tokens. */
export type Price = {
  input: number
  cacheWrite: number
  cacheRead: number
  output: number
  longPrompt?: Price & { over: number }
}

/** What is known about a model's price. */
type Pricing = {
  price: Price
  /** Why an unlisted model has this price; null for a listed one. */
  assumption: string | null
}

/** As they were published on 2026-11-20. */
const prices: Record<string, Price> = {
  "claude-fable-5-1": price(10, 50, 0.25),
  "claude-fable-5": price(10, 50, 1),
  "claude-mythos-5-1": price(10, 50, 0.25),
  "claude-mythos-5": price(10, 50, 1),
  "claude-opus-5-5": price(4, 20, 0.2),
  "claude-opus-5": price(5, 25, 0.5),
  "claude-opus-4-8": price(5, 25, 0.5),
  "claude-opus-4-7": price(5, 25, 0.5),
  "claude-opus-4-6": price(5, 25, 0.5),
  "claude-opus-4-5": price(5, 25, 0.5),
  "claude-sonnet-5-5": price(2, 10, 0.1),
  "claude-sonnet-5": price(2, 10, 0.2),
  "claude-sonnet-4-6": price(3, 15, 0.3),
  "claude-sonnet-4-5": price(3, 15, 0.3),
  "claude-haiku-5-5": { ...price(0.1, 0.5, 0.01), longPrompt: { ...price(0.5, 2.5, 0.05), over: 100_000 } },
  "claude-haiku-4-5": price(1, 5, 0.1),
}
const free = price(0, 0, 0)
const dearest = price(10, 50, 1)

/** The price of a model. A listed model has its price wherever it is served, because a gateway on this machine may
 * well charge for it; an unlisted one is free where it is local, and elsewhere as dear as the dearest. */
export function priceOf(model: Pick<Model, "name" | "baseURL">): Pricing {
  if (model.name === "rehearsal") return { price: free, assumption: null }
  const listed = Object.entries(prices).find(([name]) => name === model.name.replace(/-\d{8}$/, ""))?.[1]
  if (listed) return { price: listed, assumption: null }
  const isHosted = model.name.startsWith("claude-")
  if (isLocal(model.baseURL) && !isHosted)
    return { price: free, assumption: `${model.name} runs locally and is counted as free.` }
  return {
    price: dearest,
    assumption: `${model.name} is not in the price table and is counted as dear as the dearest model.`,
  }
}

/** USD. */
export function costOf(price: Price, usage: Usage): number {
  const { longPrompt } = price
  const isLong = longPrompt && usage.input + usage.cacheWrite + usage.cacheRead > longPrompt.over
  const rate = isLong ? longPrompt : price
  const perMillion =
    usage.input * rate.input +
    usage.cacheWrite * rate.cacheWrite +
    usage.cacheRead * rate.cacheRead +
    usage.output * rate.output
  return perMillion / 1_000_000
}

/** Writing to the five-minute cache costs a quarter more than reading the prompt anew. */
function price(input: number, output: number, cacheRead: number): Price {
  return { input, output, cacheRead, cacheWrite: input * 1.25 }
}

function isLocal(baseURL: string): boolean {
  const { hostname } = new URL(baseURL)
  return (
    /^(localhost|127\.[\d.]+|0\.0\.0\.0|\[::1\]|host\.docker\.internal|.+\.local)$/.test(hostname) ||
    isPrivate(hostname)
  )
}

function isPrivate(hostname: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)[\d.]+$/.test(hostname)
}
