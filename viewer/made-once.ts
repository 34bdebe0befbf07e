const most = 200

/** Keeps what is made by its key, for markup that is the same on every page of a table. All that it depends on stands in the key. */
export function madeOnce<Made>(): (key: string, make: () => Made) => Made {
  const known = new Map<string, Made>()
  return (key, make) => {
    const made = known.get(key) ?? make()
    if (known.size > most) known.clear()
    known.set(key, made)
    return made
  }
}
