import { type Html, html } from "./html.ts"

/** What an agent wrote, as paragraphs and lists. Of Markdown it knows lists, bold and code, and no links: nothing an agent writes leads
 * anywhere. */
export function prose(text: string): Html {
  return html`${text
    .split(/\n{2,}/)
    .filter((block) => block.trim() !== "")
    .map(blockOf)}`
}

function blockOf(block: string): Html {
  const lines = block.split("\n").filter((line) => line.trim() !== "")
  if (lines.length > 0 && lines.every((line) => bullet.test(line))) {
    return html`<ul>${lines.map((line) => html`<li>${inline(line.replace(bullet, ""))}</li>`)}</ul>`
  }
  if (lines.length > 1 && lines.every((line) => numbered.test(line))) {
    return html`<ol>${lines.map((line) => html`<li>${inline(line.replace(numbered, ""))}</li>`)}</ol>`
  }
  return html`<p>${inline(block.replace(/^#{1,4} /, ""))}</p>`
}

const bullet = /^\s*[-*•] /
const numbered = /^\s*\d{1,2}[.)] /

function inline(text: string): Html {
  const parts = text.split(/(\*\*[^*\n]+\*\*|`[^`\n]+`)/)
  return html`${parts.map((part) => {
    if (part.startsWith("**") && part.length > 4) return html`<strong>${part.slice(2, -2)}</strong>`
    if (part.startsWith("`") && part.length > 2) return html`<code>${part.slice(1, -1)}</code>`
    return html`${part}`
  })}`
}
