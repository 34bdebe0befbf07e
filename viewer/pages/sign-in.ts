import { type Context, Hono } from "hono"
import { z } from "zod"
import type { Store } from "../../src/db/store.ts"
import { endSession, useLink } from "../../src/team/sessions.ts"
import type { Gatekeeper } from "../access.ts"
import type { Assets } from "../assets.ts"
import { bodyOf, localPath, parsedForm, StalePage } from "../deed.ts"
import { isJsonAsked } from "../errors.ts"
import { html } from "../html.ts"
import type { PageEnv } from "../layout.ts"

type SignIn = { store: Store; clock: () => Date; assets: Assets; gatekeeper: Gatekeeper }

const sent = z.object({ link: z.string().max(200) })

/** A one-time link becomes a session; a session is ended. The secret stands behind the `#`, so no server's log and no preview of the
 * link gets to know it, and only a press of the button uses it. */
export function signInRoutes({ store, clock, assets, gatekeeper }: SignIn): Hono<PageEnv> {
  const app = new Hono<PageEnv>()
  if (gatekeeper.access.kind === "open") {
    app.get("/sign-in", (c) => c.redirect("/"))
    return app
  }
  app.get("/sign-in", (c) => c.html(signInPage(assets, null).text))
  app.post("/do/sign-in", async (c) => {
    const { link } = await bodyOf(c, sent)
    const session = await useLink(store, link.trim(), clock())
    if (!session) return c.html(signInPage(assets, "That link was used already, or it has ended.").text, 403)
    gatekeeper.keep(c, session.secret, session.expiresAt)
    return c.redirect("/", 303)
  })
  app.post("/do/sign-out", async (c) => {
    const secret = gatekeeper.secretOf(c)
    const { csrf } = await parsedForm(c)
    if (secret === undefined || typeof csrf !== "string" || !gatekeeper.isToken(c, csrf)) throw new StalePage()
    await endSession(store, secret, clock())
    gatekeeper.forget(c)
    return c.redirect("/sign-in", 303)
  })
  return app
}

/** What nobody in particular gets, whatever they ask for. */
export function signInAnswer(c: Context<PageEnv>, assets: Assets): Response | Promise<Response> {
  if (c.req.method === "POST" || isJsonAsked(c) || /\.(csv|jsonl)$|^\/events$/.test(c.req.path)) {
    const hint = "Open the viewer in a browser, with the link that you were sent."
    return c.json({ error: { code: "sign_in", message: "Sign in first.", hint } }, 401)
  }
  // A link on another site comes without the cookie; a page of our own asks again, with it.
  const isFromElsewhere = c.req.header("sec-fetch-site") === "cross-site"
  return c.html(signInPage(assets, null, isFromElsewhere ? pathOf(c) : null).text, 401)
}

function pathOf(c: Context): string {
  const { pathname, search } = new URL(c.req.url)
  return localPath(pathname + search)
}

function signInPage(assets: Assets, problem: string | null, again: string | null = null) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${again === null ? "" : html`<meta http-equiv="refresh" content="0; url=${again}">`}
<title>Sign in · Small Giant</title>
<link rel="icon" href="${assets.path("mark.svg")}" type="image/svg+xml">
<link rel="stylesheet" href="${assets.path("page.css")}">
<script type="module" src="${assets.path("sign-in.js")}"></script>
</head>
<body>
<main class="door" id="content">
  <img src="${assets.path("mark.svg")}" alt="" width="44" height="44">
  <h1>Small Giant</h1>
  ${problem === null ? "" : html`<p class="problem" role="alert">${problem}</p>`}
  <form method="post" action="/do/sign-in">
    <label>Your one-time code <input name="link" required autocomplete="one-time-code" spellcheck="false" maxlength="200"></label>
    <button class="primary">Sign in</button>
  </form>
  <p class="quiet">It stands at the end of the link that you were sent, and can be used once. An admin of your team makes another with <code>giant users link NAME</code>.</p>
</main>
</body>
</html>`
}
