import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"

const types: Record<string, string> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
}

export type Assets = ReturnType<typeof readAssets>

/** The files that pages load. Their address holds a hash over all of them, so they may be kept for ever and never go stale. */
export function readAssets() {
  const folder = new URL("./assets/", import.meta.url)
  const files = new Map(readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder))]))
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
