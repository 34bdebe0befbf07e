import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Store } from "../src/db/store.ts"

const builtIn = fileURLToPath(new URL("../agents/recipes", import.meta.url))

/** Folders of recipes, the team's own first. */
export function recipeFolders(store: Store): string[] {
  return [join(store.home, "agents", "recipes"), builtIn]
}
