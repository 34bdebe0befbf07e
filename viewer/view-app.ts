import { readFileSync } from "node:fs"
import type { Json } from "../src/db/json.ts"
import type { Queries } from "../src/db/sql.ts"
import type { Store } from "../src/db/store.ts"
import { type ReviewedDraft, reviewDraft } from "../src/outreach/review.ts"
import { readAnswers } from "../src/views/asking.ts"
import { readInputs, type Scalar, type Values } from "../src/views/inputs.ts"
import { claimAct, notAgreed, releaseAct, settleAct, useOf } from "../src/views/use.ts"
import { type SeenView, seeView } from "../src/views/views.ts"
import { weighWanted } from "../src/views/wanted.ts"
import { draftToRead } from "./draft-card.ts"
import { type Html, html } from "./html.ts"
import { acting, wantedIn } from "./view-acting.ts"
import { fieldsOf, viewParts } from "./view-parts.ts"

/** A view as another program shows it: its parts as markup that needs nothing else. */
export type AppView = { view: number; version: number; title: string; inputs: Values; html: string }
export type AppShown = { kind: "shown"; shown: AppView } | { kind: "refused"; reason: string }
export type AppActed = { kind: "done" | "refused"; words: string }

/** The views of a person within a program of others: what stands in them, and the calls that clicks there come to. Nobody can be sure
 * there that a person clicks, so drafts are only read, and calls are whatever `call` may do. */
export function openViewApp({ store, queries, clock }: { store: Store; queries: Queries; clock: () => Date }) {
  return {
    document: viewDocument,

    async show(person: string, id: number, given: Record<string, Scalar>): Promise<AppShown> {
      const seen = await seeView(store, person, id)
      if (!seen) return noView(id)
      const inputs = readInputs(seen.manifest.inputs, given)
      if (inputs.kind === "wrong") return { kind: "refused", reason: inputs.reason }
      const { title } = seen.manifest
      const { version } = seen.version
      const shown = { view: id, version, title, inputs: inputs.values }
      return { kind: "shown", shown: { ...shown, html: (await partsOf(person, seen, inputs.values)).text } }
    },

    async act(
      person: string,
      id: number,
      sent: Json,
      call: (name: string, args: Json[]) => Promise<{ text: string; isError: boolean; value?: Json }>,
    ): Promise<AppActed> {
      const seen = await seeView(store, person, id)
      const wanted = acting.safeParse(sent)
      if (!seen || !wanted.success) return { kind: "refused", words: "This view does not offer that." }
      const { key, action } = wanted.data
      const claimed = await claimAct(store, { viewId: id, person, key, action }, clock())
      if (claimed.kind !== "taken") return { kind: "refused", words: "That was done before, or is being done." }
      const weighed = await weighWanted(store, queries, person, seen, wantedIn(wanted.data))
      if (weighed.kind !== "call") {
        await releaseAct(store, claimed.id)
        return { kind: "refused", words: weighed.reason }
      }
      const { text, isError, value } = await call(weighed.name, weighed.args)
      await settleAct(store, claimed.id, isError ? { done: false, reason: text } : { done: true, words: weighed.words })
      if (isError) return { kind: "refused", words: text }
      // What gave no value waits for somebody, and its text says where.
      return { kind: "done", words: value === undefined ? text : `${weighed.words}: done` }
    },
  }

  async function partsOf(person: string, seen: SeenView, values: Values): Promise<Html> {
    const { view, version, manifest } = seen
    if (version.kind === "html") return elsewhere(view.id)
    const lacking = notAgreed(version.rights, await useOf(store, view.id, person))
    const answers = await readAnswers(queries, manifest, values)
    const parts = await viewParts({
      ...{ id: view.id, version: version.version, manifest, values, answers, csrf: "" },
      canAct: lacking.length === 0,
      draftCards,
    })
    return html`${lacking.length > 0 ? agreement(view.id) : ""}${inputsForm(seen, values)}${parts}`
  }

  async function draftCards(ids: number[]): Promise<Html[]> {
    const nobody = { homeKey: () => "", mailFrom: null }
    const reviewed = await Promise.all(ids.map((id) => reviewDraft(store, id, nobody, clock()).catch(() => null)))
    return reviewed.filter((one): one is ReviewedDraft => one !== null).map((one) => draftToRead(one, decide(one)))
  }
}

function noView(id: number): AppShown {
  return {
    kind: "refused",
    reason: `There is no view ${id}, or it is not shared. views.find has those that there are.`,
  }
}

/** A host of others cannot be held to the headers that keep free HTML from sending things out. */
function elsewhere(id: number): Html {
  return html`<p class="notice">This view is free HTML. Only the viewer keeps such a page from sending things out, so it is not shown here. <a href="/views/${id}">Open it in the viewer</a></p>`
}

function agreement(id: number): Html {
  return html`<p class="notice">Its buttons do nothing until you agree to what it may do. <a href="/views/${id}">Read it in the viewer</a></p>`
}

function decide({ draft }: ReviewedDraft): Html {
  return html`<p class="draft-acts"><a href="/drafts/${draft.id}">Decide in the viewer</a> <span class="quiet">Only you can, and not from here.</span></p>`
}

function inputsForm({ manifest: { inputs = {} } }: SeenView, values: Values): Html {
  if (Object.keys(inputs).length === 0) return html``
  return html`<form class="view-inputs" id="view-inputs">${fieldsOf(inputs, "input", values, "")}<button class="small">Show</button></form>`
}

/** The document in which any view stands. It holds no data, so that a host may look at it before it shows anything, and keep it. */
function viewDocument(): string {
  const asset = (name: string) => readFileSync(new URL(`./assets/${name}`, import.meta.url), "utf8")
  const styles = ["page.css", "drafts.css", "view.css"].map(asset).join("\n")
  // Modules of ours in one: the host has nowhere to load them from.
  const script = ["review.js", "view-app.js"].map((name) => asset(name).replace(/^(?:import .*\n|export )/gm, ""))
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>View</title>
<style>${styles}
body { min-height: 0; padding: 16px; background: transparent }</style></head>
<body><article class="view"><header class="view-head"><div class="view-title"><h1 id="title">View</h1></div>
<div class="view-tools"><button type="button" class="small" id="again">Refresh</button></div></header>
<p class="quiet" id="note" role="status">It is being fetched …</p><div id="parts"></div></article>
<script type="module">${script.join("\n").replaceAll("</script", "<\\/script")}</script></body></html>`
}
