/** People who only stand around on other people's pages. None of them may end up in anybody's fields. */
export type Stranger = { slug: string; name: string; headline: string; handle: string }

export const strangers: Stranger[] = [
  {
    slug: "odette-farncombe",
    name: "Odette Farncombe",
    headline: "Chief Revenue Officer at Brackenfold",
    handle: "odettefarn",
  },
  { slug: "hiroto-nagamizu", name: "Hiroto Nagamizu", headline: "CEO, Aoba Freight Lines", handle: "nagamizu_h" },
  { slug: "lerato-mabuzela", name: "Lerato Mabuzela", headline: "VP Sales, Karoo Timber", handle: "lerato_mbz" },
  { slug: "anton-grebenko", name: "Anton Grebenko", headline: "CTO at Silt & Sons", handle: "agrebenko" },
  {
    slug: "maite-zubiaurre-lopo",
    name: "Maite Zubiaurre Lopo",
    headline: "Founder, Taller Norte",
    handle: "maitelopo",
  },
  {
    slug: "farouk-benslimani",
    name: "Farouk Benslimani",
    headline: "Head of Data at Oasis Rail",
    handle: "farouk_rail",
  },
  {
    slug: "clementine-ashgrove",
    name: "Clementine Ashgrove",
    headline: "Recruiter for people who dislike recruiters",
    handle: "clemashgrove",
  },
  {
    slug: "bogdan-istrateanu",
    name: "Bogdan Istrățeanu",
    headline: "Director of Sales, Carpat Glass",
    handle: "bogdan_glass",
  },
  { slug: "thandeka-ruhiiga", name: "Thandeka Ruhiiga", headline: "Product Lead at Umvula Rain", handle: "thandekar" },
  {
    slug: "wolfram-seeliger",
    name: "Wolfram Seeliger-Toth",
    headline: "Geschäftsführer, Seeliger Armaturen",
    handle: "wseeliger",
  },
]

/** The team member whose account reads the pages: the sites show their own name beside everything. */
export const viewer = {
  slug: "robin-tellwright",
  name: "Robin Tellwright",
  headline: "Sales at a small team",
  handle: "robintellwright",
}
