/** Leads by the hashes of their keys: lists of numbers, so that millions are neither objects nor looked at by the garbage collector. */
export type KeyTable = {
  add(hash: number, lead: number): void
  /** Every lead that was added under the hash; seldom also one that was added under another. */
  leadsWith(hash: number): number[]
}

/** A place holds a lead, or 0 for none, and what the place does not tell of the hash. Whoever finds a place taken takes the next one. */
type Part = { leads: Uint32Array; hashes: Uint16Array; taken: number }

const places = 2 ** 20
/** So many places are taken at most: the fuller, the longer one looks. */
const fullest = 0.7 * places

/** Grows by parts of 6 MB, as one large table would need all of its room twice to grow. */
export function openKeyTable(): KeyTable {
  const parts: Part[] = []

  function roomyPart(): Part {
    const last = parts.at(-1)
    if (last && last.taken < fullest) return last
    const part = { leads: new Uint32Array(places), hashes: new Uint16Array(places), taken: 0 }
    parts.push(part)
    return part
  }

  return {
    add(hash, lead) {
      const part = roomyPart()
      const { leads, hashes } = part
      const rest = hash >>> 15
      let place = hash % places
      for (; leads[place]; place = (place + 1) % places) {
        if (leads[place] === lead && hashes[place] === rest) return
      }
      leads[place] = lead
      hashes[place] = rest
      part.taken += 1
    },
    leadsWith(hash) {
      const found: number[] = []
      const rest = hash >>> 15
      for (const { leads, hashes } of parts) {
        for (let place = hash % places; leads[place]; place = (place + 1) % places) {
          if (hashes[place] === rest) found.push(leads[place] ?? 0)
        }
      }
      return found
    },
  }
}
