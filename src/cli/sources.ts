import { Resolver } from "node:dns/promises"
import { join } from "node:path"
import { eq, sql } from "drizzle-orm"
import type { SourceDesk } from "../actions/services.ts"
import { spend } from "../browser/ledger.ts"
import type { Db } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Agent } from "../harness/agent-files.ts"
import { spentByRun, spentOn } from "../harness/budget.ts"
import type { Replica } from "../rehearsal/replica.ts"
import { openSources } from "../sources/sources.ts"
import type { Home } from "./home.ts"
import type { Io } from "./io.ts"
import { openOutsideOf, rehearsalScale } from "./lanes.ts"

/** The sources of a home: the public ones and those of its `sources` folder, all at the replica in rehearsal. What they cost is the
 * run's own cost, within its agent's budget and the day's. Throws SourceUnusable. */
export function openSourceDesk(
  io: Io,
  home: Home,
  replica: Replica | null,
  budget: { dayUsd: number; agent: (name: string) => Promise<Agent> },
): SourceDesk {
  const { store } = home
  const scale = replica ? rehearsalScale : 1
  return {
    ...openSources(openOutsideOf(replica), join(home.path, "sources"), io.environment),
    takeCall: (call, limits) => spend(store, call, limits, scale, io.clock),
    resolver: replica ? null : new Resolver({ timeout: 5_000, tries: 2 }),
    async pay(runId, usd) {
      const { runs } = tables
      const [run] = await store.read((db) => db.select({ agent: runs.agent }).from(runs).where(eq(runs.id, runId)))
      const limit = run ? (await budget.agent(run.agent)).budget.usd : 0
      return store.write(async (db) => {
        const why = usd > 0 ? await whyNotPaid(db, runId, usd, limit, budget.dayUsd, io.clock()) : null
        if (why !== null) return { kind: "refused", reason: why }
        await db
          .update(runs)
          .set({ costUsd: sql`${runs.costUsd} + ${usd}` })
          .where(eq(runs.id, runId))
        return { kind: "paid" }
      })
    },
  }
}

async function whyNotPaid(
  db: Db,
  runId: number,
  usd: number,
  runUsd: number,
  dayUsd: number,
  now: Date,
): Promise<string | null> {
  const ofRun = await spentByRun(db, runId)
  if (ofRun.usd + usd > runUsd) return `The run has spent ${ofRun.usd.toFixed(2)} of its ${runUsd.toFixed(2)} USD.`
  const ofDay = await spentOn(db, now)
  if (ofDay + usd > dayUsd) return `Today's runs have spent ${ofDay.toFixed(2)} of ${dayUsd.toFixed(2)} USD.`
  return null
}
