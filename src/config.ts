import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
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
  GIANT_DATABASE_URL: z.string().min(1).optional(),
  GIANT_MODEL: z.string().min(1).optional(),
  GIANT_CHROME: z.string().min(1).optional(),
  GIANT_REPLICA: z.string().min(1).optional(),
  ANTHROPIC_API_KEY: z.string().min(1).optional(),
  ANTHROPIC_AUTH_TOKEN: z.string().min(1).optional(),
  ANTHROPIC_BASE_URL: z.url().optional(),
  VISUAL: z.string().min(1).optional(),
  EDITOR: z.string().min(1).optional(),
  INIT_CWD: z.string().optional(),
  NO_COLOR: z.string().optional(),
})
export type Environment = z.output<typeof environment>

const settings = z.looseObject({
  model: z.string().optional(),
  /** The URL of a Postgres that holds this home's leads; one with a password belongs into `secrets.json`. */
  database: z.string().min(1).optional(),
  chrome: z.string().optional(),
  /** Which web this home has worked on. It never changes: invented and real people are not mixed. */
  web: z.enum(["live", "replica"]).optional(),
  /** When the person agreed to paid work, and up to how much a day. */
  paidWorkConfirmed: z.object({ at: z.string(), usdPerDay: z.number() }).optional(),
  /** Where the viewer stands behind a proxy: the proxy's address, the name that people know, and the header in which it says `https`. */
  proxy: z.object({ from: z.ipv4().or(z.ipv6()), host: z.string().min(1), header: z.string().min(1) }).optional(),
  /** Where the team reaches the viewer, for one-time links. */
  viewerUrl: z.url().optional(),
})
export type Settings = z.output<typeof settings>

const mailServer = {
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).optional(),
  /** TLS from the first byte on; otherwise it is begun once the server offers it. */
  secure: z.boolean().default(true),
  user: z.string().min(1).optional(),
  password: z.string().min(1).optional(),
}

/** What only the owner of the home may read. Other rooms keep keys of their own in the same file. */
const secrets = z.looseObject({
  smtp: z
    .object({
      ...mailServer,
      /** `ada@team.example`, or with a name: `Ada Team <ada@team.example>`. */
      from: z.string().min(3),
      /** Where to unsubscribe, a mailto: or https: address; left out, by a mail to the sender. */
      unsubscribe: z.url({ protocol: /^(mailto|https)$/ }).optional(),
    })
    .optional(),
  imap: z.object({ ...mailServer, mailbox: z.string().min(1).default("INBOX") }).optional(),
  /** As `database` in the settings. */
  database: z.string().min(1).optional(),
})
type Secrets = z.output<typeof secrets>

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

/** What stands in `secrets.json`. Throws SetupError where others than its owner can read it. */
export function readSecrets(home: string): Secrets {
  const path = join(home, "secrets.json")
  if (!existsSync(path)) return {}
  if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0) {
    throw new SetupError("secrets_open", `${path} can be read by others.`, `chmod 600 ${path}`)
  }
  const parsed = secrets.safeParse(safeJson(readFileSync(path, "utf8")))
  if (parsed.success) return parsed.data
  // Only where it is wrong, never what stands there.
  const places = [...new Set(parsed.error.issues.map((issue) => issue.path.join(".") || "the file"))]
  throw new SetupError("secrets", `${path} is not usable: ${places.join(", ")}.`, "Correct it, or move it away.")
}

/** The URL of the home's Postgres; null where its database is a file of its own. Throws SetupError for a URL that is none. */
export function databaseUrl(home: string, environment: Environment): string | null {
  const url = environment.GIANT_DATABASE_URL ?? readSecrets(home).database ?? readSettings(home).database
  if (url === undefined) return null
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return url
  // Without the text, which may hold a password.
  throw new SetupError(
    "database_url",
    "The URL of the database is not one of Postgres.",
    "It looks like postgres://USER:PASSWORD@HOST:5432/DATABASE (GIANT_DATABASE_URL, or `database` in the home).",
  )
}

/** Changes the home's secrets, leaving what else stands there. */
export function changeSecrets(home: string, change: Secrets): void {
  const path = join(home, "secrets.json")
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify({ ...readSecrets(home), ...change }, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, path)
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
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
