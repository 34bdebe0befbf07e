import { type Configured, configuredSources } from "./configured.ts"
import type { Outside } from "./outside.ts"
import { publicSources } from "./public.ts"

/** Every source that can be asked: the public ones, and those that files of the home's `sources` folder describe. In rehearsal
 * `outside` leads to the replica, and what that does not have says so. Throws SourceUnusable. */
export function openSources(
  outside: Outside,
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Configured {
  const { sources, off } = configuredSources(outside, folder, environment)
  return { sources: [...publicSources(outside), ...sources], off }
}
