import type { Chromium } from "../browser/chromium.ts"
import { openHtmlTrials } from "../browser/html-trial.ts"
import { openQueries } from "../db/sql.ts"
import { hiddenFromViews } from "../views/asking.ts"
import type { Checking } from "../views/check.ts"
import { trialOf } from "../views/trial.ts"
import type { Home } from "./home.ts"

/** Where agents try the views that they make. */
type ViewRoom = Pick<Checking, "queries" | "tryHtml"> & { close(): Promise<void> }

export function openViewRoom(home: Pick<Home, "store" | "path">, chromium: () => Promise<Chromium>): ViewRoom {
  const queries = openQueries(home.store.place, hiddenFromViews)
  const trials = openHtmlTrials(chromium)
  return {
    queries,
    tryHtml: (html, answers) => trials.try(trialOf(html, answers)),
    async close() {
      queries.close()
      await trials.close()
    },
  }
}
