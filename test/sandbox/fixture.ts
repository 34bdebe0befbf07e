import { afterAll } from "vitest"
import type { Limits } from "../../src/sandbox/limits.ts"
import type { CallOutcome, Json, Outcome } from "../../src/sandbox/outcome.ts"
import { openSandbox } from "../../src/sandbox/sandbox.ts"
import type { Api } from "../../src/sandbox/script.ts"

export const api: Api = { actions: ["leads.find", "leads.learn", "linkedin.profile"], markers: ["show"], version: "1" }

/** An action that gives its own name and arguments back. */
export async function echo(name: string, args: Json[]): Promise<CallOutcome> {
  return { kind: "value", value: { name, args } }
}

/** Runs scripts in one sandbox for the whole file. */
export function scripts({ workers = 2 } = {}) {
  const sandbox = openSandbox({ workers })
  afterAll(() => sandbox.close())
  const run = (source: string, call = echo, limits: Partial<Limits> = {}, signal?: AbortSignal): Promise<Outcome> =>
    sandbox.run({ source, api, now: Date.UTC(2030, 0, 2), seed: 7 }, call, { limits, ...(signal && { signal }) })
  return { sandbox, run }
}
