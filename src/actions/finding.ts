import { z } from "zod"
import type { Listing } from "../leads/listing.ts"
import { status, text } from "./answers.ts"
import { ActionRefused } from "./define.ts"

/** The arguments of a search as one would guess them: `{ status: "new", missing: "title", company: "acme", limit: 20 }`. Their
 * type is called after `name`, and `fieldType` is the TypeScript of the names of its columns. */
export function findShape(listing: Listing, name: string, fieldType: string) {
  const columns = Object.keys(listing.columns).map(camelCase)
  const column = z
    .string()
    .transform(camelCase)
    .pipe(z.enum(columns, { error: () => `Fields are: ${columns.join(", ")}.` }))
    .meta({ id: `${name}Field`, typescript: fieldType })
  const one = z.union([column, z.array(column)]).optional()
  return z
    .strictObject({
      q: z.string().max(200).optional(),
      missing: one,
      has: one,
      ...Object.fromEntries(
        Object.entries(listing.columns).flatMap(([column, { kind, choices }]) => filter(column, kind, choices)),
      ),
      where: z.record(z.string().max(100), z.union([z.string().max(500), z.number()])).optional(),
      sort: column.optional(),
      dir: z.enum(["asc", "desc"]).optional(),
      limit: z.coerce.number().int().min(1).max(500).optional(),
    })
    .meta({ id: `${name}Query`, typescript: queryType(name) })
}

/** A filter for each value of a row is said shorter in TypeScript than one by one. */
function queryType(name: string): string {
  const field = `${name}Field`
  const filters = `Partial<Omit<${name}, "id" | "custom" | "enrichedAt" | "createdAt" | "updatedAt">>`
  return `{ q?: string; missing?: ${field} | ${field}[]; has?: ${field} | ${field}[]; where?: Record<string, string | number>; sort?: ${field}; dir?: "asc" | "desc"; limit?: number } & ${filters}`
}

export type Found = z.output<ReturnType<typeof findShape>>

/** The query that the arguments stand for. Throws ActionRefused, with what would be right. */
export function queryOf<Q extends z.ZodType>(listing: Listing, query: Q, asked: Found = {}): z.output<Q> {
  const parsed = query.safeParse(conditionsFor(listing, asked))
  if (parsed.success) return parsed.data
  throw new ActionRefused(z.prettifyError(parsed.error))
}

/** The arguments as a table's address has them: one condition for each filter. */
export function conditionsFor(listing: Listing, asked: Found = {}) {
  const { q, missing, has, where = {}, sort, dir, limit, ...filters } = asked
  const conditions: Record<string, string | number> = { ...where }
  for (const field of listOf(missing)) conditions[field] = ""
  for (const field of listOf(has)) conditions[`${field}!`] = ""
  for (const [field, value] of Object.entries(filters)) {
    if (typeof value === "string" && value !== "" && listing.columns[snakeCase(field)]?.choices === undefined)
      conditions[`${field}~`] = value
    else if (typeof value === "string" || typeof value === "number") conditions[field] = value
    else if (value === null) conditions[field] = ""
  }
  return { q, where: conditions, sort, dir, limit }
}

/** A text is found by any part of it, a number by being the same; null finds what has none. */
function filter(column: string, kind: "text" | "number" | "time", choices?: readonly string[]): [string, z.ZodType][] {
  if (kind === "time" || column === "id" || column === "suggestions") return []
  if (choices) return [[camelCase(column), status.optional()]]
  return [[camelCase(column), kind === "text" ? text.optional() : z.number().nullish()]]
}

function listOf(fields: string | string[] | undefined): string[] {
  return fields === undefined ? [] : [fields].flat()
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
