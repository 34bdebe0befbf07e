import { callAsPerson } from "../actions/as-person.ts"
import { catalogue } from "../actions/catalogue.ts"
import { ActionRefused } from "../actions/define.ts"
import type { Services } from "../actions/services.ts"
import type { Chromium } from "../browser/chromium.ts"
import { openHtmlTrials } from "../browser/html-trial.ts"
import { openQueries } from "../db/sql.ts"
import { hiddenFromViews } from "../views/asking.ts"
import type { Checking } from "../views/check.ts"
import type { ViewsPort } from "../views/port.ts"
import { trialOf } from "../views/trial.ts"
import type { Home } from "./home.ts"

/** Where agents try the views that they make. */
export type ViewRoom = Pick<Checking, "queries" | "tryHtml"> & { close(): Promise<void> }

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

/** What the viewer's pages of views need. */
export function openViewsPort({ store }: Pick<Home, "store">, clock: () => Date): ViewsPort & { close(): void } {
  const queries = openQueries(store.place, hiddenFromViews)
  return {
    queries,
    call: (click) => callAsPerson({ store, catalogue, services: nothingElse, clock }, click),
    close: () => queries.close(),
  }
}

/** What a person does by a click is a write of the database: whatever a service would do besides is refused. */
const nothingElse = new Proxy({} as Services, {
  get: () => {
    throw new ActionRefused("Only an agent can do that. Ask it to.")
  },
})
