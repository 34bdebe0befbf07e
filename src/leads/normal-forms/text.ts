// Text as people write it, in the one form that this product stores and compares. Each parser of this folder returns the normal form,
// or null for what is none; a normal form parses to itself.

/** Text on one line: one form of Unicode, white space folded, no control, zero-width or direction marks. */
export function foldText(text: string): string {
  if (/^(?:[\x21-\x7e]+ )*[\x21-\x7e]+$/.test(text)) return text
  return text
    .normalize("NFC")
    .replace(unseen, "")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
}

/** Text of several lines: as `foldText`, with line breaks and spaces kept. */
export function foldLines(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text.trim()
  return text
    .normalize("NFC")
    .replace(/\r\n?/g, "\n")
    .replace(unseen, "")
    .replace(/[^\P{Cc}\n\t]/gu, "")
    .trim()
}

/** Words in lower case without accents and punctuation, one space between: how names and headers are compared. */
export function wordsOf(text: string): string {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\p{M}'’]/gu, "")
    .replace(/[ßøæœłđðþı]/g, (letter) => spelled[letter] ?? letter)
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()
}

const unseen = /[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g

const spelled: Record<string, string> = { ß: "ss", ø: "o", æ: "ae", œ: "oe", ł: "l", đ: "d", ð: "d", þ: "th", ı: "i" }

/** A pattern rather than a set: the engine keeps every text that a set is asked for, and these are asked for millions. */
export function wordList(list: string): { has(word: string): boolean } {
  const pattern = new RegExp(`^(?:${list.trim().replaceAll(".", "\\.").split(/\s+/).join("|")})$`)
  return { has: (word) => pattern.test(word) }
}
