import type { Hono } from "hono"
import type { PageEnv } from "../layout.ts"
import { type Reading, tableRoutes } from "../table-routes.ts"
import { leadDrawer } from "./lead.ts"

/** The table of drafts, with the lead whom one would go to beside it. */
export function draftsTableRoutes(reading: Reading): Hono<PageEnv> {
  return tableRoutes("drafts", reading, { beside: (c) => leadDrawer(reading.store, c) })
}
