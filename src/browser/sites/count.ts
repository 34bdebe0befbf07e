const DIGIT_ZEROS = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50, 0xff10]
const NUMBER = /\d+(?:[.,'’٬٫\s]\d+)*/g
const MULTIPLIERS = new Map(
  Object.entries({
    k: 1e3,
    tys: 1e3,
    tsd: 1e3,
    mil: 1e3,
    bin: 1e3,
    тыс: 1e3,
    ألف: 1e3,
    千: 1e3,
    천: 1e3,
    万: 1e4,
    萬: 1e4,
    만: 1e4,
    lakh: 1e5,
    m: 1e6,
    mi: 1e6,
    mio: 1e6,
    mln: 1e6,
    mn: 1e6,
    млн: 1e6,
    مليون: 1e6,
    億: 1e8,
    亿: 1e8,
    억: 1e8,
  }),
)

/** A number as a page shows it in any language: "1,234", "1.234", "12.4K", "12,4 tys.", "3.2万". Short forms are approximate.
 * Null when the text is not one number, or a number that could be read in two ways. */
export function parseCount(text: string): number | null {
  const ascii = asciiDigits(text)
  const [number, another] = ascii.match(NUMBER) ?? []
  if (number === undefined || another !== undefined) return null
  const unit = ascii.replace(number, "").trim().replace(/\.$/, "").toLowerCase()
  if (unit === "") return parseWhole(number)
  const multiplier = MULTIPLIERS.get(unit)
  return multiplier === undefined ? null : parseShort(number, multiplier)
}

/** The whole number in a text that also says what is counted: "105,570 followers", "フォロワー1,234人". Null when there is not exactly
 * one, or when it is a bound ("500+") or a short form. */
export function parseLabelledCount(text: string): number | null {
  const ascii = asciiDigits(text)
  const [number, another] = ascii.match(NUMBER) ?? []
  if (number === undefined || another !== undefined) return null
  const after = ascii.slice(ascii.indexOf(number) + number.length)
  const unit = /^\s*([\p{L}\p{M}]+|\+)/u.exec(after)?.[1]?.toLowerCase()
  return unit === "+" || (unit !== undefined && MULTIPLIERS.has(unit)) ? null : parseWhole(number)
}

/** Digits of other scripts as 0-9. */
export function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    const code = digit.charCodeAt(0)
    const zero = DIGIT_ZEROS.find((start) => code >= start && code <= start + 9)
    return zero === undefined ? digit : String(code - zero)
  })
}

function parseWhole(number: string): number | null {
  const groups = number.split(/\D/)
  const isGrouped = groups.slice(1).every((group) => group.length === 3) && (groups[0] ?? "").length <= 3
  return groups.length === 1 || isGrouped ? Number(groups.join("")) : null
}

function parseShort(number: string, multiplier: number): number | null {
  const [whole, fraction = "", more] = number.split(/\D/)
  if (more !== undefined || fraction.length > 2) return null
  return Math.round(Number(`${whole}.${fraction}`) * multiplier)
}
