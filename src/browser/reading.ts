import { z } from "zod"

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

const line = (longest: number) => z.string().min(1).max(longest)
const webAddress = z.url({ protocol: /^https?$/ }).max(2000)

const postSchema = z.object({
  author: line(200),
  text: line(30_000),
  /** ISO 8601, UTC. */
  at: z.iso.datetime().nullable(),
  url: webAddress.nullable(),
})

const roleSchema = z.object({
  title: line(300),
  company: line(300).nullable(),
  current: z.boolean(),
  dates: line(100).nullable(),
  location: line(200).nullable(),
})

const schoolSchema = z.object({ school: line(300), degree: line(300).nullable(), dates: line(100).nullable() })

const personRefSchema = z.object({
  name: line(200),
  headline: line(500).nullable(),
  title: line(300).nullable(),
  url: webAddress.nullable(),
  location: line(200).nullable(),
})

/** Field names are the same on every page kind; a field that is not on the page is absent. */
export const fieldsSchema = z
  .object({
    name: line(200),
    headline: line(500),
    /** Title and company of a role that has not ended. */
    title: line(300),
    company: line(300),
    location: line(200),
    about: line(10_000),
    followers: z.number().int().nonnegative(),
    /** As the page shows it: a full address, or only the host. */
    website: line(2000),
    industry: line(200),
    /** Employees as the page states them: "51-200", "1001+". */
    size: z.string().regex(/^\d+(-\d+|\+)?$/),
    description: line(10_000),
    /** Without the @. */
    handle: z.string().regex(/^\w{1,15}$/),
    bio: line(2000),
    linkedin_url: webAddress,
    x_handle: z.string().regex(/^\w{1,15}$/),
    emails: z.array(line(254)).min(1).max(50),
    phones: z.array(line(40)).min(1).max(50),
    experience: z.array(roleSchema).min(1).max(200),
    education: z.array(schoolSchema).min(1).max(100),
    posts: z.array(postSchema).min(1).max(500),
    people: z.array(personRefSchema).min(1).max(500),
    technologies: z.array(line(60)).min(1).max(100),
    careers_url: webAddress,
    /** Where the page leads on, in its order. */
    links: z
      .array(z.object({ text: line(200), url: webAddress }))
      .min(1)
      .max(200),
  })
  .partial()

export type Fields = z.infer<typeof fieldsSchema>
export type FieldName = keyof Fields
export type Post = z.infer<typeof postSchema>
export type Role = z.infer<typeof roleSchema>
export type School = z.infer<typeof schoolSchema>
export type PersonRef = z.infer<typeof personRefSchema>

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
