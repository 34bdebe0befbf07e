import { spend } from "../../src/browser/ledger.ts"
import { openStore } from "../../src/db/store.ts"

/** A process that takes every load it can get, until it has had so many. Windows pass so many times as fast as life. */
const [path = "", account = "", scale = "1", loads = "0"] = process.argv.slice(2)
const store = openStore(path)
let had = 0
while (had < Number(loads)) {
  for (const page of ["linkedin.profile", "linkedin.company"]) {
    const limits = [
      { loads: 20, windowMs: 3_600_000 },
      { loads: 60, windowMs: 4 * 3_600_000 },
      { loads: 7, windowMs: 3_600_000, page: "linkedin.profile" as const },
    ]
    const load = { account, page, url: "https://www.linkedin.com/" }
    const { kind } = await spend(store, load, limits, Number(scale), () => new Date())
    if (kind === "spent") had += 1
  }
}
await store.close()
