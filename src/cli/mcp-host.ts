import { openViewApp } from "../../viewer/view-app.ts"
import { readSettings } from "../config.ts"
import { clockOf } from "../harness/clock.ts"
import { type McpOverHttp, openMcpOverHttp } from "../mcp/http.ts"
import { createMcpServer } from "../mcp/server.ts"
import type { McpDeps } from "../mcp/session.ts"
import type { Home } from "./home.ts"
import { type Host, openHost } from "./host.ts"
import type { Io } from "./io.ts"
import { agreedBudget, keepToOneWeb, type World, type WorldOptions, wishedWorld } from "./world.ts"

/** What other people's agents work through, and trials of recipes. They bring their own model, or need none: ours is used only by agents
 * that they ask, and only if somebody agreed to what that may cost. */
export async function openMcpHost(io: Io, home: Home, options: WorldOptions): Promise<Host> {
  const settings = readSettings(home.path)
  const wished = wishedWorld(options, io.environment, settings)
  const { budget } = options
  const dayUsd = await agreedBudget({ ...io, isInteractive: false }, home.path, settings, { world: wished, budget })
  const web = wished.because === null ? wished.web : (settings.web ?? "live")
  // Without a key nobody plays the model among real leads.
  const isWithoutModel = dayUsd === null || (wished.because !== null && web === "live")
  const world: World = { model: isWithoutModel ? { kind: "none" } : wished.model, web, because: null }
  await keepToOneWeb(home.store, home.path, settings, web)
  return openHost(io, home, world, { dayUsd: dayUsd ?? 0 })
}

export function mcpDepsOf(host: Host, viewer: () => Promise<string>): McpDeps {
  const { agent, tools, home, viewQueries: queries } = host
  const clock = clockOf(home.store)
  const views = openViewApp({ store: home.store, queries, clock: clock.now })
  return { store: home.store, clock, agent, tools, viewer, views }
}

/** MCP at a viewer's `/mcp`, on this host. */
export function mcpOverHttp(host: Host, viewer: () => Promise<string>): McpOverHttp {
  const deps = mcpDepsOf(host, viewer)
  return openMcpOverHttp((person, options) => createMcpServer(deps, person, options), deps.clock)
}
