import { z } from "zod"
import { type Comparison, type Condition, columnNamed, isCustom, type Listing, type ListQuery } from "./listing.ts"
import { cursorOf } from "./listing-cursor.ts"

const comparisons: Record<string, Comparison> = {
  "": "is",
  "!": "isnt",
  "~": "contains",
  ">": "at least",
  "<": "at most",
}
/** The query of a table as its address or an action's arguments put it. `where` holds one entry per filter: a column and how it
 * compares, as in `{ "title~": "cto", "score>": 70, "email": "", "phone!": "" }` (contains, at least, absent, present). */
export function listQuery(listing: Listing) {
  const columns = Object.keys(listing.columns)
  const columnName = z
    .string()
    .transform((name) => (isCustom(listing, name) ? name : snakeCase(name)))
    .refine((name) => isCustom(listing, name) || columns.includes(name), `Columns are: ${columns.join(", ")}.`)
  const scalar = z.union([z.string().max(500), z.number()]).transform(String)
  return z
    .strictObject({
      q: z
        .string()
        .max(200, "Search for at most 200 characters.")
        .optional()
        .describe("Words of a name, title, company, email or place"),
      status: scalar.optional(),
      missing: z.string().max(100).optional().describe("A column that has no value"),
      where: z
        .union([z.array(z.tuple([z.string().max(100), scalar])), z.record(z.string().max(100), scalar)])
        .default([])
        .describe('Filters, as { "title~": "cto", "score>": 70, "email": "" }'),
      sort: columnName.optional(),
      dir: z.enum(["asc", "desc"], { error: () => "dir is asc or desc." }).optional(),
      after: z.string().max(2_000).optional().describe("`next` of the page before"),
      limit: z.coerce
        .number({ error: () => "limit is a number from 1 to 500." })
        .int()
        .min(1)
        .max(500)
        .default(50),
    })
    .transform((asked, context): ListQuery => {
      const refuse = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message })
      const words = asked.q?.trim() ?? ""
      const sort = asked.sort ?? (words ? "id" : listing.newest)
      const dir = asked.dir ?? (listing.columns[sort]?.kind === "text" ? "asc" : "desc")
      const where = [
        ...(Array.isArray(asked.where) ? asked.where : Object.entries(asked.where)),
        ...(asked.status === undefined ? [] : [["status", asked.status] as const]),
        ...(asked.missing === undefined ? [] : [[asked.missing, ""] as const]),
      ]
      const conditions: Condition[] = []
      for (const [name, value] of where) {
        const condition = conditionOf(listing, name, value)
        if (typeof condition === "string") refuse(name, condition)
        else conditions.push(condition)
      }
      const from = asked.after === undefined ? null : cursorOf(asked.after)
      if (asked.after !== undefined && (from?.sort !== sort || from.dir !== dir)) {
        refuse("after", "This page's address does not belong to this order of rows. Start again from the first page.")
      }
      return { words, sort, dir, limit: asked.limit, conditions, from }
    })
}

/** The parameters of an address as `listQuery` takes them; every parameter it does not name is a filter. Of those that stand there more
 * than once the last holds. */
export function askedIn(parameters: Iterable<[string, string]>): Record<string, unknown> {
  const isNamed = ([name]: [string, string]) => ["q", "sort", "dir", "after", "limit", "missing"].includes(name)
  const asked = [...new Map(parameters)]
  return { ...Object.fromEntries(asked.filter(isNamed)), where: asked.filter((one) => !isNamed(one)) }
}

/** A condition, or why it is none. */
function conditionOf(listing: Listing, name: string, value: string): Condition | string {
  const sign = /[!~<>]$/.exec(name)?.[0] ?? ""
  const bare = name.slice(0, name.length - sign.length)
  const columnName = isCustom(listing, bare) ? bare : snakeCase(bare)
  const column = columnNamed(listing, columnName)
  const is = comparisons[sign] ?? "is"
  if (!column) return `There is no column ${bare}. Columns are: ${Object.keys(listing.columns).join(", ")}.`
  if (value === "" && (is === "is" || is === "isnt"))
    return { column: columnName, is: is === "is" ? "absent" : "present", value }
  if (column.choices && is !== "contains" && !column.choices.includes(value)) {
    return `${columnName} is one of ${column.choices.join(", ")}.`
  }
  if (column.kind !== "number") return { column: columnName, is, value }
  if (is === "contains") return `${columnName} is a number: compare it with =, >= or <=.`
  const number = value.trim() === "" ? Number.NaN : Number(value)
  return Number.isFinite(number)
    ? { column: columnName, is, value: number }
    : `${columnName} is compared with a number.`
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
