import { wordList, wordsOf } from "./text.ts"

/** A company's name as companies are matched by: no legal form, punctuation, case or accents. */
export function companyKey(name: string): string | null {
  const words = wordsOf(
    name.replace(/(?<![\p{L}\p{N}])(\p{L})\.(?=\p{L}(?![\p{L}\p{N}]))/gu, "$1").replace(/&/g, " and "),
  ).split(" ")
  while (words.length > 1 && legalForms.has(words.at(-1) ?? "")) words.pop()
  return words.join(" ") || null
}

const legalForms = wordList(`
  and inc incorporated corp corporation co company llc llp lp ltd limited plc pllc gmbh mbh ag kg kgaa ohg ug gbr se ev sa sas
  sasu sarl eurl srl srls spa sl slu lda ltda bv nv oy oyj ab as asa aps pty pte kk sro doo dd ood eood zrt kft bt sia uab haftungsbeschrankt
`)
