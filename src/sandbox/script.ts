import { createHash } from "node:crypto"

/** What a script finds inside: action names such as `leads.find`, and functions that mark what it returns. */
export type Api = {
  actions: readonly string[]
  /** `["show"]` makes `return show(x)` end as `{ marker: "show", value: x }`. */
  markers?: readonly string[]
  /** The caller's own version of what the actions mean, so that a stored script never meets others than it was written for. */
  version?: string
}

/** A script and all that its course depends on besides the answers it gets: the same script with the same answers does the same. */
export type Script = {
  /** The body of an async function in TypeScript: `await` and `return` stand at its top level. */
  source: string
  api: Api
  /** What `Date` says, in milliseconds since 1970; it stands still while the script runs. The time zone is UTC. */
  now: number
  /** Seeds `Math.random`. */
  seed: number
}

/** A name that cannot stand as a member of a namespace, or as a marker, inside a script. */
export class BadApiName extends Error {
  constructor(name: string) {
    super(`${JSON.stringify(name)} cannot be called in a script. Actions are named like leads.find, markers like show.`)
    this.name = "BadApiName"
  }
}

/** Throws BadApiName for the first name that no script could call. */
export function checkApi(api: Api): void {
  const badAction = api.actions.find((name) => !/^[a-z]\w*\.[a-z]\w*$/i.test(name))
  const badMarker = api.markers?.find((name) => !/^[a-z]\w*$/i.test(name))
  const bad = badAction ?? badMarker
  if (bad !== undefined) throw new BadApiName(bad)
}

/** The same for two APIs only if a script written for one means the same with the other. */
export function apiKey({ actions, markers = [], version = "" }: Api): string {
  return createHash("sha256")
    .update(JSON.stringify([actions.toSorted(), markers.toSorted(), version]))
    .digest("hex")
}
