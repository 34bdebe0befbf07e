import type { Context } from "hono"
import type { RecipeTrial } from "../../src/db/tables/knowledge.ts"
import type { Recipe as RecipeRow } from "../../src/db/tables.ts"
import { title, untried } from "../../src/recipes/proposals.ts"
import type { TrialState, TriedLead } from "../../src/recipes/trial-report.ts"
import { deedButton } from "../deed-button.ts"
import { actorName, fieldName, time } from "../elements.ts"
import { type Html, html } from "../html.ts"
import type { PageEnv } from "../layout.ts"
import { recipeScript } from "./recipe-script.ts"

/** A version that waits for a person, with its trial on known leads. */
export type Proposal = { row: RecipeRow; state: TrialState; tried: TriedLead[] }

/** `canTry`: whether this viewer has what a trial needs. */
export function proposalCard(c: Context<PageEnv>, { row, state, tried }: Proposal, canTry: boolean): Html {
  const { id, purpose, author, runId, reason, createdAt } = row
  const from = runId === null ? "" : html` in <a href="/runs/${runId}">run ${runId}</a>`
  const why = untried(row)
  const button = (verb: string, words: string, kind: "primary" | "plain" = "plain") =>
    deedButton(c, {
      ...{ path: `/do/recipes/${id}/${verb}`, back: "/recipes", words, kind },
      label: `${words}: ${title(row)}`,
    })
  return html`<h3>${title(row)}</h3><p>${purpose}</p>
<p class="quiet">From ${actorName(author)}${from} · ${time(createdAt)}${reason ? html` · ${reason}` : ""}</p>
${trialLine(row, state, why)}
${row.trial && tried.length > 0 && triedTable(row.id, row.trial, tried)}
${recipeScript(row)}
<div class="kept-acts">${why === null && button("accept", "Put in force", "primary")}${"lead" in row.inputs && tryButton()}${button("reject", "Turn down")}</div>`

  function tryButton(): Html {
    if (state.kind === "trying") return html``
    if (!canTry) return html`<p class="quiet">Try it with <code>giant recipes trial ${title(row)}</code></p>`
    return state.kind === "untried"
      ? button("try", "Try it on known leads", "primary")
      : button("try", "Try it again on known leads")
  }
}

function trialLine(row: RecipeRow, state: TrialState, why: string | null): Html {
  if (!("lead" in row.inputs)) return html``
  switch (state.kind) {
    case "untried":
      return html`<p>Before it can be put in force it is tried on leads that are known already. A trial changes nothing.</p>`
    case "trying":
      return html`<p role="status">Being tried: ${state.done} of ${state.of} leads. <progress max="${Math.max(state.of, 1)}" value="${state.done}" aria-label="Leads tried"></progress></p>`
    case "cut-off":
      return html`<p>The trial ended after ${state.done} of ${state.of} leads: ${state.why}</p>`
    case "tried":
      return why === null
        ? html``
        : html`<p>It cannot be put in force: what it would learn has to agree with what is known.</p>`
  }
}

const verdicts = { agrees: "Agrees", differs: "Differs", new: "Nothing known" }

function triedTable(id: number, { leads }: RecipeTrial, tried: TriedLead[]): Html {
  const isOdd = leads.some(({ fields }) => fields.length === 0 || fields.some(({ verdict }) => verdict === "differs"))
  return html`<details id="trial-${id}"${isOdd && html` open`}><summary>Lead by lead</summary>
<div class="tried" tabindex="0" role="region" aria-label="The trial, lead by lead"><table><thead><tr><th>Lead</th><th>Field</th><th>It would learn</th><th>Known</th><th>Verdict</th></tr></thead>
<tbody>${tried.map(leadRows)}</tbody></table></div></details>`
}

/** What does not agree, value by value; what does, in one line. */
function leadRows({ lead, name, runId, summary, fields }: TriedLead): Html {
  const who = html`<th scope="row"><a href="/leads/${lead}">${name ?? `Lead ${lead}`}</a></th>`
  if (fields.length === 0) {
    return html`<tr>${who}<td colspan="4">Nothing. <a href="/runs/${runId}">Run ${runId}</a>: ${summary}</td></tr>`
  }
  const odd = fields.filter(({ verdict }) => verdict !== "agrees")
  const agreed = fields.filter(({ verdict }) => verdict === "agrees").map(({ field }) => nameOf(field))
  return html`${odd.map(
    ({ field, verdict, learned, known }) =>
      html`<tr data-verdict="${verdict}">${who}<td>${nameOf(field)}</td><td>${learned}</td><td>${known}</td><td>${verdicts[verdict]}</td></tr>`,
  )}${
    agreed.length > 0 &&
    html`<tr data-verdict="agrees">${who}<td colspan="3">${agreed.join(", ")}</td><td>${agreed.length === 1 ? "Agrees" : `${agreed.length} agree`}</td></tr>`
  }`
}

function nameOf(field: string): string {
  return fieldName(field.replace(".", " "))
}
