import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Host, openHost } from "../../src/cli/host.ts"
import type { Io } from "../../src/cli/io.ts"
import { deskOf } from "../../src/cli/viewer-desk.ts"
import type { World } from "../../src/cli/world.ts"
import { readEnvironment } from "../../src/config.ts"
import type { Desk } from "../../src/conversation/desk.ts"
import type { Store } from "../../src/db/store.ts"
import { type RunningViewer, serveViewer } from "../../viewer/serve.ts"
import { openSample } from "./sample.ts"

export type Asking = {
  store: Store
  desk: Desk
  host: Host
  viewer: RunningViewer
  close(): Promise<void>
}

/** A viewer with agents to ask, as `giant viewer` has them. `model`: the address of a scripted model; left out, the rehearsal's. */
export async function openAsking(model?: string): Promise<Asking> {
  const { store, close } = openSample()
  const io: Io = {
    environment: readEnvironment({
      GIANT_CHROME: join(tmpdir(), "no-browser-is-needed"),
      ...(model ? { ANTHROPIC_API_KEY: "sk-test", ANTHROPIC_BASE_URL: model } : {}),
    }),
    ...{ out: () => {}, err: () => {}, isTerminal: false, isInteractive: false, width: 100, ask: async () => "" },
    clock: () => new Date(),
    signal: new AbortController().signal,
  }
  const world: World = {
    model: model ? { kind: "real", name: "claude-haiku-5-5", baseURL: model } : { kind: "rehearsal" },
    ...{ web: "replica", because: null },
  }
  const home = { path: store.home, settings: {}, store, person: "human:ada" }
  const host = await openHost(io, home, world, { dayUsd: 5 })
  const desk = deskOf(host)
  const viewer = await serveViewer({ store, clock: io.clock, port: 0, live: { every: 50 }, ask: desk })
  return {
    ...{ store, desk, host, viewer },
    async close() {
      await viewer.close()
      await desk.close()
      await host.close()
      await close()
    },
  }
}
