import type { Context } from "hono"
import { Hono } from "hono"
import type { Store } from "../../src/db/store.ts"
import { type RecipeStats, recipeStats } from "../../src/game/recipes.ts"
import { title, trialCounts } from "../../src/recipes/proposals.ts"
import { type Recipe, recipesInForce, versionsOf } from "../../src/recipes/recipe.ts"
import { schedulesOf } from "../../src/recipes/schedule.ts"
import { trialState, triedLeads } from "../../src/recipes/trial-report.ts"
import { deedButton } from "../deed-button.ts"
import { money, number } from "../elements.ts"
import { type Html, html } from "../html.ts"
import type { Frame, PageEnv } from "../layout.ts"
import { recipeFolders } from "../recipe-folders.ts"
import { type Proposal, proposalCard } from "./proposal.ts"
import { recipeScript } from "./recipe-script.ts"
import { schedulesSection } from "./schedules.ts"

/** Scripts that are replayed without a model: those in force, those that wait for a person, and what runs by itself. `canTry`: whether
 * versions can be tried here. */
export function recipeRoutes(store: Store, frame: Frame, canTry: boolean): Hono<PageEnv> {
  const folders = recipeFolders(store)
  const read = async () => ({
    inForce: await recipesInForce(store, folders),
    proposed: await proposals(store),
    stats: await recipeStats(store),
    schedules: await schedulesOf(store),
  })
  const app = new Hono<PageEnv>()
  app.get("/recipes", async (c) => {
    const { inForce, proposed, stats, schedules } = await read()
    const content = html`<article class="kept" data-live><h1>Recipes</h1>
<p class="quiet">Scripts that do what needs no judgement, without a model. What they cannot decide they hand over to an agent.</p>
${proposed.length > 0 ? html`<section><h2>Waiting for you</h2><ul class="kept-list">${proposed.map((one) => html`<li>${proposalCard(c, one, canTry)}</li>`)}</ul></section>` : ""}
<section><h2>In force</h2><ul class="kept-list">${inForce.map((one) => html`<li>${inForceItem(c, one, stats)}</li>`)}</ul></section>
${schedulesSection(c, schedules, inForce)}</article>`
    return frame(c, { title: "Recipes", at: "/recipes" }, content)
  })
  app.get("/recipes.json", async (c) => {
    const { inForce, proposed, stats, schedules } = await read()
    return c.json({
      in_force: inForce.map(({ from: _, ...recipe }) => recipe),
      proposed: proposed.map(({ row: { trial, ...row }, state, tried }) => ({
        ...row,
        trial: trial && { state: state.kind, ...trialCounts(trial), tried },
      })),
      stats,
      schedules: schedules.map(({ nextAt, lastAt, lastOutcome, takenBy, attempts, pausedAt, createdAt, ...one }) => ({
        ...{
          ...one,
          next_at: nextAt,
          last_at: lastAt,
          last_outcome: lastOutcome,
          is_at_work: takenBy !== null,
          attempts,
        },
        ...{ paused_at: pausedAt, created_at: createdAt },
      })),
    })
  })
  return app
}

async function proposals(store: Store): Promise<Proposal[]> {
  const rows = (await versionsOf(store)).filter(({ state }) => state === "proposed")
  return Promise.all(
    rows.map(async (row) => ({
      row,
      state: await trialState(store, row.trial, store.now()),
      tried: row.trial ? await triedLeads(store, row.trial) : [],
    })),
  )
}

function inForceItem(c: Context<PageEnv>, recipe: Recipe, stats: RecipeStats[]): Html {
  const { from } = recipe
  return html`<h3>${title(recipe)}</h3><p>${recipe.purpose}</p>${numbers(stats.find((one) => one.recipe === recipe.name))}${recipeScript(recipe)}${
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
