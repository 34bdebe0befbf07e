import { createRequire } from "node:module"

/** How Small Giant names itself to company sites. */
export const siteUserAgent = "Mozilla/5.0 (compatible; SmallGiant/0.1; reads single company pages for its user)"
const robotName = "SmallGiant"

/** What a request for a robots.txt came to: null when nothing answered. */
type AskRobots = (url: string, signal: AbortSignal) => Promise<{ status: number; body: string } | null>

/** Whether a company's site lets a page be read. */
export type Robots = (url: string, signal: AbortSignal) => Promise<boolean>

type Rules = { isAllowed(url: string, robot: string): boolean | undefined }
/** Its own types claim a default export, which it does not have. */
const parseRobots: (address: string, text: string) => Rules = createRequire(import.meta.url)("robots-parser")

const day = 24 * 3_600_000
const remembered = 1_000

/** Asks each site once a day. As RFC 9309 has it, a site without the file allows everything, and one whose file cannot be had for an
 * error of its own allows nothing. */
export function openRobots(ask: AskRobots, clock: () => Date): Robots {
  const known = new Map<string, { at: number; isAllowed: Promise<(url: string) => boolean> }>()
  return async (url, signal) => {
    const { origin } = new URL(url)
    const now = clock().getTime()
    const before = known.get(origin)
    if (before && now - before.at < day) return (await before.isAllowed)(url)
    const isAllowed = rulesOf(ask, origin, signal)
    known.delete(origin)
    known.set(origin, { at: now, isAllowed })
    for (const oldest of known.keys()) if (known.size > remembered) known.delete(oldest)
    return (await isAllowed)(url)
  }
}

async function rulesOf(ask: AskRobots, origin: string, signal: AbortSignal): Promise<(url: string) => boolean> {
  const address = `${origin}/robots.txt`
  const answer = await ask(address, signal)
  // A site that does not answer here will not answer the browser either, which then says so better.
  if (answer === null || (answer.status >= 400 && answer.status < 500)) return () => true
  if (answer.status !== 200) return () => false
  const rules = parseRobots(address, answer.body)
  return (url) => rules.isAllowed(url, robotName) ?? true
}
