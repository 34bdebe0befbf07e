import { Resolver } from "node:dns/promises"
import { join } from "node:path"
import type { SourceDesk } from "../actions/services.ts"
import { spend } from "../browser/ledger.ts"
import { type Bound, pay } from "../harness/budget.ts"
import type { Replica } from "../rehearsal/replica.ts"
import { openSources } from "../sources/sources.ts"
import type { Home } from "./home.ts"
import type { Io } from "./io.ts"
import { openOutsideOf, rehearsalScale } from "./lanes.ts"

/** The sources of a home, as a run within these bounds may ask them. */
export type SourceRoom = (bounds: Bound[]) => SourceDesk

/** The sources of a home: the public ones and those of its `sources` folder, all at the replica in rehearsal. What they cost is the
 * run's own cost, within its bounds, those of the runs that asked it, and the day's. Throws SourceUnusable. */
export function openSourceRoom(io: Io, home: Home, replica: Replica | null, dayUsd: number): SourceRoom {
  const { store } = home
  const scale = replica ? rehearsalScale : 1
  const desk: Omit<SourceDesk, "pay"> = {
    ...openSources(openOutsideOf(replica), join(home.path, "sources"), io.environment),
    takeCall: (call, limits) => spend(store, call, limits, scale, io.clock),
    resolver: replica ? null : new Resolver({ timeout: 5_000, tries: 2 }),
  }
  return (bounds) => ({
    ...desk,
    pay: (runId, usd) => store.write((db) => pay(db, { runId, bounds, usd, dayUsd }, store.now())),
  })
}
