import { isAscii, isUtf8 } from "node:buffer"
import { open, stat } from "node:fs/promises"
import { basename } from "node:path"

export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252"

export type DecodeRefusalCode =
  | "missing"
  | "folder"
  | "not-a-file"
  | "no-permission"
  | "unreadable"
  | "empty"
  | "binary"
  | "web-page"
  | "not-a-table"

export type Refusal<Code extends string> = {
  kind: "refused"
  code: Code /** One sentence. */
  message: string /** What to do. */
  hint: string
}

export type TextFile = {
  kind: "opened"
  /** Size of the file. */
  bytes: number
  /** Bytes taken from the file by the latest reading of `chunks`. */
  bytesRead(): number
  /** The file's text in pieces. Each iteration reads the file anew, and closes it at its end. */
  chunks: AsyncIterable<string>
}

/** Bytes read at once. */
const pieceSize = 64 * 1024
const headSize = 4096

/** Opens a file as text, whatever its encoding: UTF-8, UTF-16 (with or without a byte order mark) or Windows-1252. */
export async function openText(path: string): Promise<TextFile | Refusal<DecodeRefusalCode>> {
  try {
    const found = await stat(path) // Before opening: to open a pipe is to wait for its writer.
    if (found.isDirectory()) return folder(path)
    if (!found.isFile())
      return refusal("not-a-file", `${path} is not an ordinary file.`, "Save the leads as a CSV file first.")
    const head = await readHead(path)
    return refuseByContent(head, basename(path)) ?? textFile(path, found.size, head)
  } catch (error) {
    return refuseByError(error, path)
  }
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headSize), 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

function textFile(path: string, bytes: number, head: Buffer): TextFile {
  let done = 0
  const onBytes = (size: number) => {
    done += size
  }
  return {
    kind: "opened",
    bytes,
    bytesRead: () => done,
    chunks: {
      [Symbol.asyncIterator]() {
        done = 0
        return decodeFile(path, head, onBytes)
      },
    },
  }
}

function refuseByError(error: unknown, path: string): Refusal<DecodeRefusalCode> {
  const code = error instanceof Error && "code" in error ? String(error.code) : ""
  if (!code) throw error
  const name = basename(path)
  if (code === "ENOENT" || code === "ENOTDIR") {
    return refusal("missing", `There is no file ${path}.`, "Check the name and the folder you are in.")
  }
  if (code === "EISDIR")
    return refusal("folder", `${name} is a folder.`, "Name one file in it, for example a CSV file.")
  if (code === "EACCES" || code === "EPERM") {
    return refusal(
      "no-permission",
      `You may not read ${name}.`,
      `Give yourself the right to read it: chmod u+r "${path}".`,
    )
  }
  return refusal("unreadable", `${name} cannot be read (${code}).`, "Copy the file to another place and try again.")
}

function folder(path: string): Refusal<DecodeRefusalCode> {
  return refusal("folder", `${basename(path)} is a folder.`, "Name one file in it, for example a CSV file.")
}

function refuseByContent(head: Buffer, name: string): Refusal<DecodeRefusalCode> | null {
  if (head.length === 0)
    return refusal("empty", `${name} is empty.`, "Export it again; a CSV file has a header line and a line per lead.")
  const form = binaryForm(head)
  if (form) return refusal("binary", `${name} is ${form.what}, not text.`, form.hint)
  const start = decodePiece(head.subarray(bomLength(head)), encodingOf(head))
    .trimStart()
    .slice(0, 1000)
  if (start === "" && head.length < headSize) {
    return refusal("empty", `${name} has nothing in it but white space.`, "Export it again.")
  }
  if (/^(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)?<(?:!doctype html|html|head|body|table|meta)\b/i.test(start)) {
    return refusal(
      "web-page",
      `${name} is a web page, not a table.`,
      "Download the export itself; an .xls file of this kind opens in Excel: save it as CSV.",
    )
  }
  if (/^BEGIN:VCARD/i.test(start)) {
    return refusal("not-a-table", `${name} is a vCard address book.`, "Export your contacts as CSV.")
  }
  if (/^(?:<\?xml|\{\\rtf)/i.test(start)) {
    return refusal(
      "not-a-table",
      `${name} is ${start.startsWith("<") ? "an XML" : "a rich text"} document, not a table.`,
      "Save it as CSV.",
    )
  }
  return null
}

type BinaryForm = { what: string; hint: string }

function binaryForm(head: Buffer): BinaryForm | null {
  const latin1 = head.toString("latin1")
  const known = magics.find(([magic]) => latin1.startsWith(magic))
  if (known) return known[1]
  if (latin1.startsWith("PK\x03\x04")) return zipForm(latin1)
  if (latin1.slice(4, 8) === "ftyp") return { what: "a video", hint: "Name a CSV file." }
  return encodingOf(head).startsWith("utf-16") || !head.includes(0)
    ? null
    : { what: "a binary file", hint: "Save it as CSV." }
}

function zipForm(latin1: string): BinaryForm {
  if (/xl\/|\[Content_Types\]/.test(latin1) && !/(?:word|ppt)\//.test(latin1)) return workbook
  if (latin1.includes("opendocument.spreadsheet"))
    return { what: "an OpenDocument spreadsheet", hint: "Save it as CSV." }
  if (/(?:word|ppt)\/|opendocument/.test(latin1))
    return { what: "an office document", hint: "Copy its table into a sheet and save that as CSV." }
  if (latin1.includes("Index/")) return { what: "a Numbers sheet", hint: "Export it as CSV." }
  return { what: "a ZIP archive", hint: "Unpack it and name the CSV file in it (LinkedIn's is Connections.csv)." }
}

const workbook: BinaryForm = {
  what: "an Excel workbook",
  hint: "Open it and save it as CSV (File, Save As, CSV UTF-8).",
}
const image: BinaryForm = { what: "an image", hint: "Name a CSV file." }

const magics: [string, BinaryForm][] = [
  ["\xd0\xcf\x11\xe0", workbook],
  ["%PDF", { what: "a PDF", hint: "Export the table that it shows as CSV." }],
  ["\x89PNG", image],
  ["\xff\xd8\xff", image],
  ["GIF8", image],
  ["SQLite format 3\0", { what: "a SQLite database", hint: "Export the table you want as CSV." }],
  ["\x1f\x8b", { what: "a gzip archive", hint: "Unpack it first: gunzip FILE." }],
  ["7z\xbc\xaf", { what: "a 7-Zip archive", hint: "Unpack it first." }],
  ["PAR1", { what: "a Parquet file", hint: "Export it as CSV." }],
]

/** The encoding as far as the first bytes show it; one byte per character is called UTF-8 until a byte says otherwise. */
function encodingOf(head: Buffer): Encoding {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le"
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be"
  const zeros = [0, 0]
  for (const [i, byte] of head.entries()) if (byte === 0) zeros[i % 2] = (zeros[i % 2] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  const many = head.length / 6
  if (odd > many && even < odd / 20) return "utf-16le"
  if (even > many && odd < even / 20) return "utf-16be"
  return "utf-8"
}

function bomLength(head: Buffer): number {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 3
  return (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff) ? 2 : 0
}

async function* decodeFile(path: string, head: Buffer, onBytes: (size: number) => void): AsyncGenerator<string> {
  const file = await open(path)
  try {
    let encoding = encodingOf(head)
    let rest = Buffer.alloc(0)
    let skip = bomLength(head)
    let hasMultibyte = skip === 3
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(pieceSize), 0, pieceSize, null)
      onBytes(bytesRead)
      const bytes = Buffer.concat([rest, buffer.subarray(skip, bytesRead)])
      skip = 0
      const end = bytesRead === 0 ? bytes.length : wholeCharacters(bytes, encoding)
      const piece = bytes.subarray(0, end)
      rest = bytes.subarray(end)
      if (encoding === "utf-8" && !isUtf8(piece) && !hasMultibyte && looksLikeWindows(piece)) encoding = "windows-1252"
      if (encoding === "utf-8" && !hasMultibyte) hasMultibyte = !isAscii(piece)
      if (end > 0) yield decodePiece(piece, encoding)
      if (bytesRead === 0) return
    }
  } finally {
    await file.close()
  }
}

/** Where the last whole character of a piece ends, so that none is cut in two. */
function wholeCharacters(bytes: Buffer, encoding: Encoding): number {
  if (encoding === "windows-1252") return bytes.length
  if (encoding !== "utf-8") {
    const even = bytes.length - (bytes.length % 2)
    const high = bytes[encoding === "utf-16le" ? even - 1 : even - 2] ?? 0
    return high >= 0xd8 && high < 0xdc ? even - 2 : even
  }
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return bytes.length
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    if (byte >= 0xc0) return size > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}

/** More bytes that are wrong as UTF-8 than characters that are right. */
function looksLikeWindows(piece: Buffer): boolean {
  const beyondAscii = piece.toString("utf8").replace(/[\0-\x7f]+/g, "")
  return beyondAscii.replace(/[^\ufffd]+/g, "").length * 2 > beyondAscii.length
}

function decodePiece(piece: Buffer, encoding: Encoding): string {
  if (encoding === "utf-8") return isAscii(piece) ? piece.toString("latin1") : piece.toString("utf8")
  return new TextDecoder(encoding, { ignoreBOM: true }).decode(piece)
}

function refusal(code: DecodeRefusalCode, message: string, hint: string): Refusal<DecodeRefusalCode> {
  return { kind: "refused", code, message, hint }
}
