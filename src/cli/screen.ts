import { createInterface } from "node:readline"
import { Transform, Writable } from "node:stream"
import type { ReadStream, WriteStream } from "node:tty"
import { stripVTControlCharacters, styleText } from "node:util"
import stringWidth from "string-width"

/** Where a conversation stands: text that streams in, and lines of their own. */
export type Paper = {
  write(text: string): void
  line(text: string): void
  /** Ends the row that was being written, if there is one. */
  endRow(): void
  /** Something that was done, on a line of its own. */
  step(text: string): void
  /** What goes on at the moment; the empty text takes it away. */
  status(text: string): void
}

/** A terminal with the conversation above and a line to type in at its foot, also while text streams in. */
export type Screen = Paper & { close(): void }

export type ScreenHandlers = {
  /** A line was sent; pasted lines come as one. */
  line(text: string): void
  /** Ctrl-C. `typed`: what stood in the line, which is empty now. */
  interrupt(typed: string): void
  /** Ctrl-D in an empty line. */
  end(): void
}

const prompt = "> "
/** Stands for a line break that was pasted, until the text is sent. */
const pastedBreak = "␊"
const pasteBegins = "\x1b[200~"
const pasteEnds = "\x1b[201~"

/** Takes the terminal over until `close`. */
export function openScreen(input: ReadStream, output: WriteStream, handlers: ScreenHandlers): Screen {
  let unfinished = ""
  let status = ""
  let rowsAbove = 0
  const keys = withoutPasteBreaks()
  const typing = createInterface({ input: keys, output: nowhere(), terminal: true, historySize: 200 })
  input.setRawMode(true)
  input.pipe(keys)
  output.write("\x1b[?2004h")
  output.on("resize", draw)
  keys.on("keypress", () => draw())
  typing.on("line", (line) => handlers.line(line.replaceAll(pastedBreak, "\n").trim()))
  typing.on("SIGINT", () => {
    const { line } = typing
    typing.write(null, { ctrl: true, name: "e" })
    typing.write(null, { ctrl: true, name: "u" })
    handlers.interrupt(line)
    draw()
  })
  typing.on("close", () => handlers.end())

  function width(): number {
    return Math.max(20, output.columns || 80)
  }

  function erase(): string {
    return `\r${rowsAbove > 0 ? `\x1b[${rowsAbove}A` : ""}\x1b[J`
  }

  /** What stands below the finished rows: the row being written, what goes on, and the line to type in. */
  function foot(): string {
    const above = [unfinished, status && styleText("dim", cutTo(status, width() - 1))].filter((row) => row !== "")
    rowsAbove = above.length
    const { shown, cursor } = visible(typing.line, typing.cursor, width() - prompt.length - 1)
    const column = prompt.length + cursor
    return `${above.map((row) => `${row}\n`).join("")}${prompt}${shown}\r\x1b[${column}C`
  }

  function draw(): void {
    output.write(erase() + foot())
  }

  function write(text: string): void {
    const erased = erase()
    const rows = (unfinished + text).split("\n").flatMap((row) => wrapped(row, width() - 1))
    // A row that is exactly full goes on in the next piece; whether it is finished shows there.
    unfinished = rows.pop() ?? ""
    output.write(erased + rows.map((row) => `${row}\n`).join("") + foot())
  }

  function line(text: string): void {
    write(`${unfinished === "" ? "" : "\n"}${text}\n`)
  }

  draw()
  return {
    write,
    line,
    endRow() {
      if (unfinished !== "") write("\n")
    },
    step: (text) => line(styleText("dim", `  · ${text}`)),
    status(text) {
      if (text === status) return
      status = text
      draw()
    },
    close() {
      output.off("resize", draw)
      output.write(`${erase()}${unfinished === "" ? "" : `${unfinished}\n`}\x1b[?2004l`)
      typing.removeAllListeners("close")
      input.unpipe(keys)
      input.setRawMode(false)
      input.pause()
      typing.close()
    },
  }
}

/** A row in as many rows as it needs, broken between words where that is possible. */
export function wrapped(row: string, width: number): string[] {
  if (stringWidth(row) <= width) return [row]
  const rows: string[] = []
  let current = ""
  for (const word of row.split(/(?<= )/)) {
    if (current !== "" && stringWidth((current + word).trimEnd()) > width) {
      rows.push(current.trimEnd())
      current = ""
    }
    current += word
    while (stringWidth(current.trimEnd()) > width) {
      const head = headOf(current, width)
      rows.push(head)
      current = current.slice(head.length)
    }
  }
  return [...rows, current]
}

/** The part of a line around its cursor that fits, and where the cursor stands in it. */
export function visible(line: string, at: number, width: number): { shown: string; cursor: number } {
  const text = stripVTControlCharacters(line)
  let before = text.slice(0, at)
  while (stringWidth(before) > width - 1) before = before.slice(headOf(before, 2).length || 1)
  const room = width - stringWidth(before)
  return { shown: before + headOf(text.slice(at), room), cursor: stringWidth(before) }
}

function headOf(text: string, width: number): string {
  let head = ""
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(head + segment) > width) break
    head += segment
  }
  return head
}

function cutTo(text: string, width: number): string {
  return stringWidth(text) <= width ? text : `${headOf(text, width - 1)}…`
}

/** Passes keys on. Line breaks within a paste do not send the line. */
export function withoutPasteBreaks(): Transform {
  let isPasting = false
  let kept = ""
  return new Transform({
    decodeStrings: false,
    readableObjectMode: false,
    transform(chunk, _, done) {
      let rest = kept + String(chunk)
      kept = ""
      let out = ""
      while (rest !== "") {
        const marker = isPasting ? pasteEnds : pasteBegins
        const at = rest.indexOf(marker)
        const piece = at < 0 ? rest : rest.slice(0, at)
        const isCut = at < 0 && isPasting && endsWithPartOf(piece, marker)
        out += isPasting ? plainPaste(isCut ? piece.slice(0, piece.lastIndexOf("\x1b")) : piece) : piece
        if (isCut) kept = piece.slice(piece.lastIndexOf("\x1b"))
        if (at >= 0) isPasting = !isPasting
        rest = at < 0 ? "" : rest.slice(at + marker.length)
      }
      done(null, out)
    },
  })
}

function endsWithPartOf(text: string, marker: string): boolean {
  const from = text.lastIndexOf("\x1b")
  return from >= 0 && marker.startsWith(text.slice(from))
}

function plainPaste(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r\n|\r|\n/g, pastedBreak)
    .replace(/\t/g, "  ")
    .replace(/\p{Cc}/gu, "")
}

/** The line editor draws itself nowhere: the screen draws its line. */
function nowhere(): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done()
    },
  })
}
