import type { Store } from "../db/store.ts"
import { endLostRuns } from "../harness/presence.ts"
import { title } from "./proposals.ts"
import { versionsOf } from "./recipe.ts"
import { type TrialDeps, tryVersion } from "./trial.ts"
import { trialState } from "./trial-report.ts"

/** Trials that people ask for on a page. They go on in this process, and the page follows them by their rows. */
export type TrialDesk = {
  /** Begins a trial of a version, by its row. */
  begin(person: string, id: number): Promise<{ kind: "begun"; version: string } | { kind: "refused"; reason: string }>
  /** Stops every trial and waits for their ends. */
  close(): Promise<void>
}

/** Leads that a version is tried on. */
export const leadsOfTrial = 10

/** `deps` opens what a trial needs, at the first one. */
export function openTrialDesk(store: Store, deps: (person: string) => Promise<TrialDeps>): TrialDesk {
  const working = new Map<number, Promise<unknown>>()
  const ending = new AbortController()
  return {
    async begin(person, id) {
      const row = (await versionsOf(store)).find((one) => one.id === id)
      if (!row) return { kind: "refused", reason: `There is no version ${id}.` }
      if (row.state !== "proposed") return { kind: "refused", reason: `${title(row)} was ${row.state} before.` }
      if (!("lead" in row.inputs)) return { kind: "refused", reason: `${title(row)} is for no single lead.` }
      const now = store.now()
      await endLostRuns(store, now)
      if (working.has(id) || (await trialState(store, row.trial, now)).kind === "trying") {
        return { kind: "refused", reason: `${title(row)} is being tried.` }
      }
      await new Promise<void>((begun, failed) => {
        const trying = deps(person).then((open) =>
          tryVersion(open, row, { person, leads: leadsOfTrial, signal: ending.signal, onBegin: begun }),
        )
        // What goes wrong later stands with its run.
        working.set(
          id,
          trying.catch(failed).finally(() => working.delete(id)),
        )
      })
      return { kind: "begun", version: title(row) }
    },
    async close() {
      ending.abort()
      await Promise.all(working.values())
    },
  }
}
