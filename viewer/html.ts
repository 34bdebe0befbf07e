/** Markup in which every text is escaped. `html` makes it, and what is put together of its pieces, so that it may stand in a page as
 * it is. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  toString(): string {
    return this.text
  }
}

/** What may stand in markup: nothing stands for null, undefined, true and false. */
type Piece = Html | string | number | boolean | null | undefined | readonly Piece[]

/** Markup from a template. Whatever stands in it is escaped, unless it is markup itself. */
export function html(parts: TemplateStringsArray, ...pieces: Piece[]): Html {
  let text = parts[0] ?? ""
  for (let at = 0; at < pieces.length; at++) text += written(pieces[at]) + parts[at + 1]
  return new Html(text)
}

function written(piece: Piece): string {
  if (typeof piece === "string") return escaped(piece)
  if (piece instanceof Html) return piece.text
  if (typeof piece === "number") return String(piece)
  if (piece === null || piece === undefined || typeof piece === "boolean") return ""
  let text = ""
  for (const one of piece) text += written(one)
  return text
}

const special = /[&<>"']/
const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }

/** A text as it stands within markup and within the quotes of an attribute. */
export function escaped(text: string): string {
  return special.test(text) ? text.replace(/[&<>"']/g, (letter) => entities[letter] ?? "") : text
}
