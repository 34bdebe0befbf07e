/** A connection to Postgres, whichever program is at its other end. */
export type Wire = {
  /** One statement. Integers, decimals and counts come as numbers, true and false as 1 and 0, JSON as what it says. */
  ask<Row>(text: string, values: unknown[], shape: "objects" | "lists"): Promise<Row[]>
  /** Statements without values, in one go, and the rows of each. `longest` is how long they may take, in milliseconds, where that is
   * longer than usual. */
  run<Row>(text: string, longest?: number): Promise<Row[][]>
}

/** A Postgres and a schema in it. */
export type Server = {
  /** Who and where, for people; never with a password. */
  label: string
  schema: string
  /** Connections that cannot write. Each question is by itself. */
  reading: Wire
  /** Several questions as of one moment. */
  snapshot<T>(work: (wire: Wire) => Promise<T>): Promise<T>
  /** The connection that writes, for one transaction; connecting if it is not connected. `release` gives it back, or ends it where it
   * is of no more use. */
  takeWriter(): Promise<{ wire: Wire; release(isBroken: boolean): void }>
  /** Calls back whenever something was committed anywhere; `stop` ends it. */
  listen(channel: string, heard: () => void): { stop(): void }
  close(): Promise<void>
}

/** Values as the wire takes them. Postgres holds no NUL in a text; what is no number is null, as with SQLite. */
export function wireValue(value: unknown): unknown {
  if (Number.isNaN(value)) return null
  if (Array.isArray(value)) return value.map(wireValue)
  return typeof value === "string" && value.includes("\0") ? value.replaceAll("\0", "\uFFFD") : value
}

/** What the wire makes of a value as Postgres writes it out, by the number of its type. */
export const parsers: Record<number, (text: string) => unknown> = {
  // boolean, bigint, numeric, json, jsonb
  16: (text) => (text === "t" || text === "true" ? 1 : 0),
  20: Number,
  1700: Number,
  114: scalar,
  3802: scalar,
}

/** A single value of JSON as SQLite's functions give it: lists and objects stay text. */
function scalar(text: string): unknown {
  const value: unknown = JSON.parse(text)
  if (typeof value === "boolean") return Number(value)
  return typeof value === "object" && value !== null ? text : value
}
