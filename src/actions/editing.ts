import { z } from "zod"
import { editValue } from "../leads/edit.ts"
import { ActionRefused } from "./define.ts"
import { action } from "./services.ts"

/** What only people do with values, by hand in a view. */
export const editingActions = [
  action({
    name: "leads.set",
    effect: "write",
    summary: "Sets a value by hand, for actions of views: only a person can; agents learn values",
    example:
      'const change = { call: "leads.set", args: ["$lead_id", "title", "$title"], fields: { title: { type: "text" } } }',
    parameters: {
      id: z.int().positive(),
      field: z.string().max(100),
      value: z.union([z.string().max(10_000), z.number()]).nullable(),
    },
    returns: z.null(),
    taints: false,
    subjects: ({ id }) => [{ entity: "lead", id }],
    fields: ({ field }) => [field],
    run: async ({ store, author, clock }, { id, field, value }) => {
      const edited = await editValue(store, author, { entity: "lead", id }, { field, value }, clock())
      if (edited.kind === "refused") throw new ActionRefused(edited.reason)
      return null
    },
  }),
]
