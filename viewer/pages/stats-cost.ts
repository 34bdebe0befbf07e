import type { Stats } from "../../src/game/stats.ts"
import { bar, timeChart } from "../charts.ts"
import { modelName, money, number } from "../elements.ts"
import { type Html, html } from "../html.ts"

/** What agents cost, in all and by model. */
export function cost({ work, models }: Stats): Html {
  const each = (count: number) => (count === 0 ? "–" : money(work.costUsd / count))
  return html`<dl class="figures"><div><dt>Spent</dt><dd>${money(work.costUsd)}</dd></div><div><dt>Per value</dt><dd>${each(work.facts)}</dd></div>
<div><dt>Per enriched lead</dt><dd>${each(work.leads)}</dd></div><div><dt>Runs</dt><dd>${number(work.runs)}</dd></div>
<div><dt>Tokens in</dt><dd>${number(work.tokensIn)}</dd></div><div><dt>Tokens out</dt><dd>${number(work.tokensOut)}</dd></div></dl>
${
  models.length === 0
    ? ""
    : html`<table class="plain"><thead><tr><th scope="col">Model</th><th scope="col">Runs</th><th scope="col">Tokens</th><th scope="col">Cost</th></tr></thead>
<tbody>${models.map((row) => html`<tr><th scope="row">${modelName(row.model)}</th><td>${number(row.runs)}</td><td>${number(row.tokens)}</td><td>${money(row.costUsd)}</td></tr>`)}</tbody></table>`
}`
}

/** What a value and a lead cost, by day. */
export function costOverTime({ days }: Stats): Html {
  const paid = days.filter(({ costUsd }) => costUsd > 0)
  if (paid.length === 0) return html`<p class="quiet">Nothing was paid for yet: the rehearsal model is free.</p>`
  const share = (costUsd: number, count: number) => (count === 0 ? null : Math.round((costUsd / count) * 1e6) / 1e6)
  const said = (usd: number | null) => (usd === null ? "–" : money(usd))
  const rows = paid.map(({ day, costUsd, facts, leads }) => ({
    ...{ day, costUsd, perValue: share(costUsd, facts), perLead: share(costUsd, leads) },
  }))
  return html`${timeChart("What a value and an enriched lead cost, by day", {
    kind: "line",
    labels: rows.map(({ day }) => day),
    series: [
      { name: "Per enriched lead", values: rows.map(({ perLead }) => perLead) },
      { name: "Per value", values: rows.map(({ perValue }) => perValue) },
    ],
    unit: "usd",
  })}
<details><summary>As numbers</summary><table class="plain"><thead><tr><th scope="col">Day</th><th scope="col">Cost</th><th scope="col">Per value</th><th scope="col">Per lead</th></tr></thead>
<tbody>${rows.map(({ day, costUsd, perValue, perLead }) => html`<tr><th scope="row">${day}</th><td>${money(costUsd)}</td><td>${said(perValue)}</td><td>${said(perLead)}</td></tr>`)}</tbody></table></details>`
}

/** How much was read and written by models, by day. */
export function tokensOverTime({ days }: Stats): Html {
  const used = days.filter(({ tokens }) => tokens > 0)
  if (used.length === 0) return html`<p class="quiet">No tokens were used yet.</p>`
  return html`${timeChart("Tokens by day", {
    kind: "bar",
    labels: used.map(({ day }) => day),
    series: [{ name: "Tokens", values: used.map(({ tokens }) => tokens) }],
  })}
<details><summary>As numbers</summary><table class="plain"><thead><tr><th scope="col">Day</th><th scope="col">Tokens</th></tr></thead>
<tbody>${used.map(({ day, tokens }) => html`<tr><th scope="row">${day}</th><td>${number(tokens)}</td></tr>`)}</tbody></table></details>`
}

/** What recipes did alone, and what agents would have used for it. */
export function recipes(rows: Stats["recipes"]): Html {
  if (rows.length === 0) return html``
  const sum = (amount: (row: Stats["recipes"][number]) => number) => rows.reduce((all, row) => all + amount(row), 0)
  const done = sum((row) => row.done)
  const all = done + sum((row) => row.handedOver) + sum((row) => row.waiting)
  const usd = sum((row) => row.saved?.usd ?? 0)
  const words = html`${number(done)} of ${number(all)} leads were worked without a model${usd > 0 ? html`, which saved about <b>${money(usd)}</b>` : ""}.`
  return html`<section class="wide"><h2><a href="/recipes">Recipes</a></h2><p class="lead-in">${words}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Recipes"><table class="plain"><thead><tr><th scope="col">Recipe</th><th scope="col">Did alone</th><th scope="col">Share</th><th scope="col">Handed over</th><th scope="col">Waiting</th><th scope="col">Tokens saved</th><th scope="col">Saved</th></tr></thead>
<tbody>${rows.map(recipeRow)}</tbody></table></div></section>`
}

function recipeRow({ recipe, done, handedOver, waiting, saved }: Stats["recipes"][number]): Html {
  const all = done + handedOver + waiting
  return html`<tr><th scope="row">${recipe}</th><td>${number(done)}</td><td>${bar(all === 0 ? 0 : done / all, `${number(done)} of ${number(all)} leads`)}</td><td>${number(handedOver)}</td><td>${number(waiting)}</td><td>${saved ? number(saved.tokens) : "–"}</td><td>${saved ? money(saved.usd) : "–"}</td></tr>`
}
