/** What an adapter made of one page, or why it made nothing. A reading never guesses: what is not on the page is absent. */

export type PageName =
  | "linkedin.profile"
  | "linkedin.company"
  | "linkedin.search"
  | "linkedin.posts"
  | "x.profile"
  | "x.posts"
  | "x.search"
  | "company.site"
  | "web.page"

/** found: the page was recognised and read. gone: it does not exist (any more). private: it exists, but does not show itself.
 * blocked: the site stands in the way (login wall, challenge, 999, 429). drift: loaded, but not recognised. */
export type ReadingKind = "found" | "gone" | "private" | "blocked" | "drift"

/** A page as the browser saw it. `html` is the rendered DOM with shadow roots opened; elements that a person could not see carry
 * `data-giant-hidden` (transparent, tiny, off-screen, clipped; not merely `display:none`). */
export type Capture = {
  /** The address asked for. */
  url: string
  /** The address that answered, after redirects. */
  finalUrl: string
  /** HTTP status of the document; 0 when nothing answered. */
  status: number
  html: string
  /** ISO 8601, UTC. */
  capturedAt: string
}

export type Post = { author: string; text: string; at: string | null; url: string | null }
export type Role = { title: string; company: string | null; current: boolean; dates: string | null; location: string | null }
export type School = { school: string; degree: string | null; dates: string | null }
export type PersonRef = { name: string; headline: string | null; title: string | null; url: string | null; location: string | null }

/** Field names are the same on every page kind; a field that is not on the page is absent. */
export type Fields = {
  name?: string
  headline?: string
  /** Title and company of a role that has not ended. */
  title?: string
  company?: string
  location?: string
  about?: string
  followers?: number
  website?: string
  industry?: string
  /** Employees as the page states them: "51-200", "1001+". */
  size?: string
  description?: string
  handle?: string
  bio?: string
  linkedin_url?: string
  x_handle?: string
  emails?: string[]
  phones?: string[]
  experience?: Role[]
  education?: School[]
  posts?: Post[]
  people?: PersonRef[]
  technologies?: string[]
  careers_url?: string
}
export type FieldName = keyof Fields

export type Reading = {
  url: string
  page: PageName
  kind: ReadingKind
  /** Why it is not `found`; null when it is. */
  reason: string | null
  fields: Fields
  /** The words of `text` that each field rests on, exactly as they stand there (for a list: of its first item). */
  quotes: Partial<Record<FieldName, string>>
  /** Which hook of the field's chain matched. */
  hooks: Partial<Record<FieldName, string>>
  /** What the source said: the visible text of the page's main part, then any structured data that a field was taken from.
   * Every quote is a substring of it. */
  text: string
  /** The document's title. */
  title: string | null
}
