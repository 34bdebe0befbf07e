import { z } from "zod"
import type { Json } from "../db/json.ts"
import type { Author, Store } from "../db/store.ts"

/** read: looks at the database. write: changes it, undoably. browse: asks the outside for a page. outward: reaches a person.
 * govern: humans only. */
type Effect = "read" | "write" | "browse" | "outward" | "govern"

const pattern = z.string().regex(/^[a-z]\w*\.(?:\*|[a-z]\w*)$/i, "an action, or namespace.*")

/** What an agent may do, as its file says it. Whatever is not granted is denied. */
export const grantShape = z.strictObject({
  /** `govern` is for people and cannot be granted. */
  effects: z.array(z.enum(["read", "write", "browse", "outward"])).min(1),
  /** Null for every action of the effects. */
  actions: z.array(pattern).nullable().default(null),
  /** Done only if a person agrees; goes before `actions`. */
  ask: z.array(pattern).optional(),
  /** Never done; goes before everything. */
  deny: z.array(pattern).optional(),
  /** The only fields of leads and companies that may be written. */
  fields: z.array(z.string()).optional(),
  /** Filters, as in `leads.find({ where })`, of the only leads that may be written. */
  rows: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  /** The only hosts whose pages may be opened; `*.` stands for any depth of subdomains. */
  hosts: z.array(z.string().min(1)).optional(),
  /** Action calls in the whole run. */
  maxCalls: z.number().int().positive(),
  until: z.iso.datetime().optional(),
})

/** What one run may do. With a lead, only that one and the company it works for may be written. */
export type Grant = z.output<typeof grantShape> & { leadId: number | null }

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
  /** Whether the run's prompt quotes values that no team member typed, so that it is tainted from its beginning. */
  promptIsForeign: boolean
  /** Settles the task in hand. */
  settle(settled: Settled): void
  clock: () => Date
  signal: AbortSignal
}

/** What came of a task, as its run says. */
export type Settled = { kind: "done"; outcome: string } | { kind: "waiting"; outcome: string; until: string | null }

export type Subject = { entity: "lead" | "company"; id: number }

/** A page that a call would open. */
export type Opening =
  | {
      kind: "page"
      url: string
      names: { entity: "lead" | "company" | null; kind: "linkedin" | "x" | "domain"; value: string }
    }
  /** Any page, by its whole address. */
  | { kind: "address"; url: string }
  /** A link or control of a page that the run has read; `words` are written into it. */
  | { kind: "element"; evidence: number; element: string; words: string | null }
  | { kind: "search"; url: string }
  | { kind: "nothing" }
  | { kind: "refused"; reason: string }

/** Arguments by name, in the order in which a script gives them. */
type Parameters = Record<string, z.ZodType>
type Arguments<P extends Parameters> = { [K in keyof P]: z.output<P[K]> }

export type Action<Services = never> = {
  /** `namespace.verb`, as scripts call it. */
  name: string
  effect: Effect
  /** One line, as the model reads it. */
  summary: string
  /** A script that uses it. */
  example: string
  parameters: Parameters
  returns: z.ZodType
  /** What comes of a call by a run that has read text which no team member wrote. */
  whenTainted: "allowed" | "asks"
  /** Whether an answer carries text that no team member wrote; then reading it taints the run. Undefined stands for a failure, whose
   * words may quote what they failed on. */
  taints(answer: Json | undefined, context: ActionContext<Services>): boolean | Promise<boolean>
  /** Whose rows a write changes; `any`: that cannot be told beforehand. */
  subjects(args: Record<string, unknown>): Subject[] | "any"
  /** The fields of leads and companies that a write sets; `any`: that cannot be told beforehand. */
  fields(args: Record<string, unknown>): string[] | "any"
  opens(args: Record<string, unknown>): Opening
  /** The arguments of a call without any: what the run's own lead says. */
  complete(context: ActionContext<Services>, args: Record<string, unknown>): Promise<Record<string, unknown>>
  run(context: ActionContext<Services>, args: Record<string, unknown>): Promise<Json>
}

/** An action as its room writes it: the parameters type its handler's arguments, `returns` types its answer. What is left out is
 * the strict choice: an answer taints, a write is about anybody, sets any field, and asks a person once the run
 * is tainted. */
export function defineAction<Services>() {
  return <P extends Parameters, R extends z.ZodType>(action: {
    name: string
    effect: Effect
    summary: string
    example: string
    parameters: P
    returns: R
    whenTainted?: "allowed" | "asks"
    taints?: boolean | ((answer: z.input<R>, context: ActionContext<Services>) => boolean | Promise<boolean>)
    subjects?(args: Arguments<P>): Subject[]
    fields?(args: Arguments<P>): string[]
    opens?(args: Arguments<P>): Opening
    complete?(context: ActionContext<Services>, args: Arguments<P>): Promise<Arguments<P>>
    run(context: ActionContext<Services>, args: Arguments<P>): Promise<z.input<R>>
  }): Action<Services> => {
    const { taints = true, subjects, fields, opens, complete, run, ...rest } = action
    const isWrite = action.effect === "write"
    // The gate has parsed the arguments with these very parameters, and the answer is what `run` returned, as JSON.
    return {
      whenTainted: action.effect === "read" || action.effect === "browse" ? "allowed" : "asks",
      ...rest,
      taints: (answer, context) => {
        if (typeof taints === "boolean") return taints
        return answer === undefined || taints(answer as z.input<R>, context)
      },
      subjects: (args) => subjects?.(args as Arguments<P>) ?? (isWrite ? "any" : []),
      fields: (args) => fields?.(args as Arguments<P>) ?? (isWrite ? "any" : []),
      opens: (args) => opens?.(args as Arguments<P>) ?? { kind: "nothing" },
      complete: async (context, args) => (await complete?.(context, args as Arguments<P>)) ?? args,
      run: async (context, args) => toJson(await run(context, args as Arguments<P>)),
    }
  }
}

/** An expected "no" of an action: the script sees it as an error with these words. */
export class ActionRefused extends Error {
  readonly code = "refused"
  readonly hint = ""
}

function toJson(value: unknown): Json {
  return value === undefined ? null : JSON.parse(JSON.stringify(value))
}
