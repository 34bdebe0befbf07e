import { type Answer, absent, type Question } from "./answer.ts"
import { companySite } from "./company-site/company-site.ts"
import { linkedin } from "./linkedin/linkedin.ts"
import { publicData } from "./public-data.ts"
import { shortened, x } from "./x/x.ts"

/** The built-in web: what stands at an address, or the answer that nothing does. */
export function builtIn(question: Question): Answer {
  const { method, url } = question
  if (url.hostname === "linkedin.com" || url.hostname.endsWith(".linkedin.com")) return linkedin(question)
  if (["x.com", "www.x.com", "twitter.com", "www.twitter.com"].includes(url.hostname)) return x(question)
  if (method === "POST") return absent(url)
  if (url.hostname === "t.co") return shortened(question)
  return publicData(question) ?? companySite(question) ?? absent(url)
}
