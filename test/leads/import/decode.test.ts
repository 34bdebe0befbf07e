import { execFileSync } from "node:child_process"
import { chmod } from "node:fs/promises"
import { dirname, join } from "node:path"
import { describe, expect, test } from "vitest"
import { openText } from "../../../src/leads/import/decode.ts"
import { temporaryFile } from "./sample-files.ts"

const text = "name,city\nJörg Weiß,Łódź\n日本,😀\n"

describe("a file is read whatever its encoding", () => {
  test.each([
    ["UTF-8", Buffer.from(text)],
    ["UTF-8 with a mark", Buffer.from(`\ufeff${text}`)],
    ["UTF-16 LE with a mark", Buffer.from(`\ufeff${text}`, "utf16le")],
    ["UTF-16 LE without a mark", Buffer.from(text, "utf16le")],
    ["UTF-16 BE with a mark", Buffer.from(`\ufeff${text}`, "utf16le").swap16()],
    ["UTF-16 BE without a mark", Buffer.from(text, "utf16le").swap16()],
  ])("%s", async (_, bytes) => {
    expect(await readText(bytes)).toBe(text)
  })

  test("Windows-1252", async () => {
    expect(await readText(Buffer.from("name\nJ\xf6rg Wei\xdf \x80 \x93quoted\x94 caf\xe9", "latin1"))).toBe(
      "name\nJörg Weiß € “quoted” café",
    )
  })

  test("Windows-1252 that shows itself only after a megabyte of plain letters", async () => {
    const plain = "Ada Quill,Northwind\n".repeat(60_000)
    expect(await readText(Buffer.from(`${plain}J\xf6rg\n`, "latin1"))).toBe(`${plain}Jörg\n`)
  })

  test("UTF-8 with one broken byte stays UTF-8", async () => {
    expect(
      await readText(Buffer.concat([Buffer.from("Jörg Weiß Łódź "), Buffer.from([0xff]), Buffer.from(" Zoë")])),
    ).toBe("Jörg Weiß Łódź \ufffd Zoë")
  })

  test("a character that two pieces share stays whole", async () => {
    for (const filler of ["", "a", "ab", "abc"]) {
      const long = filler + "😀日ö".repeat(60_000)
      expect((await readText(Buffer.from(long))) === long, filler).toBe(true)
      expect((await readText(Buffer.from(`\ufeff${long}`, "utf16le"))) === long, filler).toBe(true)
    }
  })
})

test("bytes read are counted anew for each reading", async () => {
  const bytes = Buffer.from(text)
  const file = await openText(await temporaryFile(bytes))
  if (file.kind !== "opened") throw new Error(file.message)
  expect(file.bytes).toBe(bytes.length)
  expect(file.bytesRead()).toBe(0)
  for (let reading = 0; reading < 2; reading++) {
    await Array.fromAsync(file.chunks)
    expect(file.bytesRead()).toBe(bytes.length)
  }
})

describe("what is no text of leads is refused by what it is", () => {
  test.each([
    ["empty", "", "empty", "is empty"],
    ["blank", " \r\n\r\n", "empty", "nothing in it"],
    ["a mark alone", "\ufeff", "empty", "nothing in it"],
    ["a workbook", `PK\x03\x04${"\0".repeat(22)}[Content_Types].xml`, "binary", "Excel workbook"],
    ["an old workbook", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "binary", "Excel workbook"],
    ["a document", `PK\x03\x04${"\0".repeat(22)}[Content_Types].xml word/document.xml`, "binary", "office document"],
    ["an archive", `PK\x03\x04${"\0".repeat(22)}Connections.csv`, "binary", "ZIP archive"],
    ["a PDF", "%PDF-1.7\n", "binary", "a PDF"],
    ["an image", "\x89PNG\r\n\x1a\n", "binary", "an image"],
    ["a database", "SQLite format 3\0", "binary", "SQLite database"],
    ["a gzip", "\x1f\x8b\x08\0", "binary", "gzip archive"],
    ["bytes", "\x01\x02\0\0\0\0\x03\x04\x05\x06", "binary", "a binary file"],
    ["a web page", "\n<!DOCTYPE html><html><body>Sign in</body></html>", "web-page", "a web page"],
    ["a table that calls itself a workbook", "<html><table><tr><td>Name</td></tr></table>", "web-page", "a web page"],
    ["an address book", "BEGIN:VCARD\nVERSION:3.0\n", "not-a-table", "vCard"],
    ["XML", '<?xml version="1.0"?><leads/>', "not-a-table", "XML"],
  ])("%s", async (_, content, code, words) => {
    const file = await openText(
      await temporaryFile(content === "\ufeff" ? content : Buffer.from(content, "latin1"), "some.csv"),
    )
    expect(file).toMatchObject({
      kind: "refused",
      code,
      message: expect.stringContaining(words),
      hint: expect.stringMatching(/\.$/),
    })
  })

  test("an Excel workbook is to be saved as CSV", async () => {
    const file = await openText(
      await temporaryFile(Buffer.from("PK\x03\x04....xl/workbook.xml", "latin1"), "leads.xlsx"),
    )
    expect(file).toMatchObject({
      message: "leads.xlsx is an Excel workbook, not text.",
      hint: expect.stringContaining("save it as CSV"),
    })
  })

  test("a file that is not there", async () => {
    expect(await openText("/nowhere/leads.csv")).toMatchObject({
      code: "missing",
      message: "There is no file /nowhere/leads.csv.",
    })
  })

  test("a folder", async () => {
    expect(await openText(import.meta.dirname)).toMatchObject({ code: "folder" })
  })

  test("a pipe, without waiting for its writer", async () => {
    const pipe = join(dirname(await temporaryFile("")), "pipe")
    execFileSync("mkfifo", [pipe])
    expect(await openText(pipe)).toMatchObject({ code: "not-a-file" })
  })

  test.skipIf(process.getuid?.() === 0)("a file that may not be read", async () => {
    const path = await temporaryFile(text)
    await chmod(path, 0o000)
    expect(await openText(path)).toMatchObject({ code: "no-permission" })
  })
})

async function readText(bytes: Buffer): Promise<string> {
  const file = await openText(await temporaryFile(bytes))
  if (file.kind !== "opened") throw new Error(file.message)
  return (await Array.fromAsync(file.chunks)).join("")
}
