import { readFileSync, realpathSync, statSync } from "node:fs"
import { join, sep } from "node:path"
import { z } from "zod"
import { decodedPath, decodedQuery } from "./address.ts"
import { type Answer, page } from "./answer.ts"
import { html } from "./markup.ts"

/** Pages from a directory, which come before the built-in ones; `null` where the directory has nothing. */
export type Overlay = (url: URL) => Answer | null

/** The overlay directory is not there. */
export class OverlayMissing extends Error {
  override name = "OverlayMissing"
  readonly directory: string
  constructor(directory: string) {
    super(`The replica's directory ${directory} is not there. Make it, or unset GIANT_REPLICA.`)
    this.directory = directory
  }
}

/**
 * Serves `<directory>/<host>/<path>/index.html`, or `index.json`, with the status and headers of a `response.json`
 * beside it; a `response.json` may also stand alone. A query counts only if a directory is named with it, as in
 * `search?q=tide`. Nothing outside of the directory is read, not through a link either. Throws `OverlayMissing`.
 */
export function openOverlay(directory: string): Overlay {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) throw new OverlayMissing(directory)
  const root = realpathSync(directory)
  return (url) => {
    for (const folder of foldersFor(url)) {
      const answer = answerFrom(root, folder)
      if (answer !== null) return answer
    }
    return null
  }
}

/** The directories in which an address's page may stand, the first one first, relative to the root. */
function foldersFor(url: URL): string[] {
  const path = decodedPath(url)
  if (path === null || ![url.hostname, ...path].every(isName)) return []
  const plain = join(url.hostname, ...path)
  const queries = [url.search, decodedQuery(url)].filter((query) => query !== "" && isName(query))
  return [...queries.flatMap((query) => [`${plain}${query}`, join(plain, query)]), plain]
}

/** Whether a decoded part of an address is the name of one directory, and no way out of it. */
function isName(part: string): boolean {
  return part !== "." && part !== ".." && !/[/\\\0]/.test(part)
}

function answerFrom(root: string, folder: string): Answer | null {
  const settings = read(root, join(folder, "response.json"))
  const markup = read(root, join(folder, "index.html"))
  const data = markup === null ? read(root, join(folder, "index.json")) : null
  if (settings === null && markup === null && data === null) return null
  const response = responseFile.safeParse(settings ?? "{}")
  if (!response.success) return broken(join(folder, "response.json"), z.prettifyError(response.error))
  return {
    status: response.data.status,
    headers: {
      "content-type": `${data === null ? "text/html" : "application/json"}; charset=utf-8`,
      ...response.data.headers,
    },
    body: markup ?? data ?? "",
    delay: 0,
  }
}

/** A file below the root as text, or `null` if there is none, or if a link leads out. */
function read(root: string, path: string): string | null {
  try {
    const real = realpathSync(join(root, path))
    return real.startsWith(root + sep) ? readFileSync(real, "utf8") : null
  } catch (error) {
    if (error instanceof Error && "code" in error && notThere.has(error.code)) return null
    throw error
  }
}

const notThere = new Set<unknown>(["ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG", "ELOOP"])

/** Headers that frame the answer are the server's own. */
const headerName = z
  .string()
  .toLowerCase()
  .regex(/^[!#$%&'*+.^_`|~0-9a-z-]+$/)
  .refine((name) => !["connection", "content-length", "transfer-encoding"].includes(name))

const headerValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/)

const responseFile = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text)
    } catch (error) {
      context.addIssue(String(error))
      return z.NEVER
    }
  })
  .pipe(
    z.object({
      status: z.int().min(200).max(999).default(200),
      headers: z.record(headerName, z.union([headerValue, z.array(headerValue)])).default({}),
    }),
  )

function broken(file: string, reason: string): Answer {
  return page(
    html`<html lang="en">
<head><meta charset="utf-8"><title>This page of the replica is broken</title></head>
<body><h1>This page of the replica is broken</h1><p>${file}: ${reason}</p></body>
</html>`,
    500,
  )
}
