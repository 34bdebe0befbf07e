import { agentActions } from "./agents.ts"
import { companyActions } from "./companies.ts"
import type { Action } from "./define.ts"
import { draftActions } from "./drafts.ts"
import { editingActions } from "./editing.ts"
import { factActions } from "./facts.ts"
import { importActions } from "./imports.ts"
import { leadActions } from "./leads.ts"
import { memoryActions } from "./memory.ts"
import { pageActions } from "./pages.ts"
import { recipeActions } from "./recipes.ts"
import type { Services } from "./services.ts"
import { skillActions } from "./skills.ts"
import { sourceActions } from "./sources.ts"
import { undoActions } from "./undo.ts"
import { upkeepActions } from "./upkeep.ts"
import { viewActions } from "./views.ts"
import { webActions } from "./web.ts"
import { workActions } from "./work.ts"

/** Every action there is. The declarations, the gate, the command line's help and the reference are made from this one array. */
export const catalogue: readonly Action<Services>[] = [
  ...leadActions,
  ...importActions,
  ...companyActions,
  ...pageActions,
  ...webActions,
  ...sourceActions,
  ...workActions,
  ...undoActions,
  ...agentActions,
  ...factActions,
  ...draftActions,
  ...skillActions,
  ...memoryActions,
  ...recipeActions,
  ...upkeepActions,
  ...viewActions,
  ...editingActions,
]
