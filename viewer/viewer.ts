import { userInfo } from "node:os"
import { Hono } from "hono"
import { compress } from "hono/compress"
import type { Store } from "../src/db/store.ts"
import { type Access, openGatekeeper } from "./access.ts"
import { type Aside, readHere } from "./aside.ts"
import { readAssets } from "./assets.ts"
import type { DoDeps } from "./deed.ts"
import { doRoutes } from "./do.ts"
import { errorAnswer, NotFound } from "./errors.ts"
import { eventRoutes, type Position, readPosition } from "./events.ts"
import type { FrameServer } from "./frame-server.ts"
import { type GuardOptions, guard } from "./guard.ts"
import { type PageEnv, pageFrame } from "./layout.ts"
import { type McpPort, mcpAnswer } from "./mcp.ts"
import { askRoutes } from "./pages/ask.ts"
import { companyRoutes } from "./pages/company.ts"
import { draftPages } from "./pages/drafts.ts"
import { draftsTableRoutes } from "./pages/drafts-table.ts"
import { evidenceRoutes } from "./pages/evidence.ts"
import { leadRoutes } from "./pages/lead.ts"
import { leadsRoutes } from "./pages/leads.ts"
import { memoryRoutes } from "./pages/memory.ts"
import { mergeRoutes } from "./pages/merge.ts"
import { questionRoutes } from "./pages/questions.ts"
import { recipeRoutes } from "./pages/recipes.ts"
import { runRoutes } from "./pages/run.ts"
import { signInAnswer, signInRoutes } from "./pages/sign-in.ts"
import { statsRoutes } from "./pages/stats.ts"
import { viewRoutes } from "./pages/view.ts"
import { viewListRoutes } from "./pages/views.ts"
import type { RunWords } from "./run-words.ts"
import { tableRoutes } from "./table-routes.ts"
import { untilChanged } from "./until-changed.ts"

export type ViewerOptions = DoDeps & {
  store: Store
  /** The Host headers that are answered, with their port: `127.0.0.1:4400`. */
  host: string[]
  /** How it is reached; left out, without TLS on this machine. */
  by?: GuardOptions["by"]
  /** Who may look; left out, this machine's user. */
  access?: Access
  /** What runs of this process write, as they write it. */
  words?: RunWords
  /** Other people's agents, over HTTP; left out, none may come. */
  mcp?: McpPort
  live?: {
    /** How often the database is looked at while somebody follows it, in milliseconds. */
    every: number
  }
  /** The origin of free HTML; left out, such views are not shown. */
  frames?: FrameServer
  /** Reads what may take long; left out, it is read like everything else. */
  aside?: Aside
  /** Told of errors that are nobody's fault but ours. */
  report?: (error: unknown) => void
}

/** The pages that people look at. They read only; what people do goes through `/do/`. */
export function createViewer(options: ViewerOptions): Hono<PageEnv> {
  const { store, host, clock, by = "http", live = { every: 300 }, report = (error) => console.error(error) } = options
  const { aside = readHere(store), access = { kind: "open", systemName: userInfo().username } } = options
  const assets = readAssets()
  const frame = pageFrame(store, assets, options.ask !== undefined)
  const gatekeeper = openGatekeeper(store, access, clock)
  const app = new Hono<PageEnv>()
  const compressed = compress()
  const position = untilChanged<Position>(store)
  app.use(guard({ host, by, posts: ["/do/"], programs: ["/mcp"] }))
  // Whole tables leave as fast as they are read.
  app.use((c, next) => (/\.(csv|jsonl)$/.test(c.req.path) ? next() : compressed(c, next)))
  app.get("/assets/:version/:name", (c) => assets.answer(c.req.param("version"), c.req.param("name")) ?? c.notFound())
  app.get("/healthz", (c) => c.json({ ok: true }))
  app.route("/", signInRoutes({ store, clock, assets, gatekeeper }))
  app.all("/mcp", (c) => mcpAnswer(c, store, options.mcp, clock()))
  app.use(gatekeeper.identify((c) => signInAnswer(c, assets)))
  app.use(async (c, next) => {
    c.set("position", await position("", () => readPosition(store)))
    await next()
  })
  app.route("/do", doRoutes(options, gatekeeper))
  const reading = { store, aside, frame }
  app.route("/", leadsRoutes(reading))
  const drafts = draftPages(store, frame, options)
  app.route("/", drafts.routes)
  app.route("/", draftsTableRoutes(reading))
  for (const name of ["companies", "tasks", "runs", "facts", "evidence", "changes"] as const) {
    app.route("/", tableRoutes(name, reading))
  }
  app.route("/", leadRoutes(store, frame))
  app.route("/", mergeRoutes(reading, clock))
  app.route("/", companyRoutes(store, frame))
  app.route("/", evidenceRoutes(store, frame))
  app.route("/", askRoutes(store, frame, options.ask))
  app.route("/", questionRoutes(store, frame))
  app.route("/", memoryRoutes(store, frame))
  app.route("/", recipeRoutes(store, frame, options.trials !== undefined))
  app.route("/", viewListRoutes(store, frame))
  app.route(
    "/",
    viewRoutes({
      ...{ store, frame, views: options.views, frames: options.frames ?? null, canAsk: options.ask !== undefined },
      draftCards: drafts.cards,
    }),
  )
  app.route("/", runRoutes(store, frame, options.words, options.ask))
  app.route("/", statsRoutes(reading, clock))
  app.route(
    "/",
    eventRoutes(store, live.every, async (c) => (await gatekeeper.personOf(gatekeeper.secretOf(c))) !== null),
  )
  app.notFound((c) => errorAnswer(c, frame, new NotFound("There is nothing at this address.")))
  app.onError((error, c) => errorAnswer(c, frame, error, report))
  return app
}
