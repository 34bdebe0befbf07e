import { eq } from "drizzle-orm"
import { afterEach, beforeEach, expect, test } from "vitest"
import type { JsonObject } from "../../src/db/json.ts"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { readGame } from "../../src/game/points.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { addLeads, learnFromProfile, openSample, startRun } from "../viewer/sample.ts"

const at = "2026-11-17T09:00:00.000Z"
const worth: Record<string, number> = { title: 3, location: 1, headline: 1 }

let store: Store
let close: () => Promise<void>

beforeEach(() => {
  ;({ store, close } = openSample())
})
afterEach(() => close())

/** Always the same numbers from 0 to 1. */
function sameRandom(): () => number {
  let state = 7
  return () => {
    state = (state * 16_807) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** Every observed fact that stands, by the journal alone. */
async function pointsOfJournal(): Promise<number> {
  const { changes } = tables
  const journal = await store.read((db) =>
    db.select().from(changes).where(eq(changes.tableName, "facts")).orderBy(changes.id),
  )
  const rows = new Map<number, JsonObject>()
  for (const { op, rowId, after } of journal) {
    if (op === "delete") rows.delete(rowId)
    else rows.set(rowId, { ...rows.get(rowId), ...after })
  }
  const standing = [...rows.values()].filter(({ state, basis }) => state === "current" && basis === "observed")
  return standing.reduce((sum, { field }) => sum + (worth[String(field)] ?? 1), 0)
}

test("points are the same when they are computed again from the journal, whatever was learned and undone", async () => {
  const random = sameRandom()
  const leads = await addLeads(
    store,
    Array.from({ length: 8 }, (_, nth) => ({
      name: `Lead ${nth}`,
      linkedinUrl: `https://www.linkedin.com/in/lead-${nth}`,
    })),
    at,
  )
  for (let round = 0; round < 40; round++) {
    const lead = leads[Math.floor(random() * leads.length)]
    if (!lead) throw new Error("No lead was stored.")
    const run = await startRun(store, { startedAt: at, endedAt: at, outcome: "done" })
    const fields = { title: `Title ${round}`, ...(random() < 0.5 && { location: `Place ${round}` }) }
    await learnFromProfile(store, lead, run, fields, new Date(Date.parse(at) + round * 60_000).toISOString())
    if (random() < 0.4) {
      const sets = await store.read((db) =>
        db.select().from(tables.changesets).where(eq(tables.changesets.kind, "run")),
      )
      const some = sets[Math.floor(random() * sets.length)]
      if (some) await undoChangeset(store, { actor: "human:ada" }, some.id, { preview: false })
    }
    const { board } = await readGame(store, new Date(at))
    expect(board.find(({ actor }) => actor === "agent:enricher")?.points ?? 0).toBe(await pointsOfJournal())
  }
})
