/** What is known of a lead, by the names of fields; `domain` is its company's. */
export type Known = Readonly<Record<string, string | undefined>>

/** A value as a source gave it. `quote` stands in the answer's text. */
export type SourceValue = { field: string; value: string; quote: string }

/** found: also when it is not everything that was hoped for. unavailable: it says nothing about the lead. */
export type SourceAnswer =
  | { kind: "found"; text: string; values: SourceValue[] }
  | { kind: "nothing"; reason: string }
  | { kind: "unavailable"; reason: string }

/** Somewhere beside the browser where values can be had. */
export type Source = {
  name: string
  /** Fields that it may know. */
  fields: readonly string[]
  /** US dollars for each question, also for one without an answer. */
  priceUsd: number
  /** At most so many questions in any window of so many milliseconds. */
  rate: { calls: number; windowMs: number }
  /** How likely a value of it is right, from 0 to 1, before anything was measured. */
  precision: number
  /** What it would be asked for this lead, as an address without any key; null where it needs what is not known. */
  question(known: Known): string | null
  ask(known: Known, signal: AbortSignal): Promise<SourceAnswer>
}
