import { z } from "zod"

const cursorShape = z.strictObject({
  sort: z.string(),
  dir: z.enum(["asc", "desc"]),
  key: z.union([z.string(), z.number(), z.null()]),
  id: z.int(),
  back: z.boolean(),
  isLong: z.boolean().optional(),
})
/** Where a page begins: beside the row with this key and id, going on or `back`. A key that `isLong` for an address is left out, and looked
 * up by the id. */
export type Cursor = z.output<typeof cursorShape>

const longestKey = 400

export function cursorText(cursor: Cursor): string {
  const isLong = typeof cursor.key === "string" && cursor.key.length > longestKey
  return Buffer.from(JSON.stringify(isLong ? { ...cursor, key: null, isLong } : cursor)).toString("base64url")
}

/** Where a page begins, as its neighbour names it; null where the text names nothing. */
export function cursorOf(text: string): Cursor | null {
  const json = z
    .string()
    .transform((encoded, context) => {
      try {
        return JSON.parse(Buffer.from(encoded, "base64url").toString("utf8"))
      } catch {
        context.addIssue({ code: "custom", message: "No cursor." })
        return z.NEVER
      }
    })
    .pipe(cursorShape)
    .safeParse(text)
  return json.success ? json.data : null
}
