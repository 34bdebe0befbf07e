import type { Recipe } from "../../src/recipes/recipe.ts"
import { type Html, html } from "../html.ts"

/** What a recipe may do, with its script, to be unfolded. */
export function recipeScript({
  actions,
  inputs,
  script,
}: Pick<Recipe, "actions" | "script"> & { inputs: object }): Html {
  return html`<details><summary>What it may do, and its script</summary>
<p class="quiet">May call ${actions.join(", ")}.${Object.keys(inputs).length > 0 ? ` Is given ${Object.keys(inputs).join(", ")}.` : ""}</p>
<pre tabindex="0"><code>${script}</code></pre></details>`
}
