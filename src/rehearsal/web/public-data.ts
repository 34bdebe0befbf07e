import { createHash } from "node:crypto"
import { type Answer, type Question, text } from "./answer.ts"
import { companies } from "./companies.ts"
import { companyOf, employerName, people } from "./people.ts"
import { currentRole, type Person } from "./person.ts"

/** Public data beside the pages: Gravatar, GitHub and the registries of domains, as they answer about the people and companies of
 * the replica. Null for any other host. */
export function publicData({ url, path }: Question): Answer | null {
  const [kind, ...rest] = path
  const name = rest.at(-1) ?? ""
  if (url.hostname === "api.gravatar.com") return answered(gravatarOf(name))
  if (url.hostname === "api.github.com") return answered(kind === "orgs" ? organisationOf(name) : userOf(name))
  return url.hostname === "rdap.org" ? answered(registrationOf(name)) : null
}

/** Addresses of people who show themselves on Gravatar. */
const gravatars: Record<string, string> = {
  "grant@tallgrassgrain.example": "grant-ostergaard-ne",
  "neha@kesariledger.example": "neha-kulkarni-deo",
  "helene@glodkraft.example": "helene-strandvik-moe",
}

function gravatarOf(hash: string): object | null {
  const email = Object.keys(gravatars).find((one) => createHash("sha256").update(one).digest("hex") === hash)
  const person = people.find(({ slug }) => email !== undefined && slug === gravatars[email])
  if (!person) return null
  const linkedin = `https://www.linkedin.com/in/${encodeURIComponent(person.slug)}/`
  return {
    ...{ hash, display_name: person.name, location: person.location, description: "" },
    job_title: currentRole(person)?.title ?? "",
    company: employerOf(person),
    verified_accounts: [
      { service_type: "linkedin", url: linkedin },
      ...(person.x ? [{ service_type: "twitter", url: `https://x.com/${person.x.handle}` }] : []),
    ],
  }
}

/** Whoever has an account on X has one on GitHub, under the same name. */
function userOf(login: string): object | null {
  const person = people.find(({ x }) => x?.handle.toLowerCase() === login.toLowerCase())
  if (!person?.x) return null
  const { handle, bio } = person.x
  return {
    ...{ login: handle, type: "User", name: person.name, location: person.location, bio, email: null, blog: "" },
    ...{ company: employerOf(person), twitter_username: handle },
  }
}

function organisationOf(login: string): object | null {
  const company = companyOf(login)
  if (!company) return null
  return { login, type: "Organization", name: company.name, blog: `https://${company.domain}/`, email: null }
}

function registrationOf(domain: string): object | null {
  const company = companies.find((one) => one.domain === domain.toLowerCase())
  if (!company) return null
  return {
    ...{ objectClassName: "domain", ldhName: company.domain },
    events: [{ eventAction: "registration", eventDate: `${company.founded}-04-01T00:00:00Z` }],
  }
}

function employerOf(person: Person): string {
  const role = currentRole(person)
  return role === null ? "" : employerName(role.company)
}

function answered(found: object | null): Answer {
  const json = text(JSON.stringify(found ?? { message: "Not Found" }), "application/json")
  return found === null ? { ...json, status: 404 } : json
}
