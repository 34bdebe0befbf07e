import { awkwardPeople } from "./awkward-people.ts"
import { companies } from "./companies.ts"
import type { Company } from "./company.ts"
import { ordinaryPeople } from "./ordinary-people.ts"
import { currentRole, type Person } from "./person.ts"

export const people: Person[] = [...ordinaryPeople, ...awkwardPeople]

export function companyOf(slug: string): Company | null {
  return companies.find((company) => company.slug === slug) ?? null
}

/** The company's name, or the employer as it is written where the replica has no page of it. */
export function employerName(company: string): string {
  return companyOf(company)?.name ?? company
}

/** Who works at a company now, in the order of the lists. */
export function staffOf(company: Company): Person[] {
  return people.filter((person) => currentRole(person)?.company === company.slug)
}
