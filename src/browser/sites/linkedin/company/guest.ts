import { z } from "zod"
import { type Found, structuredText, words } from "../../hooks.ts"
import { isOfType, list, readJsonLd } from "../../json-ld.ts"
import { defineLayout } from "../../layout.ts"
import type { Page, Part } from "../../page.ts"
import { linkedinSlug } from "../address.ts"
import { findSize } from "./size.ts"

type Company = { part: Part; organization: Organization | null }

/** The page that LinkedIn shows to people who are not signed in. */
export const guestLayout = defineLayout<Company>({
  name: "guest",
  fits: ({ $ }) => $('meta[name="pageKey"][content^="d_org_guest_company"], main .top-card-layout__title').length > 0,
  cut: {
    main: "main",
    leaveOut:
      "nav, aside, footer, form, [role=dialog], [data-test-id='employees-at'], [data-test-id='updates'], " +
      "[data-test-id='similar-pages'], [data-test-id='affiliated-pages'], [class*='similar-pages'], [class*='employees-at'], article",
  },
  open: (part, page) => ({ part, organization: readOrganization(part, page) }),
  chains: {
    name: [
      {
        name: "top-card-title",
        find: ({ part }) => words(part.line(part.main.find("h1.top-card-layout__title").first())),
      },
      { name: "json-ld", find: ({ organization }) => structuredText("name", organization?.name) },
    ],
    website: [
      { name: "about-us", find: ({ part }) => findWebsite(part) },
      { name: "json-ld", find: ({ organization }) => structuredText("sameAs", website(organization)) },
    ],
    industry: [{ name: "about-us", find: ({ part }) => words(aboutUs(part, "industry")) }],
    size: [{ name: "about-us", find: ({ part }) => findSize(aboutUs(part, "size")) }],
    location: [
      { name: "about-us", find: ({ part }) => words(aboutUs(part, "headquarters")) },
      { name: "json-ld", find: ({ organization }) => structuredText("address", place(organization)) },
    ],
    description: [
      {
        name: "about-us",
        find: ({ part }) => words(part.lines(part.main.find('[data-test-id="about-us__description"]')).join("\n")),
      },
      { name: "json-ld", find: ({ organization }) => structuredText("description", organization?.description) },
    ],
  },
  needs: ["name"],
})

function aboutUs({ main, line }: Part, what: string): string {
  return line(main.find(`[data-test-id="about-us__${what}"] dd`).first())
}

/** The link leads through LinkedIn; what it shows is the site. */
function findWebsite({ main, line }: Part): Found<string> | null {
  const quote = line(main.find('[data-test-id="about-us__website"] a').first())
  return /^(?:https?:\/\/)?[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+(?:\/\S*)?$/u.test(quote) ? words(quote) : null
}

const organizationSchema = z.object({
  name: z.string().optional().catch(undefined),
  url: z.string().optional().catch(undefined),
  sameAs: z.unknown().optional(),
  description: z.string().optional().catch(undefined),
  address: z
    .object({
      addressLocality: z.string().optional(),
      addressRegion: z.string().optional(),
      addressCountry: z.string().optional(),
    })
    .optional()
    .catch(undefined),
})
type Organization = z.infer<typeof organizationSchema>

/** The organization that has the page's own address. */
function readOrganization({ $ }: Part, page: Page): Organization | null {
  const slug = linkedinSlug("company", page.url.href)
  const organizations = readJsonLd($)
    .filter((record) => isOfType(record, new Set(["Organization", "Corporation"])))
    .flatMap((record) => organizationSchema.safeParse(record).data ?? [])
  return organizations.find(({ url }) => slug !== null && linkedinSlug("company", url) === slug) ?? null
}

function website(organization: Organization | null): string | null {
  const [address] = list(organization?.sameAs)
  return typeof address === "string" ? address : null
}

function place(organization: Organization | null): string | null {
  const { addressLocality, addressRegion, addressCountry } = organization?.address ?? {}
  const parts = [addressLocality, addressRegion, addressCountry].filter((part) => part !== undefined && part !== "")
  return parts.length === 0 ? null : [...new Set(parts)].join(", ")
}
