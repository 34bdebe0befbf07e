import { userInfo } from "node:os"
import type { Browser } from "playwright"
import { catalogue } from "../../src/actions/catalogue.ts"
import { checkingOf } from "../../src/actions/offering.ts"
import { openViewsPort } from "../../src/cli/views-port.ts"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { checkView } from "../../src/views/check.ts"
import { manifest as manifestShape } from "../../src/views/manifest.ts"
import { changeView, makeView } from "../../src/views/views.ts"
import { type RunningViewer, serveViewer } from "../../viewer/serve.ts"
import { startBrowser } from "../chromium.ts"
import { openSample } from "./sample.ts"

/** Who looks on this machine. */
export const me = `human:${userInfo().username}`
export const everything = { effects: ["read" as const, "write" as const], actions: null, maxCalls: 1_000, leadId: null }

/** What tests of views fill; the journal of its going goes last. */
const left = [
  ...[tables.approvals, tables.sends, tables.drafts, tables.facts, tables.identities, tables.timeline, tables.leads],
  ...[
    tables.companies,
    tables.viewActs,
    tables.viewStates,
    tables.viewVersions,
    tables.views,
    tables.calls,
    tables.runs,
  ],
  ...[tables.memories, tables.changes, tables.changesets],
]

export type ViewBench = {
  store: Store
  viewer: RunningViewer
  /** Keeps a view as an agent's would be kept, checked but for its HTML. Returns its id. */
  make(manifest: object, owner?: string): Promise<number>
  change(id: number, manifest: object): Promise<void>
  /** Takes away what a test has left, so that many share one viewer. Ids go on. */
  empty(): Promise<void>
  close(): Promise<void>
}

/** As a person's own browser starts: names of this machine are known to it, and nothing but the views' own protection holds them. */
export function startPersonsBrowser(): Promise<Browser> {
  return startBrowser([])
}

export async function openViewBench(): Promise<ViewBench> {
  const { store, close } = openSample()
  const views = openViewsPort({ store }, () => new Date())
  const outreach = { deciding: { homeKey: () => "key", mailFrom: null }, send: async () => [], hear: async () => [] }
  const viewer = await serveViewer({ store, views, outreach, clock: () => new Date(), port: 0, live: { every: 50 } })
  const checked = async (given: object) => {
    const manifest = manifestShape.parse(given)
    const checking = checkingOf(catalogue, everything, { queries: views.queries, tryHtml: async () => [] })
    const found = await checkView(checking, manifest)
    if (found.kind === "wrong") throw new Error(found.problems.join("\n"))
    return { manifest, rights: found.rights, prompt: "make me a page", runId: null }
  }
  return {
    store,
    viewer,
    make: async (manifest, owner = me) =>
      makeView(store, { actor: "agent:sales", kind: "edit" }, owner, await checked(manifest), new Date()),
    async change(id, manifest) {
      await changeView(store, { actor: "agent:sales", kind: "edit" }, me, id, await checked(manifest), new Date())
    },
    empty: () =>
      store.write(async (db) => {
        for (const table of left) await db.delete(table)
      }),
    async close() {
      await viewer.close()
      views.close()
      await close()
    },
  }
}
