import { foldText } from "../normal-forms/text.ts"

/** An entry of a JSON file as text per key, or why it is none. `line` is where it starts, counted from 1. */
export type JsonRow =
  | { kind: "cells"; line: number; cells: Record<string, string> }
  | { kind: "refused"; line: number; reason: string; raw: string }

const longestEntry = 1024 * 1024
const longestRaw = 500

/** The entries of a file with one JSON object on each line. */
export async function* readJsonLines(chunks: AsyncIterable<string>): AsyncGenerator<JsonRow[]> {
  let text = ""
  let line = 1
  for await (const chunk of chunks) {
    const lines = (text + chunk).split("\n")
    text = lines.pop() ?? ""
    const rows: JsonRow[] = []
    for (const one of lines) {
      if (one.trim() !== "") rows.push(parseEntry(one, line))
      line += 1
    }
    if (text.length > longestEntry) {
      yield [...rows, refusedEntry(line, "is longer than a line can be; what follows was not read", text)]
      return
    }
    if (rows.length > 0) yield rows
  }
  if (text.trim() !== "") yield [parseEntry(text, line)]
}

/** The entries of a file with one JSON array of objects, read without holding the array. */
export async function* readJsonArray(chunks: AsyncIterable<string>): AsyncGenerator<JsonRow[]> {
  let text = ""
  let at = 0
  let depth = 0
  let start = -1
  let isString = false
  let line = 1
  let startLine = 1
  for await (const chunk of chunks) {
    text += chunk
    const rows: JsonRow[] = []
    for (; at < text.length; at++) {
      const mark = text.charCodeAt(at)
      if (mark === newline) line += 1
      if (isString) {
        if (mark === backslash) at += 1
        else if (mark === quote) isString = false
        continue
      }
      const isBetween = depth === 1 && (mark === comma || mark === closeBracket)
      if (isBetween && start >= 0) {
        rows.push(parseEntry(text.slice(start, at), startLine))
        start = -1
      } else if (depth === 1 && start < 0 && mark > space && !isBetween) {
        start = at
        startLine = line
      }
      if (mark === quote) isString = true
      else if (mark === openBracket || mark === openBrace) depth += 1
      else if (mark === closeBracket || mark === closeBrace) depth -= 1
      if (depth === 0 && mark > space) {
        if (rows.length > 0) yield rows
        return
      }
    }
    const kept = start < 0 ? text.length : start
    text = text.slice(kept)
    at -= kept
    if (start >= 0) start = 0
    if (rows.length > 0) yield rows
    if (text.length > longestEntry) {
      yield [refusedEntry(startLine, "never ends; what follows was not read", text)]
      return
    }
  }
  yield [refusedEntry(start < 0 ? line : startLine, "breaks off: the file ends inside its list", text)]
}

function parseEntry(text: string, line: number): JsonRow {
  const cells = readObject(text)
  return cells ? { kind: "cells", line, cells } : refusedEntry(line, "is not a JSON object", text)
}

function readObject(text: string): Record<string, string> | null {
  try {
    const entry: unknown = JSON.parse(text)
    if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return null
    const cells: Record<string, string> = Object.create(null)
    flatten(entry, "", cells)
    return cells
  } catch {
    return null // Not JSON, or nested deeper than can be followed.
  }
}

/** Nested objects become `outer.inner`; `custom` and `properties` only wrap. A list of plain values becomes text with semicolons. */
function flatten(object: object, prefix: string, cells: Record<string, string>) {
  const entries: [string, unknown][] = Object.entries(object)
  for (const [key, value] of entries) {
    const name = foldText(prefix + key)
    if (value === null) continue
    if (typeof value !== "object") cells[name] = String(value)
    else if (!Array.isArray(value)) flatten(value, key === "custom" || key === "properties" ? "" : `${name}.`, cells)
    else if (value.every((one) => typeof one !== "object")) cells[name] = value.join("; ")
    else cells[name] = JSON.stringify(value)
  }
}

function refusedEntry(line: number, reason: string, raw: string): JsonRow {
  return { kind: "refused", line, reason, raw: raw.slice(0, longestRaw).trim() }
}

const newline = 10
const space = 32
const quote = 34
const comma = 44
const openBracket = 91
const backslash = 92
const closeBracket = 93
const openBrace = 123
const closeBrace = 125
