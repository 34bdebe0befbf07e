import { companyActions } from "./companies.ts"
import type { Action } from "./define.ts"
import { factActions } from "./facts.ts"
import { leadActions } from "./leads.ts"
import { pageActions } from "./pages.ts"
import type { Services } from "./services.ts"
import { skillActions } from "./skills.ts"
import { workActions } from "./work.ts"

/** Every action there is. The declarations, the gate, the command line's help and the reference are made from this one array. */
export const catalogue: readonly Action<Services>[] = [
  ...leadActions,
  ...companyActions,
  ...pageActions,
  ...workActions,
  ...factActions,
  ...skillActions,
]
