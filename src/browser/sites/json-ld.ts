import type { CheerioAPI } from "cheerio"
import { z } from "zod"

const recordSchema = z.record(z.string(), z.unknown())

/** A JSON-LD object of the page: its own keys, unread. */
export type JsonLd = z.infer<typeof recordSchema>

/** All top-level JSON-LD objects of a document, those of a `@graph` included. What does not parse is left out. */
export function readJsonLd($: CheerioAPI): JsonLd[] {
  return $('script[type="application/ld+json"], script[data-testid="UserProfileSchema-test"]')
    .toArray()
    .flatMap((script) => flatten(parseJson($(script).text())))
}

/** Whether the object is of one of the types. */
export function isOfType(record: JsonLd, types: ReadonlySet<string>): boolean {
  return list(record["@type"]).some(
    (type) => typeof type === "string" && types.has(type.replace(/^https?:\/\/schema\.org\//, "")),
  )
}

/** Parses JSON; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A JSON-LD value is one or a list of many. */
export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
}

function flatten(value: unknown): JsonLd[] {
  return list(value).flatMap((item) => {
    const record = recordSchema.safeParse(item)
    if (!record.success) return []
    return record.data["@graph"] === undefined ? [record.data] : flatten(record.data["@graph"])
  })
}
