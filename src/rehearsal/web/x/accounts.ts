import type { Company } from "../company.ts"
import { companyOf, people } from "../people.ts"
import { currentRole, type XAccount } from "../person.ts"
import { digits } from "../seed.ts"
import type { Author } from "./post.ts"

/** A person's account, with what its page shows of the person. */
export type Account = XAccount & {
  author: Author
  state: "open" | "protected" | "suspended"
  /** The company whose site the account links to. */
  employer: Company | null
  /** The short address behind which the site hides that link. */
  shortLink: string
}

export const accounts: Account[] = people.flatMap((person) => {
  if (person.x === undefined) return []
  const { handle } = person.x
  return {
    ...person.x,
    author: { name: person.name, handle },
    state: stateOf(person.awkward),
    employer: companyOf(currentRole(person)?.company ?? ""),
    shortLink: `https://t.co/${digits(`link ${handle}`, 10)}`,
  }
})

function stateOf(awkward: string | undefined): Account["state"] {
  if (awkward === "x-suspended") return "suspended"
  return awkward === "x-protected" ? "protected" : "open"
}
