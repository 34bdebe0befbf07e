import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import type { Context } from "hono"
import { getCookie, setCookie } from "hono/cookie"
import { createMiddleware } from "hono/factory"
import type { Store } from "../src/db/store.ts"
import { sessionUser } from "../src/team/sessions.ts"
import { memberOnMachine, type Named, type Role } from "../src/team/users.ts"
import type { PageEnv } from "./layout.ts"
import { untilChanged } from "./until-changed.ts"

/** Who looks at the viewer. `actor` is who they are as an author of changes. */
export type Person = { actor: string; name: string; role: Role }
/** Who may look. `open`: who is at this machine, as this user of it. `signed-in`: who was sent a link, over TLS. */
export type Access = { kind: "open"; systemName: string } | { kind: "signed-in" }
export type Gatekeeper = ReturnType<typeof openGatekeeper>

const mostTokens = 1_000

/** Knows who asks, and gives each browser a token that only pages of this viewer can know. */
export function openGatekeeper(store: Store, access: Access, clock: () => Date) {
  const key = randomBytes(32)
  const member = untilChanged<Named>(store)
  const cookie = access.kind === "open" ? "giant" : "__Host-giant"
  const cookieOptions = {
    path: "/",
    httpOnly: true,
    sameSite: "Strict",
    secure: access.kind === "signed-in",
  } as const

  /** Tokens by their secrets, because every page has one. */
  const tokens = new Map<string, string>()
  const csrfOf = (secret: string) => {
    const token = tokens.get(secret) ?? createHmac("sha256", key).update(secret).digest("base64url")
    if (tokens.size > mostTokens) tokens.clear()
    tokens.set(secret, token)
    return token
  }

  return {
    access,

    /** The secret in the browser's cookie. */
    secretOf: (c: Context): string | undefined => getCookie(c, cookie),

    keep(c: Context, secret: string, expires?: Date): void {
      setCookie(c, cookie, secret, { ...cookieOptions, ...(expires && { expires }) })
    },

    forget(c: Context): void {
      setCookie(c, cookie, "", { ...cookieOptions, maxAge: 0 })
    },

    /** Who is signed in by a secret; null for nobody. */
    personOf: async (secret: string | undefined): Promise<Person | null> => {
      if (access.kind === "open") {
        const { systemName } = access
        return asPerson(await member(systemName, () => memberOnMachine(store, systemName)))
      }
      const user = secret === undefined ? null : await sessionUser(store, secret, clock())
      return user && asPerson(user)
    },

    /** Sets `person` and `csrf`; who is nobody gets what `signIn` answers. */
    identify(signIn: (c: Context<PageEnv>) => Response | Promise<Response>) {
      return createMiddleware<PageEnv>(async (c, next) => {
        const person = await this.personOf(this.secretOf(c))
        if (!person) return signIn(c)
        let secret = this.secretOf(c)
        if (secret === undefined) {
          secret = randomBytes(32).toString("base64url")
          this.keep(c, secret)
        }
        c.set("person", person)
        c.set("csrf", csrfOf(secret))
        c.set("isSignedIn", access.kind === "signed-in")
        return next()
      })
    },

    isToken(c: Context, token: string): boolean {
      const secret = this.secretOf(c)
      if (secret === undefined) return false
      const [own, given] = [Buffer.from(csrfOf(secret)), Buffer.from(token)]
      return own.length === given.length && timingSafeEqual(own, given)
    },
  }
}

function asPerson({ name, role }: Named): Person {
  return { actor: `human:${name}`, name, role }
}
