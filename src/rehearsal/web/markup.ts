/** A piece of HTML that is safe to put into another one: its values are escaped. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type Content = string | number | null | Markup | readonly Markup[]

/** A template whose values are escaped, unless they are markup themselves; `null` leaves nothing. */
export function html(strings: TemplateStringsArray, ...contents: Content[]): Markup {
  return new Markup(String.raw({ raw: strings }, ...contents.map(textOf)))
}

/** A value as JSON inside a `<script>`: no `<` is left that could end it. */
export function json(value: unknown): Markup {
  return new Markup(JSON.stringify(value).replaceAll("<", "\\u003c"))
}

function textOf(content: Content): string {
  if (content === null) return ""
  if (content instanceof Markup) return content.text
  if (typeof content === "object") return content.map((part) => part.text).join("")
  return String(content).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
