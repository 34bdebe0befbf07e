import type { Context } from "hono"
import { Hono } from "hono"
import type { Store } from "../../src/db/store.ts"
import type { Recipe as RecipeRow } from "../../src/db/tables.ts"
import { type RecipeStats, recipeStats } from "../../src/game/recipes.ts"
import { title } from "../../src/recipes/proposals.ts"
import { type Recipe, recipesInForce, versionsOf } from "../../src/recipes/recipe.ts"
import { schedulesOf } from "../../src/recipes/schedule.ts"
import { deedButton } from "../deed-button.ts"
import { actorName, money, number, time } from "../elements.ts"
import { type Html, html } from "../html.ts"
import type { Frame, PageEnv } from "../layout.ts"
import { recipeFolders } from "../recipe-folders.ts"
import { schedulesSection } from "./schedules.ts"

/** Scripts that are replayed without a model: those in force, those that wait for a person, and what runs by itself. */
export function recipeRoutes(store: Store, frame: Frame): Hono<PageEnv> {
  const folders = recipeFolders(store)
  const read = async () => ({
    inForce: await recipesInForce(store, folders),
    proposed: (await versionsOf(store)).filter(({ state }) => state === "proposed"),
    stats: await recipeStats(store),
    schedules: await schedulesOf(store),
  })
  const app = new Hono<PageEnv>()
  app.get("/recipes", async (c) => {
    const { inForce, proposed, stats, schedules } = await read()
    const content = html`<article class="kept"><h1>Recipes</h1>
<p class="quiet">Scripts that do what needs no judgement, without a model. What they cannot decide they hand over to an agent.</p>
${proposed.length > 0 ? html`<section><h2>Waiting for you</h2><ul class="kept-list">${proposed.map((row) => html`<li>${proposal(c, row)}</li>`)}</ul></section>` : ""}
<section><h2>In force</h2><ul class="kept-list">${inForce.map((one) => html`<li>${inForceItem(c, one, stats)}</li>`)}</ul></section>
${schedulesSection(c, schedules, inForce)}</article>`
    return frame(c, { title: "Recipes", at: "/recipes" }, content)
  })
  app.get("/recipes.json", async (c) => {
    const { inForce, schedules, ...rest } = await read()
    return c.json({
      in_force: inForce.map(({ from: _, ...recipe }) => recipe),
      ...rest,
      schedules: schedules.map(({ nextAt, lastAt, lastOutcome, pausedAt, createdAt, ...one }) => ({
        ...{ ...one, next_at: nextAt, last_at: lastAt, last_outcome: lastOutcome },
        ...{ paused_at: pausedAt, created_at: createdAt },
      })),
    })
  })
  return app
}

function proposal(c: Context<PageEnv>, row: RecipeRow): Html {
  const { id, purpose, author, runId, reason, createdAt } = row
  const from = runId === null ? "" : html` in <a href="/runs/${runId}">run ${runId}</a>`
  const isUntried = "lead" in row.inputs && row.trial === null
  return html`<h3>${title(row)}</h3><p>${purpose}</p>
<p class="quiet">From ${actorName(author)}${from} · ${time(createdAt)}${reason ? html` · ${reason}` : ""}</p>
${script(row)}
<div class="kept-acts">${
    isUntried
      ? html`<p class="quiet">Not tried yet: <code>giant recipes trial ${title(row)}</code> does it.</p>`
      : deedButton(c, {
          path: `/do/recipes/${id}/accept`,
          back: "/recipes",
          words: "Put in force",
          kind: "primary",
          label: `Put in force: ${title(row)}`,
        })
  }${deedButton(c, { path: `/do/recipes/${id}/reject`, back: "/recipes", words: "Turn down", label: `Turn down: ${title(row)}` })}</div>`
}

function inForceItem(c: Context<PageEnv>, recipe: Recipe, stats: RecipeStats[]): Html {
  const { from } = recipe
  return html`<h3>${title(recipe)}</h3><p>${recipe.purpose}</p>${numbers(stats.find((one) => one.recipe === recipe.name))}${script(recipe)}${
    from.kind === "kept"
      ? html`<div class="kept-acts">${deedButton(c, { path: `/do/recipes/${from.id}/reject`, back: "/recipes", words: "Take out of force", label: `Take out of force: ${title(recipe)}` })}</div>`
      : ""
  }`
}

function numbers(stats: RecipeStats | undefined): Html {
  if (!stats) return html``
  const all = stats.done + stats.handedOver
  const share = all > 0 ? Math.round((stats.handedOver / all) * 100) : 0
  const saved = stats.saved
    ? html`, which saved about ${number(stats.saved.tokens)} tokens${stats.saved.usd > 0 ? html` and ${money(stats.saved.usd)}` : ""}`
    : ""
  return html`<p class="quiet">Did ${number(stats.done)} leads alone${saved}. Handed over ${number(stats.handedOver)} (${share} %); ${number(stats.waiting)} wait.</p>`
}

function script({ actions, inputs, script }: Pick<Recipe, "actions" | "script"> & { inputs: object }): Html {
  return html`<details><summary>What it may do, and its script</summary>
<p class="quiet">May call ${actions.join(", ")}.${Object.keys(inputs).length > 0 ? ` Is given ${Object.keys(inputs).join(", ")}.` : ""}</p>
<pre tabindex="0"><code>${script}</code></pre></details>`
}
