import { Hono } from "hono"
import { compress } from "hono/compress"
import type { Store } from "../src/db/store.ts"
import { type Aside, readHere } from "./aside.ts"
import { readAssets } from "./assets.ts"
import { errorAnswer, NotFound } from "./errors.ts"
import { eventRoutes, readPosition } from "./events.ts"
import { guard } from "./guard.ts"
import { type PageEnv, pageFrame } from "./layout.ts"
import { companyRoutes } from "./pages/company.ts"
import { evidenceRoutes } from "./pages/evidence.ts"
import { leadRoutes } from "./pages/lead.ts"
import { leadsRoutes } from "./pages/leads.ts"
import { runRoutes } from "./pages/run.ts"
import { statsRoutes } from "./pages/stats.ts"
import { tableRoutes } from "./table-routes.ts"

export type ViewerOptions = {
  store: Store
  /** The Host headers that are answered, with their port: `127.0.0.1:4400`. */
  host: string[]
  clock: () => Date
  live?: {
    /** How often the database is looked at while somebody follows it, in milliseconds. */
    every: number
  }
  /** Reads what may take long; left out, it is read like everything else. */
  aside?: Aside
  /** Told of errors that are nobody's fault but ours. */
  report?: (error: unknown) => void
}

/** The pages that people look at. Nothing in here writes: each route answers GET and reads only. */
export function createViewer({
  store,
  host,
  clock,
  live = { every: 300 },
  aside = readHere(store),
  report = (error) => console.error(error),
}: ViewerOptions): Hono<PageEnv> {
  const assets = readAssets()
  const frame = pageFrame(store, assets)
  const app = new Hono<PageEnv>()
  const compressed = compress()
  app.use(guard(host))
  // Whole tables leave as fast as they are read.
  app.use((c, next) => (/\.(csv|jsonl)$/.test(c.req.path) ? next() : compressed(c, next)))
  app.use(async (c, next) => {
    c.set("position", await readPosition(store))
    await next()
  })
  app.get("/assets/:version/:name", (c) => assets.answer(c.req.param("version"), c.req.param("name")) ?? c.notFound())
  app.get("/healthz", (c) => c.json({ ok: true }))
  const reading = { store, aside, frame }
  app.route("/", leadsRoutes(reading))
  for (const name of ["companies", "tasks", "runs", "facts", "evidence", "changes"] as const) {
    app.route("/", tableRoutes(name, reading))
  }
  app.route("/", leadRoutes(store, frame))
  app.route("/", companyRoutes(store, frame))
  app.route("/", evidenceRoutes(store, frame))
  app.route("/", runRoutes(store, frame))
  app.route("/", statsRoutes(reading, clock))
  app.route("/", eventRoutes(store, live.every))
  app.notFound((c) => errorAnswer(c, frame, new NotFound("There is nothing at this address.")))
  app.onError((error, c) => errorAnswer(c, frame, error, report))
  return app
}
