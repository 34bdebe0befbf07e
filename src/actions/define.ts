import type { z } from "zod"
import type { Author, Store } from "../db/store.ts"
import type { Json } from "../db/tables.ts"

/** read: looks at the database. write: changes it, undoably. browse: asks the outside for a page. outward: reaches a person.
 * govern: humans only. */
export type Effect = "read" | "write" | "browse" | "outward" | "govern"

/** Arguments by name, in the order in which a script gives them. */
type Parameters = Record<string, z.ZodType>
type Arguments<P extends Parameters> = { [K in keyof P]: z.output<P[K]> }

/** On whose behalf an action runs, and what it may use. */
export type ActionContext<Services = unknown> = {
  store: Store
  services: Services
  author: Author
  runId: number
  /** The person who asked for the run. */
  person: string
  taskId: number | null
  /** The one lead that the run works on, if it is about one. */
  leadId: number | null
  /** Settles the task in hand. */
  settle(settled: Settled): void
  clock: () => Date
  signal: AbortSignal
}

/** What came of a task, as its run says. */
export type Settled = { kind: "done"; outcome: string } | { kind: "waiting"; outcome: string; until: string | null }

export type Action<Services = never> = {
  /** `namespace.verb`, as scripts call it. */
  name: string
  effect: Effect
  /** One line, as the model reads it. */
  summary: string
  parameters: Parameters
  /** TypeScript type of what it answers. */
  returns: string
  /** Whether the answer carries text that no team member wrote; reading it taints the run. */
  taints: boolean
  /** Whose rows a write changes, for grants that cover one lead. */
  subject(args: Record<string, unknown>): Subject | null
  run(context: ActionContext<Services>, args: Record<string, unknown>): Promise<Json>
}

export type Subject = { entity: "lead" | "company"; id: number }

/** An action as its room writes it: the parameters type its handler. */
export function defineAction<Services>() {
  return <P extends Parameters>(action: {
    name: string
    effect: Effect
    summary: string
    parameters: P
    returns: string
    taints?: boolean
    subject?(args: Arguments<P>): Subject
    run(context: ActionContext<Services>, args: Arguments<P>): Promise<unknown>
  }): Action<Services> => ({
    ...action,
    taints: action.taints ?? false,
    subject: (args) => action.subject?.(args as Arguments<P>) ?? null,
    // The gate has parsed the arguments with these very parameters, and what is answered crosses the sandbox as JSON.
    run: async (context, args) => toJson(await action.run(context, args as Arguments<P>)),
  })
}

/** An expected "no" of an action: the script sees it as an error with these words. */
export class ActionRefused extends Error {
  readonly code = "refused"
  readonly hint = ""
}

function toJson(value: unknown): Json {
  return value === undefined ? null : JSON.parse(JSON.stringify(value))
}
