import { Markup } from "./markup.ts"
import { digits } from "./seed.ts"

/** LinkedIn's classes: sixteen times eight hexadecimal digits an element, no two elements alike, no two pages alike. */
export function linkedinClasses(markup: Markup, page: string): Markup {
  return withClasses(markup, (element) => digits(`${page} class ${element}`, 128).match(/.{8}/g) ?? [])
}

/** X's classes, which say as little: "css-1a2b3c r-4d5e6f7". */
export function xClasses(markup: Markup, page: string): Markup {
  return withClasses(markup, (element) => [
    `css-${digits(`${page} css ${element}`, 6)}`,
    `r-${digits(`${page} r ${element}`, 7)}`,
  ])
}

/** Gives every element of the body its class names. Values in markup are escaped, so every `<` begins a tag. */
function withClasses(markup: Markup, namesOf: (element: number) => string[]): Markup {
  let element = 0
  return new Markup(
    markup.text.replace(/<(?!(?:html|head|meta|title|style|script|template|br)\b)[a-z]\w*/g, (tag) => {
      element += 1
      return `${tag} class="${namesOf(element).join(" ")}"`
    }),
  )
}
