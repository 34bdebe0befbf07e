import { CommandFailed } from "./io.ts"
import { plainText } from "./table.ts"

/** A whole number as an option. Throws CommandFailed. */
export function numberOption(text: string, name: string, least: number, most: number): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  throw new CommandFailed(
    "usage",
    `${name} takes a whole number from ${least} to ${most}, not ${plainText(text)}.`,
    "Leave it out for the usual one.",
  )
}
