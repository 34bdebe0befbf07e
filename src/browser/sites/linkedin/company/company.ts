import { fieldsSchema } from "../../../reading.ts"
import type { Adapter } from "../../adapter.ts"
import { readLayouts } from "../../layout.ts"
import { linkedinAddress, linkedinHosts, linkedinSlug, pathParts } from "../address.ts"
import { linkedinNonPages, linkedinWalls } from "../walls.ts"
import { guestLayout } from "./guest.ts"
import { memberLayout } from "./member.ts"

/** A company's page on LinkedIn: its front page or its About tab. */
export const linkedinCompany: Adapter = {
  page: "linkedin.company",
  matches: (url) => linkedinSlug("company", url.href) !== null && ["about", undefined].includes(pathParts(url)[2]),
  address: (url) => linkedinAddress(url, ...pathParts(url).slice(2)),
  hosts: () => linkedinHosts,
  ready: { any: ["main h1", ...linkedinNonPages], scroller: null, lazy: [], screens: 0, waitMs: 15_000, lazyWaitMs: 0 },
  schema: fieldsSchema.pick({
    name: true,
    website: true,
    industry: true,
    size: true,
    location: true,
    description: true,
  }),
  parse: (capture, trace) =>
    readLayouts("linkedin.company", capture, linkedinWalls, [guestLayout, memberLayout], trace),
}
