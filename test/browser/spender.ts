import { spend } from "../../src/browser/ledger.ts"
import { openStore } from "../../src/db/store.ts"

/** A process that takes every load it can get, for so many milliseconds. Windows pass so many times as fast as life. */
const [path = "", account = "", scale = "1", forMs = "0"] = process.argv.slice(2)
const store = openStore(path)
const end = Date.now() + Number(forMs)
while (Date.now() < end) {
  for (const page of ["linkedin.profile", "linkedin.company"]) {
    const limits = [
      { loads: 20, windowMs: 3_600_000 },
      { loads: 60, windowMs: 4 * 3_600_000 },
      { loads: 7, windowMs: 3_600_000, page: "linkedin.profile" as const },
    ]
    await spend(store, { account, page, url: "https://www.linkedin.com/" }, limits, Number(scale), () => new Date())
  }
}
await store.close()
