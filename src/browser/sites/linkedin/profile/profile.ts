import { fieldsSchema } from "../../../reading.ts"
import type { Adapter } from "../../adapter.ts"
import { readLayouts } from "../../layout.ts"
import { linkedinAddress, linkedinHosts, linkedinSlug } from "../address.ts"
import { linkedinNonPages, linkedinWalls } from "../walls.ts"
import { before2024Layout } from "./before-2024.ts"
import { guestLayout } from "./guest.ts"
import { todayLayout } from "./today.ts"

const EXPERIENCE = "ExperienceTopLevelSection"

/** A person's profile on LinkedIn. */
export const linkedinProfile: Adapter = {
  page: "linkedin.profile",
  matches: (url) => linkedinSlug("in", url.href) !== null,
  address: (url) => linkedinAddress(url),
  hosts: () => linkedinHosts,
  ready: {
    any: ['main [id$="Topcard"], main [componentkey$="Topcard"]', "main h1", ...linkedinNonPages],
    scroller: "#workspace",
    lazy: [
      {
        placeholder: '[componentkey^="profileCardsExperienceOnly"], [id^="profileCardsExperienceOnly"]',
        filled: `main [id$="${EXPERIENCE}"], main [componentkey$="${EXPERIENCE}"]`,
      },
      {
        placeholder: '[componentkey^="profileCardsBelowActivityPart1"], [id^="profileCardsBelowActivityPart1"]',
        filled: 'main [id$="EducationTopLevelSection"], main [componentkey$="EducationTopLevelSection"]',
      },
    ],
    screens: 0,
    waitMs: 15_000,
    lazyWaitMs: 6_000,
  },
  schema: fieldsSchema.pick({
    name: true,
    headline: true,
    title: true,
    company: true,
    location: true,
    about: true,
    followers: true,
    experience: true,
    education: true,
  }),
  parse: (capture, trace) =>
    readLayouts("linkedin.profile", capture, linkedinWalls, [todayLayout, guestLayout, before2024Layout], trace),
}
