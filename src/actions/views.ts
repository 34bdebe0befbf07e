import { eq } from "drizzle-orm"
import { z } from "zod"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { type Checked, checkView } from "../views/check.ts"
import { type Manifest, manifest } from "../views/manifest.ts"
import { changeView, listViews, makeView, seeView } from "../views/views.ts"
import { type ActionContext, ActionRefused } from "./define.ts"
import { action, type Services } from "./services.ts"

const id = z.int().positive()

/** A view as an answer: where it is. */
const view = z.object({ view: id, title: z.string(), version: z.int(), path: z.string() }).meta({ id: "View" })

/** Interfaces made on request. Whatever an agent makes is private to the person who asked; sharing is theirs. */
export const viewActions = [
  action({
    name: "views.make",
    effect: "write",
    summary: `Makes a page (view, interface, dashboard, review queue, board) for the person. Tried first; mistakes are thrown.
   queries: SELECTs as in sql.query; :name is an input. lead_id, company_id, draft_id or run_id links a row to its page.
   actions: writes of the catalogue, done at a click; "$x" in args is the row's column x or the field x, "$to" where a board's card goes. leads.set(id, field, value) edits.
   review: one row at a time, by keys. Rows with draft_id (state 'draft' waits) show the whole draft with approve, edit, reject, snooze, without actions.
   html instead of parts only if asked for or parts cannot do it: one document, inline scripts, nothing loads; await view.rows("query", inputs), await view.act("action", row, fields), view.changed(fn), view.state, view.keep(state)`,
    example: `return show(await views.make({
  title: "New leads",
  inputs: { least: { type: "number", label: "Score from", value: 0 } },
  queries: { todo: { sql: "SELECT id AS lead_id, name, title, score FROM leads WHERE status = 'new' AND score >= :least" } },
  actions: { qualify: { call: "leads.stage", args: ["$lead_id", "qualified"], label: "Qualify" } },
  parts: [{ type: "review", query: "todo", heading: "name", actions: ["qualify"] }],
}))`,
    parameters: { manifest },
    returns: view,
    // It is private until a person shares it.
    whenTainted: "allowed",
    taints: false,
    fields: () => [],
    run: async (context, { manifest }) => {
      const { store, author, person, clock } = context
      const checked = await checkedView(context, manifest)
      return answerOf(await makeView(store, author, person, checked, clock()), manifest.title, 1)
    },
  }),
  action({
    name: "views.change",
    effect: "write",
    summary: "Makes the next version of a page of the person's own, from its whole manifest as it should be now",
    example: `const { manifest } = await views.get(3)
return show(await views.change(3, { ...manifest, title: "Drafts of this week" }))`,
    parameters: { id, manifest },
    returns: view,
    whenTainted: "allowed",
    taints: false,
    fields: () => [],
    run: async (context, { id, manifest }) => {
      const { store, author, person, clock } = context
      if (!(await seeView(store, person, id))?.isOwner) throw new ActionRefused(`There is no view ${id} of theirs.`)
      const changed = await changeView(store, author, person, id, await checkedView(context, manifest), clock())
      if (changed.kind === "refused") throw new ActionRefused(changed.reason)
      return answerOf(id, manifest.title, changed.version)
    },
  }),
  action({
    name: "views.find",
    effect: "read",
    summary: "The person's pages and those that are shared; show(view) opens one",
    example: 'return show((await views.find("drafts"))[0])',
    parameters: { words: z.string().max(200).optional() },
    returns: z.array(view),
    run: async ({ store, person }, { words = "" }) => {
      const found = await listViews(store, person)
      const asked = words.toLowerCase()
      return found
        .filter(({ title }) => title.toLowerCase().includes(asked))
        .map(({ id, title, version, sharedVersion, owner }) =>
          answerOf(id, title, owner === person ? version : (sharedVersion ?? version)),
        )
    },
  }),
  action({
    name: "views.get",
    effect: "read",
    summary: "A page as it was made, to change it",
    example: "return (await views.get(3)).manifest",
    parameters: { id },
    returns: z.object({ ...view.shape, manifest }),
    run: async ({ store, person }, { id }) => {
      const seen = await seeView(store, person, id)
      if (!seen) throw new ActionRefused(`There is no view ${id}. views.find has those that there are.`)
      return { ...answerOf(id, seen.manifest.title, seen.version.version), manifest: seen.manifest }
    },
  }),
]

async function checkedView({ services, runId, store }: ActionContext<Services>, manifest: Manifest) {
  const checked: Checked = await checkView(services.views, manifest)
  if (checked.kind === "wrong") {
    throw new ActionRefused(`Nobody has seen this view, because it has mistakes:\n${checked.problems.join("\n")}`)
  }
  return { manifest, rights: checked.rights, prompt: await promptOf(store, runId), runId }
}

function answerOf(view: number, title: string, version: number) {
  return { view, title, version, path: `/views/${view}` }
}

/** What the person asked for, in their words. */
async function promptOf(store: Store, runId: number): Promise<string | null> {
  const { runs } = tables
  const [run] = await store.read((db) => db.select({ prompt: runs.prompt }).from(runs).where(eq(runs.id, runId)))
  return run?.prompt.slice(0, 2_000) ?? null
}
