import { readFileSync } from "node:fs"
import { openStoreReadOnly } from "../../src/db/store.ts"
import { serveViewer } from "../../viewer/serve.ts"

// The viewer alone in a process; told to stop, it says how much memory of its own it had.
await serve(process.argv[2] ?? "")

async function serve(path: string) {
  const store = openStoreReadOnly(path)
  const viewer = await serveViewer({ store, clock: () => new Date(), port: 0 })
  const before = ownMemory()
  let most = 0
  setInterval(() => {
    most = Math.max(most, ownMemory())
  }, 20)
  process.once("message", () => {
    process.send?.({ "own MB before": before, "own MB at most": most })
    process.exit()
  })
  process.send?.(viewer.url)
}

function ownMemory(): number {
  const status = process.platform === "linux" ? readFileSync("/proc/self/status", "utf8") : ""
  const anonymous = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]
  return Math.round(anonymous ? Number(anonymous) / 1_000 : process.memoryUsage().rss / 1e6)
}
