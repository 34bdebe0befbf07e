import { readingActions } from "./reading.ts"
import { recordActions } from "./records.ts"
import type { Services } from "./services.ts"
import type { Action } from "./define.ts"
import { workActions } from "./work.ts"

/** Every action there is. The declarations, the gate, the command line's help and the reference are made from this one array. */
export const catalogue: readonly Action<Services>[] = [...recordActions, ...readingActions, ...workActions]
