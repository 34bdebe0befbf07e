import type { Awkward } from "./awkward.ts"
import { digits } from "./seed.ts"

export type Role = {
  title: string
  /** The slug of a company of the replica, or the name of an employer that has no page in it. */
  company: string
  /** A month, "2021-04". */
  from: string
  /** The month in which it ended; absent while it lasts. */
  to?: string
  place?: string
  text?: string
}

type School = { school: string; degree: string; from: number; to: number }

/** A post that the person wrote. `at` is ISO 8601, UTC. */
export type Post = { at: string; text: string }

export type XAccount = {
  handle: string
  bio: string
  location: string
  followers: number
  following: number
  /** A month, "2014-03". */
  joined: string
  /** Newest first; the last one is pinned. */
  posts: Post[]
  /** Whether the page carries its JSON-LD, which X leaves out on some. */
  schema: boolean
}

export type Person = {
  /** The last part of the LinkedIn address, not encoded. */
  slug: string
  name: string
  pronouns?: string
  headline: string | null
  location: string
  about: string | null
  followers: number
  /** Newest first. */
  roles: [Role, ...Role[]]
  schools: School[]
  skills: string[]
  posts: Post[]
  x?: XAccount
  awkward?: Awkward
}

/** The ID in the keys of the profile's cards: 39 characters, as LinkedIn's. */
export function memberId(slug: string): string {
  return `ACoAA${digits(`member ${slug}`, 34)}`
}

/** The role that has not ended, if there is one. */
export function currentRole(person: Person): Role | null {
  const [newest] = person.roles
  return newest.to === undefined ? newest : null
}
