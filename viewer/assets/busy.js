/** Whether somebody writes, presses or has something open in a part of the page, which is then not replaced by what is newer. */
export function isBusy(part) {
  if (part.matches(":active") || part.querySelector("details[open] form, .dragging, [data-sending], [data-editing]"))
    return true
  return fieldsOf(part).includes(document.activeElement) || writtenIn(part).length > 0
}

/** What somebody wrote and did not send: each text with the place of its field. */
export function writtenIn(part) {
  return fieldsOf(part)
    .filter((field) => field.checkVisibility() && !field.closest(".view-move") && field.value !== valueAtFirst(field))
    .map((field) => [placeOf(field), field.value])
}

/** Writes it again into the newer part, where its field is still there. */
export function writeAgain(part, written) {
  for (const [place, value] of written) {
    const field = fieldsOf(part).find((one) => placeOf(one) === place)
    if (!field) continue
    field.value = value
    field.closest("details")?.setAttribute("open", "")
  }
}

const fieldsOf = (part) => [...part.querySelectorAll("input:not([type=hidden]), textarea, select")]

function valueAtFirst(field) {
  if (!field.options) return field.defaultValue
  return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value
}

/** A field by its row, its action and its name; what the row says may have changed. */
function placeOf(field) {
  const row = field.closest("tr, li")?.querySelector("a[href]")?.getAttribute("href") ?? ""
  return [row, field.form?.elements.action?.value ?? "", field.name].join(" ")
}
