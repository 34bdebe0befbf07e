import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"

const types: Record<string, string> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
}

/** The style sheets that those of single pages build upon, in their order. */
const general = ["page.css", "table.css", "record.css", "stats.css"]

export type Assets = ReturnType<typeof readAssets>

/** The files that pages load. Their address holds a hash over all of them, so they may be kept for ever and never go stale. */
export function readAssets() {
  const folder = new URL("./assets/", import.meta.url)
  const files = new Map(readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder))]))
  // One style sheet is there sooner than many, and nothing is drawn before the last of them.
  const others = [...files.keys()].filter((name) => name.endsWith(".css") && !general.includes(name))
  files.set("viewer.css", Buffer.concat([...general, ...others].flatMap((name) => files.get(name) ?? [])))
  files.set("chart.js", readFileSync(chartLibrary()))
  const hash = createHash("sha256")
  for (const [name, content] of files) hash.update(name).update(content)
  const version = hash.digest("hex").slice(0, 12)
  return {
    path: (name: string) => `/assets/${version}/${name}`,
    answer(asked: string, name: string): Response | null {
      const content = files.get(name)
      const type = types[name.split(".").at(-1) ?? ""]
      if (!content || !type || asked !== version) return null
      return new Response(new Uint8Array(content), {
        headers: { "content-type": type, "cache-control": "public, max-age=31536000, immutable" },
      })
    },
  }
}

/** Beside its entry the package has everything in one file, which a page can load by itself. */
function chartLibrary(): URL {
  return new URL("./chart.umd.min.js", import.meta.resolve("chart.js"))
}
