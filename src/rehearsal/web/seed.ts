import { createHash } from "node:crypto"

/** Hexadecimal digits that are always the same for the same words, and otherwise look random. */
export function digits(words: string, length: number): string {
  return createHash("sha512").update(words).digest("hex").slice(0, length)
}

/** A whole number from 0 up to `below`, always the same for the same words. */
export function number(words: string, below: number): number {
  return Number.parseInt(digits(words, 12), 16) % below
}

/** `count` entries of a list, one after the other, from a place that the words decide. */
export function some<Entry>(list: readonly Entry[], count: number, words: string): Entry[] {
  const start = number(words, list.length)
  return [...list.slice(start), ...list.slice(0, start)].slice(0, count)
}

/** A UUID that is always the same for the same words. */
export function uuid(words: string): string {
  return digits(words, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}
