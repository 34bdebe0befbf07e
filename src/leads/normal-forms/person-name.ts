import { foldText } from "./text.ts"

/** A person's name, or null for what is an address, has no letter or is longer than a name. */
export function parsePersonName(text: string): string | null {
  const name = foldText(text)
  return /\p{L}/u.test(name) && !/@|:\/\//.test(name) && name.length <= 200 ? name : null
}

/** A name out of its parts, or null when none of them has a letter. */
export function joinName(...parts: string[]): string | null {
  return parsePersonName(parts.join(" "))
}
