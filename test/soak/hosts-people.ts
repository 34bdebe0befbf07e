import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { companies } from "../../src/rehearsal/web/companies.ts"
import { profilePage } from "../../src/rehearsal/web/linkedin/profile.ts"
import { ordinaryPeople } from "../../src/rehearsal/web/ordinary-people.ts"

/** Invented people with a LinkedIn profile each: the folder with their pages, and the CSV of those that an owner knows. */
export function inventPeople(
  folder: string,
  owners: readonly string[],
  each: number,
): { pages: string; csvOf(owner: string): string } {
  const pages = join(folder, "pages")
  for (const owner of owners) {
    const lines = ["First Name,Last Name,LinkedIn URL,Company,Owner"]
    for (let number = 1; number <= each; number += 1) {
      const slug = `${owner}-knows-${number}`
      const model = ordinaryPeople[number % ordinaryPeople.length]
      const company = companies[number % companies.length]
      if (!model || !company) throw new Error("The replica has no people or no companies.")
      const { x: _, ...person } = model
      const [role] = person.roles
      const name = `${capital(owner)} Number${number}`
      const page = profilePage({
        ...person,
        slug,
        name,
        posts: [],
        headline: `${role.title} at ${company.name}`,
        roles: [{ title: role.title, company: company.slug, from: role.from, place: role.place ?? "Bristol" }],
      })
      const place = join(pages, "www.linkedin.com", "in", slug)
      mkdirSync(place, { recursive: true })
      writeFileSync(join(place, "index.html"), page.text)
      lines.push(`${capital(owner)},Number${number},https://www.linkedin.com/in/${slug},${company.name},${owner}`)
    }
    writeFileSync(join(folder, `${owner}.csv`), `${lines.join("\n")}\n`)
  }
  return { pages, csvOf: (owner) => join(folder, `${owner}.csv`) }
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
