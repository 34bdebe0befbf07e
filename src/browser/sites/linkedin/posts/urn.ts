const POST_URN = /^urn:li:(?:activity|ugcPost|share):\d+$/

/** The post's name in an address ("/feed/update/<urn>/"), or a name itself; null where there is none. */
export function postUrn(text: string): string | null {
  const urn = /urn:li:(?:activity|ugcPost|share):\d+/.exec(decoded(text))?.[0] ?? null
  return urn !== null && POST_URN.test(urn) ? urn : null
}

export function isPostUrn(text: string): boolean {
  return POST_URN.test(text)
}

export function updateAddress(urn: string): string {
  return `https://www.linkedin.com/feed/update/${urn}/`
}

/** The number of an activity holds its time: milliseconds since 1970, followed by 22 bits of something else. */
export function timeOf(urn: string): string | null {
  const id = /^urn:li:(?:activity|ugcPost|share):(\d{15,20})$/.exec(urn)?.[1]
  return id === undefined ? null : new Date(Number(BigInt(id) >> 22n)).toISOString()
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
