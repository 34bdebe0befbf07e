import type { Company } from "../company.ts"
import { digits } from "../seed.ts"

/** What a site lets slip about how it is built: its generator, and the address of its script. */
export function technologyOf(company: Company): { generator: string | null; script: string } {
  const build = digits(`build ${company.domain}`, 8)
  switch (company.site.builtWith) {
    case "wordpress":
      return { generator: "WordPress 7.1", script: "/wp-content/themes/plain/main.js" }
    case "next":
      return { generator: null, script: `/_next/static/chunks/main-${build}.js` }
    case "shopify":
      return { generator: null, script: "/cdn/shop/t/4/assets/theme.js" }
    case "astro":
      return { generator: "Astro v6.2.0", script: `/_astro/page.${build}.js` }
    case "typo3":
      return { generator: "TYPO3 CMS", script: "/typo3temp/assets/main.js" }
  }
}
