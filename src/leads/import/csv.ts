import { foldText } from "../normal-forms/text.ts"

/** A row of a CSV file, or why a line of it is none. `line` is where it starts, counted from 1. */
export type CsvRow =
  | { kind: "cells"; line: number; cells: string[] }
  | { kind: "refused"; line: number; reason: string; raw: string }

export type CsvLayout = {
  delimiter: string
  columns: string[]
  /** Where the first row starts, in characters and in lines. */
  start: number
  line: number
  /** A row has this many cells at least; what stands beyond the columns must be blank. */
  least: number
  /** Lines end in a lone carriage return, as old Macs wrote them. */
  isCarriageReturn: boolean
}

/** A quoted cell longer than this is a quote that was never closed. */
const longestCell = 128 * 1024
const longestRow = 1024 * 1024
const longestRaw = 500
const delimiters = [",", ";", "\t", "|"]

/**
 * Finds the delimiter, the header below any title or notes, and where the rows start. A file whose first line is data gets
 * `Column 1`, `Column 2`, ... as its header. Null where there is no line.
 */
export function findLayout(sample: string, isWhole: boolean, isData: (cell: string) => boolean): CsvLayout | null {
  const isCarriageReturn = !sample.includes("\n") && sample.includes("\r")
  const lines = isCarriageReturn ? sample.replaceAll("\r", "\n") : sample
  const [hint = "", hinted] = /^sep=(.)\r?\n/i.exec(lines) ?? []
  const body = lines.slice(hint.length)
  const readings = (hinted ? [hinted] : delimiters).map((delimiter) => readSample(body, delimiter, isWhole))
  const best = readings.reduce((one, other) => (isBetter(other, one) ? other : one))
  const header = headerOf(best)
  if (!header || !/[\p{L}\p{N}]/u.test(header.cells.join(""))) return null
  const hasHeader = !header.cells.some(isData)
  const named = hasHeader ? usedCells(header.cells) : header.cells.length
  const used = Math.max(
    named,
    ...best.rows.map(({ cells }) => (cells.length <= header.cells.length ? usedCells(cells) : 0)),
  )
  return {
    delimiter: best.delimiter,
    columns: columnNames(header.cells.slice(0, used).map((cell) => (hasHeader ? cell : ""))),
    start: hint.length + (hasHeader ? header.end : header.start),
    line: (hint ? 2 : 1) + (hasHeader ? header.endLine : header.line),
    least: named,
    isCarriageReturn,
  }
}

/** The rows of a CSV text, as they come. A row that cannot be read is refused by itself: reading goes on with the next line. */
export async function* readCsv(chunks: AsyncIterable<string>, layout: CsvLayout): AsyncGenerator<CsvRow[]> {
  const width = { least: layout.least, most: layout.columns.length }
  let text = ""
  let skip = layout.start
  let line = layout.line
  let isSkippingLine = false
  for await (const chunk of chunks) {
    text += skip > 0 ? chunk.slice(skip) : chunk
    skip = Math.max(0, skip - chunk.length)
    if (layout.isCarriageReturn) text = text.replaceAll("\r", "\n")
    if (isSkippingLine) {
      const end = text.indexOf("\n")
      text = end < 0 ? "" : text.slice(end + 1)
      isSkippingLine = end < 0
      if (end >= 0) line += 1
    }
    const part = parseRows(text, layout.delimiter, line, false, width)
    text = text.slice(part.used)
    line = part.line
    if (text.length > longestRow) {
      part.rows.push(refusedRow(line, "is longer than a row can be", text))
      isSkippingLine = !text.includes("\n")
      text = text.slice(text.indexOf("\n") + 1 || text.length)
      if (!isSkippingLine) line += 1
    }
    if (part.rows.length > 0) yield part.rows
  }
  const { rows } = parseRows(text, layout.delimiter, line, true, width)
  if (rows.length > 0) yield rows
}

type SampleRow = { cells: string[]; start: number; end: number; line: number; endLine: number }
type Reading = {
  delimiter: string
  rows: SampleRow[] /** Cells of most rows. */
  width: number /** The part of the rows that have as many. */
  share: number
}

function readSample(text: string, delimiter: string, isWhole: boolean): Reading {
  const rows: SampleRow[] = []
  let read = 0
  let line = 0
  for (let at = 0; at < text.length; ) {
    const row = parseQuotedRow(text, at, delimiter, isWhole, { least: 0, most: Number.POSITIVE_INFINITY })
    if (!row) break
    const endLine = line + newlinesIn(text, at, row.end)
    if (row.fault || usedCells(row.cells) > 0) read += 1
    if (!row.fault && usedCells(row.cells) > 0) rows.push({ cells: row.cells, start: at, end: row.end, line, endLine })
    at = row.end
    line = endLine
  }
  const counts = new Map<number, number>()
  for (const { cells } of rows) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1)
  // A table says itself in wide rows; titles and notes around a short one may be as many.
  const [width, count] = [...counts].reduce((one, other) => (weight(other) > weight(one) ? other : one), [0, 0])
  return { delimiter, rows, width, share: read === 0 ? 0 : count / read }
}

function weight([width, count]: [number, number]): number {
  return count * Math.min(width, 10)
}

/** A delimiter that is in the text at all, then the one by which most rows are alike, then the one that makes most cells. */
function isBetter(one: Reading, other: Reading): boolean {
  if (one.width > 1 !== other.width > 1) return one.width > 1
  return one.share === other.share ? one.width > other.width : one.share > other.share
}

/** The first row that fills more than half of the cells that rows fill: titles and notes above it do not. */
function headerOf({ rows, width }: Reading): SampleRow | undefined {
  const most = Math.max(0, ...rows.filter(({ cells }) => cells.length === width).map(({ cells }) => filled(cells)))
  return rows.find(({ cells }) => filled(cells) > most / 2)
}

function filled(cells: string[]): number {
  return cells.filter((cell) => cell.trim() !== "").length
}

/** Every column gets a name, and no name comes twice. */
function columnNames(cells: string[]): string[] {
  const names: string[] = []
  for (const [i, cell] of cells.entries()) {
    const name = foldText(cell) || `Column ${i + 1}`
    let unique = name
    for (let n = 2; names.includes(unique); n++) unique = `${name} (${n})`
    names.push(unique)
  }
  return names
}

type Width = { least: number; most: number }
type Parsed = { rows: CsvRow[]; used: number; line: number }

/** The complete rows at the start of a text; its last row is complete only where `isLast`. Blank rows are left out. */
function parseRows(text: string, delimiter: string, firstLine: number, isLast: boolean, width: Width): Parsed {
  const rows: CsvRow[] = []
  let at = 0
  let line = firstLine
  let quote = -1
  while (at < text.length) {
    const newline = text.indexOf("\n", at)
    if (newline < 0 && !isLast) break
    const end = newline < 0 ? text.length : newline
    if (quote < at) quote = indexOrEnd(text, '"', at)
    if (quote > end) {
      const cells = text.slice(at, text.charCodeAt(end - 1) === carriageReturn ? end - 1 : end).split(delimiter)
      addRow(rows, cells, line, width, text, at)
      at = end + 1
      line += 1
      continue
    }
    const row = parseQuotedRow(text, at, delimiter, isLast, width)
    if (!row) break
    if (row.fault) rows.push(refusedRow(line, row.fault, text.slice(at, row.end)))
    else addRow(rows, row.cells, line, width, text, at)
    line += newlinesIn(text, at, row.end)
    at = row.end
  }
  return { rows, used: Math.min(at, text.length), line }
}

function addRow(rows: CsvRow[], cells: string[], line: number, width: Width, text: string, at: number) {
  if (cells.every((cell) => cell === "" || cell.trim() === "")) return
  const reason = misfit(cells, width)
  if (reason) rows.push(refusedRow(line, reason, text.slice(at, at + longestRaw).split("\n", 1)[0] ?? ""))
  else rows.push({ kind: "cells", line, cells })
}

function misfit(cells: string[], { least, most }: Width): string | null {
  if (cells.length >= least && cells.length <= most) return null
  const used = cells.length < least ? cells.length : usedCells(cells)
  return used >= least && used <= most
    ? null
    : `has ${used} ${used === 1 ? "cell" : "cells"} where the header has ${most}`
}

/** How many cells there are up to the last one that is not blank. */
function usedCells(cells: string[]): number {
  return cells.findLastIndex((cell) => cell.trim() !== "") + 1
}

type QuotedRow = { cells: string[]; end: number; fault: string | null }

/**
 * One row with quotes in it, or null where the text ends before the row does. Where the quoting is broken, the row ends with the
 * line on which the faulty quote was opened, so that a stray quote costs its own line and not what follows.
 */
function parseQuotedRow(
  text: string,
  start: number,
  delimiter: string,
  isLast: boolean,
  width: Width,
): QuotedRow | null {
  const cells: string[] = []
  let at = start
  let longQuote = -1
  for (;;) {
    const open = skipSpaces(text, at)
    let end: number
    if (text.charCodeAt(open) === quoteMark) {
      const close = closingQuote(text, open, isLast)
      if (close === "later") return null
      if (close === "never") return faultAt(text, open, isLast, "has a quote that is opened and never closed")
      cells.push(text.slice(open + 1, close).replaceAll('""', '"'))
      if (longQuote < 0 && text.slice(open, close).includes("\n")) longQuote = open
      end = skipSpaces(text, close + 1)
      const isAtEnd =
        end >= text.length || text[end] === "\n" || (text[end] === "\r" && /^\r(?:\n|$)/.test(text.slice(end, end + 2)))
      if (!isAtEnd && text[end] !== delimiter)
        return faultAt(text, open, isLast, "has a quote inside a quoted cell that is not doubled")
    } else {
      end = at
      while (end < text.length && text[end] !== delimiter && text.charCodeAt(end) !== newlineMark) end++
      cells.push(
        text.slice(
          at,
          end > at && text.charCodeAt(end - 1) === carriageReturn && text[end] !== delimiter ? end - 1 : end,
        ),
      )
    }
    if (end >= text.length && !isLast) return null
    if (text[end] === delimiter) {
      at = end + 1
      continue
    }
    const reason = longQuote < 0 ? null : misfit(cells, width)
    if (reason) return faultAt(text, longQuote, isLast, `${reason}, or a quote in it is broken`)
    const newline = text.indexOf("\n", end)
    return newline < 0 && !isLast ? null : { cells, end: newline < 0 ? text.length : newline + 1, fault: null }
  }
}

function closingQuote(text: string, open: number, isLast: boolean): number | "later" | "never" {
  let at = open + 1
  for (;;) {
    const close = text.indexOf('"', at)
    const length = (close < 0 ? text.length : close) - open
    if (length > longestCell) return "never"
    if (close < 0) return isLast ? "never" : "later"
    if (close + 1 >= text.length && !isLast) return "later"
    if (text.charCodeAt(close + 1) !== quoteMark) return close
    at = close + 2
  }
}

function faultAt(text: string, open: number, isLast: boolean, fault: string): QuotedRow | null {
  const newline = text.indexOf("\n", open)
  if (newline < 0 && !isLast) return null
  return { cells: [], end: newline < 0 ? text.length : newline + 1, fault }
}

function refusedRow(line: number, reason: string, raw: string): CsvRow {
  return { kind: "refused", line, reason, raw: raw.slice(0, longestRaw).trimEnd() }
}

function skipSpaces(text: string, at: number): number {
  let end = at
  while (text.charCodeAt(end) === 32) end++
  return end
}

function newlinesIn(text: string, start: number, end: number): number {
  let count = 0
  for (let at = text.indexOf("\n", start); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) count++
  return Math.max(count, 1)
}

function indexOrEnd(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from)
  return at < 0 ? Number.POSITIVE_INFINITY : at
}

const quoteMark = 34
const newlineMark = 10
const carriageReturn = 13
