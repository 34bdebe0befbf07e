import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Store } from "../../src/db/store.ts"
import { openStore } from "../engine.ts"
import { checkEverything, checkFacts } from "./history-checks.ts"
import { approveSome, draftSome, reviseSome, sendSome } from "./history-drafts.ts"
import {
  decide,
  editOutside,
  editSome,
  forgetSome,
  importSome,
  learnSome,
  mergeSome,
  mergeSomeCompanies,
  moveSome,
  tellSome,
  tellSomeApart,
} from "./history-leads.ts"
import { undoAndCheck, undoOneChange, undoSome } from "./history-undo.ts"
import { forgetKey, HistoryBroken, lastChangeset, randomOf, rowsOf, same, type World } from "./history-world.ts"

/** Lives a random history of imports, runs, edits, merges, undos, redos and forgetting, and looks at every step whether the promises
 * hold. Throws HistoryBroken. Returns how often each thing was done, and what `atEnd` says of it. */
export async function liveHistory<End = null>(options: {
  steps: number
  seed: number
  open?: typeof openStore
  atEnd?: (store: Store) => Promise<End>
}): Promise<{ done: Record<string, number>; end: End | null }> {
  const home = mkdtempSync(join(tmpdir(), "giant-history-"))
  writeFileSync(join(home, "secrets.json"), JSON.stringify({ forgetKey }), { mode: 0o600 })
  let step = 0
  const start = Date.parse("2026-11-01T09:00:00.000Z")
  const world: World = {
    home,
    store: (options.open ?? openStore)(join(home, "giant.db"), () => new Date(start + step * 60_000)),
    random: randomOf(options.seed),
    now: new Date(start),
    runs: 0,
    broken: (what) => new HistoryBroken(options.seed, step, what),
  }
  const done: Record<string, number> = {}
  let end: End | null = null
  try {
    for (step = 1; step <= options.steps; step++) {
      world.now = new Date(start + step * 60_000)
      const [name, act] = world.random.pick(deeds)
      done[name] = (done[name] ?? 0) + 1
      await (oneWay.includes(name) ? act(world) : reversed(world, act))
      await checkFacts(world)
      if (step % 50 === 0 || step === options.steps) await checkEverything(world)
    }
    end = (await options.atEnd?.(world.store)) ?? null
  } finally {
    await world.store.close()
    rmSync(home, { recursive: true, force: true })
  }
  return { done, end }
}

/** Does something; then, now and then, takes it back and does it again by undoing the undo: both must be exact. */
async function reversed(world: World, act: (world: World) => Promise<void>): Promise<void> {
  const before = await rowsOf(world.store)
  const last = await lastChangeset(world.store)
  await act(world)
  const made = await lastChangeset(world.store)
  if (made === last || world.random.below(3) > 0) return
  const after = await rowsOf(world.store)
  const undo = await undoAndCheck(world, made, null)
  if (undo === null) throw world.broken(`changeset ${made} could not be undone`)
  same(world, before, await rowsOf(world.store), `undoing changeset ${made} at once`)
  const redo = await undoAndCheck(world, undo, null)
  same(world, after, await rowsOf(world.store), `undoing the undo of changeset ${made}`)
  if (redo !== null && world.random.below(2) === 0) await undoAndCheck(world, redo, null)
}

/** What an undo at once does not take back to the byte: an approval that is void stays void, and what was sent was sent. */
const oneWay = ["forget", "undo", "undo one change", "revise", "approve", "send"]

const deeds: [string, (world: World) => Promise<void>][] = [
  ["import", importSome],
  ["import", importSome],
  ["learn", learnSome],
  ["learn", learnSome],
  ["learn", learnSome],
  ["edit", editSome],
  ["edit", editSome],
  ["edit", editSome],
  ["outside", editOutside],
  ["decide", decide],
  ["decide", decide],
  ["merge", mergeSome],
  ["merge", mergeSome],
  ["merge companies", mergeSomeCompanies],
  ["timeline", tellSome],
  ["status", moveSome],
  ["undo", undoSome],
  ["undo", undoSome],
  ["undo", undoSome],
  ["undo", undoSome],
  ["undo one change", undoOneChange],
  ["forget", forgetSome],
  ["draft", draftSome],
  ["draft", draftSome],
  ["revise", reviseSome],
  ["revise", reviseSome],
  ["approve", approveSome],
  ["approve", approveSome],
  ["send", sendSome],
  ["apart", tellSomeApart],
]

if (process.argv[1] === import.meta.filename) {
  const [steps = 10_000, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
  console.log(`A history of ${steps} steps, seed ${seed}`)
  console.log(await liveHistory({ steps, seed }))
}
