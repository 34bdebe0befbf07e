import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { homedir, userInfo } from "node:os"
import { dirname, join, resolve } from "node:path"
import { z } from "zod"

/** Says what is wrong with how it was called or set up, and what to do. */
export class SetupError extends Error {
  readonly code: string
  readonly hint: string
  constructor(code: string, message: string, hint: string) {
    super(message)
    this.code = code
    this.hint = hint
  }
}

const environment = z.object({
  GIANT_HOME: z.string().min(1).optional(),
  GIANT_MODEL: z.string().min(1).optional(),
  GIANT_CHROME: z.string().min(1).optional(),
  GIANT_REPLICA: z.string().min(1).optional(),
  ANTHROPIC_API_KEY: z.string().min(1).optional(),
  ANTHROPIC_AUTH_TOKEN: z.string().min(1).optional(),
  ANTHROPIC_BASE_URL: z.url().optional(),
  INIT_CWD: z.string().optional(),
  NO_COLOR: z.string().optional(),
})
export type Environment = z.output<typeof environment>

const settings = z.looseObject({
  model: z.string().optional(),
  chrome: z.string().optional(),
  /** Which web this home has worked on. It never changes: invented and real people are not mixed. */
  web: z.enum(["live", "replica"]).optional(),
  /** When the person agreed to paid work, and up to how much a day. */
  paidWorkConfirmed: z.object({ at: z.string(), usdPerDay: z.number() }).optional(),
})
export type Settings = z.output<typeof settings>

export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""))
  const parsed = environment.safeParse(given)
  if (parsed.success) return parsed.data
  throw new SetupError(
    "environment",
    `The environment is not usable: ${z.prettifyError(parsed.error)}`,
    "Correct or unset it.",
  )
}

/** Where a person stands: the folder in which npm was called, if it was npm. */
export function standingIn(environment: Environment): string {
  return environment.INIT_CWD ?? process.cwd()
}

/** The home: as named, else the nearest `.giant/` upwards, else `~/.giant`. Rehearsal has one of its own beside it. */
export function findHome(named: string | undefined, environment: Environment, isRehearsal: boolean): string {
  const asked = named ?? environment.GIANT_HOME
  const from = standingIn(environment)
  if (asked) return resolve(from, asked)
  const home = nearest(from) ?? join(homedir(), ".giant")
  return isRehearsal ? join(nearest(from) ?? join(from, ".giant"), "rehearsal") : home
}

function nearest(from: string): string | null {
  const here = join(from, ".giant")
  if (existsSync(here)) return here
  return dirname(from) === from ? null : nearest(dirname(from))
}

/** Makes the home's folder, for its owner alone. */
export function makeHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new SetupError(
      "home_unusable",
      `The home ${home} cannot be made (${why}).`,
      "Name another folder with --home.",
    )
  }
}

export function readSettings(home: string): Settings {
  const path = join(home, "settings.json")
  if (!existsSync(path)) return {}
  try {
    return settings.parse(JSON.parse(readFileSync(path, "utf8")))
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error)
    throw new SetupError("settings", `${path} is not usable: ${why}`, "Correct it, or move it away.")
  }
}

/** Adds to the home's settings, leaving what else stands there. */
export function changeSettings(home: string, change: Settings): void {
  makeHome(home)
  const path = join(home, "settings.json")
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify({ ...readSettings(home), ...change }, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, path)
}

/** The person at the command line: the operating system's user. */
export function person(): string {
  return `human:${userInfo().username}`
}
