import { eq } from "drizzle-orm"
import type { Queries } from "../db/sql.ts"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { readAnswers } from "./asking.ts"
import { readInputs } from "./inputs.ts"
import { type Proposal, type Weighed, weigh } from "./proposal.ts"
import { notAgreed, useOf } from "./use.ts"
import type { SeenView } from "./views.ts"

/** What a person wants done in a view: by which version of it, and under which inputs they saw the row. */
export type Wanted = { version: number; proposal: Proposal; inputs: Record<string, unknown> }

/** The call that it comes to, by the row as it is now, within what its owner may still do and this person agreed to. */
export async function weighWanted(
  store: Store,
  queries: Queries,
  person: string,
  seen: SeenView,
  { version, proposal, inputs: given }: Wanted,
): Promise<Weighed> {
  const wrong = (reason: string): Weighed => ({ kind: "wrong", reason })
  if (version !== seen.version.version) {
    return { kind: "stale", reason: "This view has another version now. Reload it, then decide." }
  }
  if (!(await mayStillAct(store, seen.view.owner))) return wrong("Whoever made this view may not do that any more.")
  if (notAgreed(seen.version.rights, await useOf(store, seen.view.id, person)).length > 0) {
    return wrong("You have not agreed yet to what this view may do. Open it in the viewer and read what it may do.")
  }
  const inputs = readInputs(seen.manifest.inputs, given)
  if (inputs.kind === "wrong") return wrong(inputs.reason)
  const { row } = proposal
  const answers = await readAnswers(queries, seen.manifest, inputs.values, row ? [row.query] : [])
  return weigh(seen.manifest, answers, proposal)
}

/** Whoever made a view lends it their rights: not any more once they left the team, or only look. */
async function mayStillAct(store: Store, owner: string): Promise<boolean> {
  const { users } = tables
  const [user] = await store.read((db) =>
    db
      .select({ role: users.role, removedAt: users.removedAt })
      .from(users)
      .where(eq(users.name, owner.replace(/^human:/, ""))),
  )
  return !user || (user.removedAt === null && user.role !== "viewer")
}
