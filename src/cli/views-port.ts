import { callAsPerson } from "../actions/as-person.ts"
import { catalogue } from "../actions/catalogue.ts"
import { ActionRefused } from "../actions/define.ts"
import type { Services } from "../actions/services.ts"
import { openQueries } from "../db/sql.ts"
import { hiddenFromViews } from "../views/asking.ts"
import type { ViewsPort } from "../views/port.ts"
import type { Home } from "./home.ts"

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
