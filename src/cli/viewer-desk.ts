import { readSettings } from "../config.ts"
import { type Desk, openDesk, type WhoAnswers } from "../conversation/desk.ts"
import type { Home } from "./home.ts"
import type { Host } from "./host.ts"
import { CommandFailed, type Io } from "./io.ts"
import { talkerOf } from "./talker.ts"
import { agreedBudget, keepToOneWeb, type World, type WorldOptions, wishedWorld } from "./world.ts"

/** The desk of a viewer whose process has a host already. */
export function deskOf(host: Host): Desk {
  return openDesk(host.home.store, {
    talker: async () => talkerOf(host),
    answering: async () => answeringOf(host.world),
  })
}

/** The desk of a viewer alone: what agents need is opened at the first question, under what was agreed by then. */
export function openViewerDesk(io: Io, home: Home, options: WorldOptions): Desk & { host(): Promise<Host> } {
  let opened: Promise<Host> | null = null

  /** At the first question, once; what failed is tried again at the next. */
  function host(): Promise<Host> {
    opened ??= openFor(io, home, options).catch((error) => {
      opened = null
      throw error
    })
    return opened
  }

  const desk = openDesk(home.store, {
    talker: async () => talkerOf(await host()),
    answering: async () => (opened ? answeringOf((await opened).world) : whoWouldAnswer(io, home, options)),
  })
  return {
    ...desk,
    host,
    async close() {
      await desk.close()
      await (await opened?.catch(() => null))?.close()
    },
  }
}

async function openFor(io: Io, home: Home, options: WorldOptions): Promise<Host> {
  const { world, dayUsd } = await planned(io, home, options)
  if (dayUsd === null) throw new CommandFailed("not_agreed", notAgreed.reason, notAgreed.hint)
  await keepToOneWeb(home.store, home.path, readSettings(home.path), world.web)
  const { openHost } = await import("./host.ts")
  return openHost(io, home, world, { dayUsd })
}

async function whoWouldAnswer(io: Io, home: Home, options: WorldOptions): Promise<WhoAnswers> {
  const { world, dayUsd } = await planned(io, home, options)
  const { web } = readSettings(home.path)
  // Asking a script here would bring its invented people among real ones.
  if (world.because !== null && web !== "replica" && !options.rehearse) return { kind: "nobody", ...noKey }
  if (dayUsd === null) return { kind: "nobody", ...notAgreed }
  return answeringOf(world)
}

async function planned(io: Io, home: Home, options: WorldOptions): Promise<{ world: World; dayUsd: number | null }> {
  const settings = readSettings(home.path)
  const world = wishedWorld(options, io.environment, settings)
  const { budget } = options
  // Nobody at the terminal is asked for what somebody at a page wants.
  return { world, dayUsd: await agreedBudget({ ...io, isInteractive: false }, home.path, settings, { world, budget }) }
}

function answeringOf({ model }: World): WhoAnswers {
  if (model.kind === "none") return { kind: "nobody", ...noKey }
  return model.kind === "rehearsal" ? { kind: "scripted" } : { kind: "model", name: model.name ?? "Claude" }
}

const noKey = {
  reason: "There is no ANTHROPIC_API_KEY, so nobody can answer here.",
  hint: "Set it and start the viewer again; giant start --rehearse shows how it would be.",
}
const notAgreed = {
  reason: "Nobody has agreed yet to what the model may cost.",
  hint: 'giant ask --budget 5 "..." agrees to 5 USD a day.',
}
