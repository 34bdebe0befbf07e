/** The decoded parts of an address's path, without empty ones; `null` if its encoding is broken. */
export function decodedPath(url: URL): string[] | null {
  const parts = url.pathname.split("/").filter(Boolean).map(decoded)
  return parts.every((part) => part !== null) ? parts : null
}

/** An address's query with its question mark, decoded; empty if there is none, or if its encoding is broken. */
export function decodedQuery(url: URL): string {
  return decoded(url.search) ?? ""
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
