import { z } from "zod"
import type { Json } from "../db/json.ts"

/** Characters of free HTML, and of a manifest as JSON. */
const mostHtml = 200_000
const mostManifest = 20_000
/** Rows that a query gives where it names no limit, and at most. */
export const usualRows = 100
const mostRows = 500

const name = z.string().regex(/^[a-z][a-zA-Z0-9_]{0,39}$/, "a name begins with a small letter: letters, digits and _")
const words = z.string().trim().min(1).max(200)
const column = z.string().min(1).max(100)
const columns = z.array(column).max(30)
const named = <T extends z.ZodType>(what: T, most: number) =>
  z.record(name, what).refine((all) => Object.keys(all).length <= most, `at most ${most} of these`)

/** What a person chooses or types: of a whole view, or before an action is done. */
const input = z
  .strictObject({
    type: z.enum(["text", "long", "number", "date", "choice"]),
    label: words.optional(),
    choices: z.array(z.string().max(100)).min(1).max(50).optional(),
    /** What it is at first. */
    value: z.union([z.string().max(500), z.number()]).optional(),
  })
  .refine(({ type, choices }) => (type === "choice") === (choices !== undefined), "a choice, and only it, has choices")
  .meta({ id: "ViewInput" })

const query = z.strictObject({
  sql: z.string().min(1).max(4_000),
  limit: z.int().min(1).max(mostRows).optional(),
})

/** A write of the catalogue that a person can have done. */
const viewAction = z
  .strictObject({
    call: z.string().max(100),
    // What comes here is JSON already; an action's own schema says what is right.
    args: z.array(z.custom<Json>()).max(10),
    label: words.optional(),
    /** Asked of the person before. */
    fields: named(input, 12).optional(),
    /** A question that the person has to say yes to first. */
    confirm: words.optional(),
  })
  .meta({ id: "ViewAction" })

const ofQuery = { query: name, title: words.optional() }
const shown = { heading: column.optional(), lines: columns.optional(), actions: z.array(name).max(8).optional() }

/** The closed catalogue of what a view is made of. None of it can hold an address. */
const part = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("table"),
      ...ofQuery,
      columns: columns.optional(),
      actions: z.array(name).max(8).optional(),
    }),
    z.strictObject({ type: z.enum(["cards", "review"]), ...ofQuery, ...shown, text: column.optional() }),
    z.strictObject({
      type: z.literal("board"),
      ...ofQuery,
      by: column,
      values: z.array(z.string().max(100)).min(1).max(12),
      heading: column.optional(),
      lines: columns.optional(),
      move: name.optional(),
    }),
    z.strictObject({ type: z.literal("stat"), query: name, label: words, value: column.optional() }),
    z.strictObject({ type: z.literal("chart"), ...ofQuery, kind: z.enum(["bar", "line"]), x: column, y: column }),
    z.strictObject({ type: z.literal("form"), action: name, title: words.optional() }),
  ])
  .meta({ id: "ViewPart" })

/** Parameters of a view's address that are not its inputs. */
const reserved = ["part", "version", "query"]

/** What a view shows, asks and may do. Either parts, or free HTML. */
export const manifest = z
  .strictObject({
    title: z.string().trim().min(1).max(80),
    inputs: named(input, 12)
      .refine(
        (all) => !reserved.some((name) => Object.hasOwn(all, name)),
        `no input may be called ${reserved.join(", ")}`,
      )
      .optional(),
    queries: named(query, 12).optional(),
    actions: named(viewAction, 12).optional(),
    parts: z.array(part).min(1).max(20).optional(),
    html: z.string().min(1).max(mostHtml).optional(),
  })
  .refine(({ parts, html }) => (parts === undefined) !== (html === undefined), "a view has either parts or html")
  .refine(({ html: _, ...rest }) => JSON.stringify(rest).length <= mostManifest, `more than ${mostManifest} characters`)
  .meta({ id: "Manifest" })

export type Manifest = z.output<typeof manifest>
export type ViewInput = z.output<typeof input>
export type ViewQuery = z.output<typeof query>
export type ViewAction = z.output<typeof viewAction>
export type ViewPart = z.output<typeof part>

/** The queries of a part, by which it is found what a person may do with which rows. */
export function queryOf(part: ViewPart): string | null {
  return part.type === "form" ? null : part.query
}

/** The actions that a part offers for each of its rows. */
export function actionsOf(part: ViewPart): string[] {
  switch (part.type) {
    case "table":
    case "cards":
    case "review":
      return part.actions ?? []
    case "board":
      return part.move === undefined ? [] : [part.move]
    case "form":
      return [part.action]
    default:
      return []
  }
}

/** Whether drafts are decided on in it. */
export function isReviewOfDrafts(part: ViewPart, columns: string[]): boolean {
  return part.type === "review" && columns.includes("draft_id")
}
