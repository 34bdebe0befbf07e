import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { jsonSource, valuesAt } from "./json-api.ts"
import type { Outside } from "./outside.ts"
import type { Known, Source } from "./source.ts"

const placeholder = /\{(\w+)\}/g

/** A file that describes a source is not usable. */
export class SourceUnusable extends Error {
  readonly code = "source_unusable"
  readonly hint = "Correct the file, or move it away."
  constructor(file: string, why: string) {
    super(`${file} describes no usable source: ${why}`)
  }
}

const description = z.strictObject({
  /** `https://api.example/person?email={email}`: what is in braces is a field of the lead, encoded. */
  url: z.string().refine((url) => /^https:\/\/[^{}/?#]+[/?#]/.test(url), "It is https, and its host has no {field}."),
  /** The environment variable that holds the key, and where the key is sent: in a header or in the query. */
  key: z
    .union([
      z.strictObject({ env: z.string(), header: z.string(), format: z.string().default("{key}") }),
      z.strictObject({ env: z.string(), query: z.string() }),
    ])
    .optional(),
  headers: z.record(z.string(), z.string()).default({}),
  /** Fields, and where each stands in the answer: `{ "title": "data.job.title" }`. */
  fields: z.record(z.string(), z.string()).refine((fields) => Object.keys(fields).length > 0, "It names a field."),
  priceUsd: z.number().min(0).default(0),
  rate: z.strictObject({ calls: z.int().positive(), seconds: z.number().positive() }),
  precision: z.number().min(0).max(1).default(0.7),
})
type Description = z.output<typeof description>

export type Configured = { sources: Source[]; off: { name: string; reason: string }[] }

/** Every HTTP JSON API that a file of the folder describes; the file's name is the source's. Those whose key is not in the
 * environment are off. Throws SourceUnusable. */
export function configuredSources(
  outside: Outside,
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Configured {
  const configured: Configured = { sources: [], off: [] }
  if (!existsSync(folder)) return configured
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"))
  for (const file of files.sort()) {
    const name = file.slice(0, -".json".length)
    const api = readDescription(join(folder, file))
    const key = api.key && environment[api.key.env]
    if (api.key && !key) configured.off.push({ name, reason: `${api.key.env} is not set.` })
    else configured.sources.push(sourceFrom(outside, name, api, key ?? ""))
  }
  return configured
}

function readDescription(path: string): Description {
  try {
    return description.parse(JSON.parse(readFileSync(path, "utf8")))
  } catch (error) {
    throw new SourceUnusable(path, error instanceof z.ZodError ? z.prettifyError(error) : String(error))
  }
}

function sourceFrom(outside: Outside, name: string, api: Description, key: string): Source {
  const { url, fields, priceUsd, rate, precision } = api
  return jsonSource(outside, {
    name,
    fields: Object.keys(fields),
    priceUsd,
    rate: { calls: rate.calls, windowMs: rate.seconds * 1000 },
    precision,
    headers: { ...api.headers, ...keyHeader(api.key, key) },
    question: (known) => filled(url, known),
    keyed: (question) => withKey(question, api.key, key),
    read: (json) => valuesAt(json, fields),
  })
}

/** The address with the lead's values in it; null where one of them is not known. */
function filled(template: string, known: Known): string | null {
  const names = [...template.matchAll(placeholder)].map((match) => match[1] ?? "")
  if (names.some((name) => !known[name])) return null
  return template.replace(placeholder, (_, name: string) => encodeURIComponent(known[name] ?? ""))
}

function keyHeader(place: Description["key"], key: string): Record<string, string> {
  return place && "header" in place ? { [place.header.toLowerCase()]: place.format.replace("{key}", () => key) } : {}
}

function withKey(question: string, place: Description["key"], key: string): string {
  if (!place || !("query" in place)) return question
  const url = new URL(question)
  url.searchParams.set(place.query, key)
  return url.href
}
