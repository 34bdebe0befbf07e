import type { Context } from "hono"
import type { Schedule } from "../../src/db/tables.ts"
import type { Recipe } from "../../src/recipes/recipe.ts"
import { momentIn } from "../../src/recipes/schedule.ts"
import { csrfField } from "../deed.ts"
import { deedButton, mayDo } from "../deed-button.ts"
import { actorName, time } from "../elements.ts"
import { type Html, html } from "../html.ts"
import type { PageEnv } from "../layout.ts"

/** What runs by itself, with its last run and its next, and what makes something run so. */
export function schedulesSection(c: Context<PageEnv>, schedules: Schedule[], recipes: Recipe[]): Html {
  return html`<section><h2>By themselves</h2>
<p class="quiet">Recipes and prompts that <code>giant start</code> runs when they are due. What was missed meanwhile is caught up once, and what was cut off goes on.</p>
${schedules.length > 0 && html`<ul class="kept-list">${schedules.map((one) => html`<li>${item(c, one)}</li>`)}</ul>`}
${addForm(c, recipes)}</section>`
}

function item(c: Context<PageEnv>, schedule: Schedule): Html {
  const { id, words, zone, recipe, prompt, person, nextAt, lastAt, lastOutcome, pausedAt } = schedule
  const what = recipe ?? `“${prompt}”`
  const next = pausedAt === null ? html`next ${momentIn(zone, nextAt)}` : html`paused`
  const last = lastAt === null ? html`never ran yet` : html`last ${time(lastAt)}: ${lastOutcome}`
  const button = (verb: string, label: string) =>
    deedButton(c, { path: `/do/schedules/${id}/${verb}`, back: "/recipes", words: label, label: `${label}: ${what}` })
  return html`<h3>${what}</h3><p>${words}, ${next}</p><p class="quiet">${last} · ${zone} · ${actorName(person)}’s</p>
<div class="kept-acts">${pausedAt === null ? button("pause", "Pause") : button("resume", "Go on")}${button("remove", "Remove")}</div>`
}

function addForm(c: Context<PageEnv>, recipes: Recipe[]): Html {
  if (!mayDo(c)) return html``
  return html`<details><summary>Have something run by itself</summary>
<form class="kept-form" method="post" action="/do/schedules" data-deed>${csrfField(c)}
<label>When <input name="when" required maxlength="100" placeholder="every weekday at 9:30"></label>
<label>What <select name="recipe"><option value="">Ask the sales agent</option>${recipes.map(({ name }) => html`<option>${name}</option>`)}</select></label>
<label>What to ask, if it is the agent <textarea name="prompt" rows="2" maxlength="5000" placeholder="Which qualified leads has nobody written to for a month?"></textarea></label>
<label>Time zone <input name="zone" required maxlength="60" value="${Intl.DateTimeFormat().resolvedOptions().timeZone}"></label>
<p><button class="primary">Keep it</button></p></form></details>`
}
