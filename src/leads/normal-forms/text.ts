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
  const lower = text.toLowerCase()
  if (/^[\x20-\x7e]*$/.test(lower)) {
    return lower
      .replaceAll("'", "")
      .replace(/[^a-z0-9]+/g, " ")
      .trim()
  }
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/['’\p{Default_Ignorable_Code_Point}]/gu, "")
    .replace(/(\p{L}?)\p{M}+/gu, (whole, letter: string) => (letter && !accented.test(letter) ? whole : letter))
    .replace(/[ßøæœłđðþı]/g, (letter) => spelled[letter] ?? letter)
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, " ")
    .trim()
    .normalize("NFC")
}

const unseen = /[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g

/** Where a mark is an accent or a point, without which the word is the same. Elsewhere it is a vowel, a tone or another consonant. */
const accented = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}]/u

const spelled: Record<string, string> = { ß: "ss", ø: "o", æ: "ae", œ: "oe", ł: "l", đ: "d", ð: "d", þ: "th", ı: "i" }

/** A pattern rather than a set: the engine keeps every text that a set is asked for, and these are asked for millions. */
export function wordList(list: string): { has(word: string): boolean } {
  const pattern = new RegExp(`^(?:${list.trim().replaceAll(".", "\\.").split(/\s+/).join("|")})$`)
  return { has: (word) => pattern.test(word) }
}
