import type { Checking } from "../views/check.ts"
import { parseArguments } from "./arguments.ts"
import type { Action, Grant } from "./define.ts"
import { covers } from "./grants.ts"

/** What of the catalogue people do by hand, in a view. */
const offered = ["leads.*", "companies.*", "drafts.*"]

/** Tries views of a run: they may offer the writes that the run itself may do. */
export function checkingOf(
  catalogue: readonly Action<never>[],
  grant: Grant,
  means: Pick<Checking, "queries" | "tryHtml">,
): Checking {
  const named = (name: string) => catalogue.find((action) => action.name === name)
  return {
    ...means,
    mayOffer(name) {
      const action = named(name)
      const can = catalogue.filter(
        (one) => one.effect === "write" && covers(offered, one.name) && isGranted(grant, one),
      )
      if (action && can.includes(action)) return null
      if (name.startsWith("drafts.") && !action) {
        return `${name} is no action. Deciding on drafts is built into a review of rows with draft_id; leave it out.`
      }
      return `${name} cannot be offered in a view of this run. It can offer ${can.map((one) => one.name).join(", ") || "nothing"}.`
    },
    tryArguments(name, args) {
      const action = named(name)
      const parsed = action && parseArguments(action, args)
      return parsed?.kind === "wrong" ? parsed.reason : null
    },
  }
}

function isGranted({ effects, actions, ask = [], deny = [] }: Grant, { name }: Action<never>): boolean {
  return effects.includes("write") && !covers(deny, name) && (actions === null || covers([...actions, ...ask], name))
}
