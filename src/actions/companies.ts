import { eq } from "drizzle-orm"
import { z } from "zod"
import { type Company, tables } from "../db/tables.ts"
import { companyFields } from "../leads/fields.ts"
import { companyListing, companyQuery, findCompanies } from "../leads/find-companies.ts"
import { learn } from "../leads/learn.ts"
import { mergeCompanies } from "../leads/merge.ts"
import { rowOf } from "../leads/values.ts"
import { claim, company, learned } from "./answers.ts"
import { ActionRefused } from "./define.ts"
import { findShape, queryOf } from "./finding.ts"
import { action } from "./services.ts"
import { holdForeignText } from "./taint.ts"

const id = z.int().positive()

export const companyActions = [
  action({
    name: "companies.find",
    effect: "read",
    summary: "Companies, newest first; asked for like leads",
    example: 'return show(await companies.find({ industry: "software", missing: "domain" }))',
    parameters: { query: findShape(companyListing, "Company", 'Exclude<keyof Company, "custom">').optional() },
    returns: z.array(company),
    taints: (found, { store }) => holdForeignText(store, "company", found),
    run: async ({ store }, { query }) =>
      (await findCompanies(store, queryOf(companyListing, companyQuery, query))).rows.map(({ leads: _, ...found }) =>
        companySeen(found),
      ),
  }),
  action({
    name: "companies.get",
    effect: "read",
    summary: "One company",
    example: "return (await companies.get(3)).domain",
    parameters: { id },
    returns: company,
    taints: (found, { store }) => holdForeignText(store, "company", [found]),
    run: ({ store }, asked) =>
      store.read(async (db) => {
        const { id } = await rowOf(db, { entity: "company", id: asked.id })
        const [found] = await db.select().from(tables.companies).where(eq(tables.companies.id, id))
        if (!found) throw new ActionRefused(`There is no company ${asked.id}.`)
        return companySeen(found)
      }),
  }),
  action({
    name: "companies.learn",
    effect: "write",
    summary: `Keeps facts of a company with their evidence. Fields: ${Object.keys(companyFields).join(", ")}`,
    example: 'const seen = await web.site("acme.example")\nreturn await companies.learn(3, seen.facts)',
    // A lead whose company is not known has none to learn of, and a script need not look before.
    parameters: { id: id.nullable(), facts: z.array(claim).max(50) },
    returns: z.array(learned),
    whenTainted: "allowed",
    taints: false,
    subjects: ({ id }) => (id === null ? [] : [{ entity: "company", id }]),
    fields: ({ facts }) => facts.map(({ field }) => field),
    run: async ({ store, author, clock }, { id, facts }) =>
      id === null
        ? facts.map(({ field }) => ({ field, kind: "refused" as const, reason: "No company is known to learn it of." }))
        : learn(store, author, { entity: "company", id }, facts, clock()),
  }),
  action({
    name: "companies.merge",
    effect: "write",
    summary: "Makes one company of two that are the same: the leads of both work for keep",
    example: "await companies.merge(3, 9)",
    parameters: { keep: id, drop: id },
    returns: z.object({ keep: z.int() }),
    taints: false,
    subjects: ({ keep, drop }) => [
      { entity: "company", id: keep },
      { entity: "company", id: drop },
    ],
    run: async ({ store, author, clock }, { keep, drop }) => {
      const merged = await mergeCompanies(store, author, keep, drop, clock())
      if (merged.kind === "refused") throw new ActionRefused(merged.reason)
      return { keep: merged.keep }
    },
  }),
]

/** A company as scripts see it. */
export function companySeen({ mergedInto: _, nameKey: __, ...company }: Company) {
  return company
}
