import { expect, test } from "vitest"
import { visible, withoutPasteBreaks, wrapped } from "../../src/cli/screen.ts"

async function typed(...chunks: string[]): Promise<string> {
  const keys = withoutPasteBreaks()
  for (const chunk of chunks) keys.write(chunk)
  keys.end()
  let text = ""
  for await (const chunk of keys) text += String(chunk)
  return text
}

test("keys go through as they are, Enter too", async () => {
  expect(await typed("hi\r", "\x1b[A")).toBe("hi\r\x1b[A")
})

test("pasted line breaks do not send the line, and what is no text is left out", async () => {
  expect(await typed("\x1b[200~one\r\ntwo\n\x1b[31mthree\tend\x07\x1b[201~\r")).toBe("one␊two␊three  end\r")
})

test("a paste that comes in pieces is one paste, wherever it is cut", async () => {
  const whole = "\x1b[200~one\ntwo\x1b[201~!"
  for (let cut = 7; cut < whole.length; cut += 1) {
    expect(await typed(whole.slice(0, cut), whole.slice(cut))).toBe("one␊two!")
  }
})

test("a row is broken between words, and within a word only if it is longer than a row", () => {
  expect(wrapped("the quick brown fox", 10)).toEqual(["the quick", "brown fox"])
  expect(wrapped("abcdefghijkl", 5)).toEqual(["abcde", "fghij", "kl"])
  expect(wrapped("東京都 渋谷区", 8)).toEqual(["東京都", "渋谷区"])
})

test("a text that streams in keeps the space at its end", () => {
  expect(wrapped("The answer ", 20)).toEqual(["The answer "])
})

test("of a line that is too long the part around the cursor is seen", () => {
  expect(visible("hello", 5, 20)).toEqual({ shown: "hello", cursor: 5 })
  const { shown, cursor } = visible("a".repeat(50), 50, 20)
  expect(shown.length).toBeLessThanOrEqual(20)
  expect(cursor).toBe(shown.length)
})
