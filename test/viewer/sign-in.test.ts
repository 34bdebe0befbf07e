import { request } from "node:https"
import { generate } from "selfsigned"
import { afterEach, beforeEach, expect, test } from "vitest"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { editMemory, remember, team } from "../../src/memory/memory.ts"
import { keepBookmark, removeBookmark } from "../../src/team/bookmarks.ts"
import { endSessionsOf, linkLasts, makeLink, sessionLasts } from "../../src/team/sessions.ts"
import { putUser, type Role, removeUser } from "../../src/team/users.ts"
import { manifest } from "../../src/views/manifest.ts"
import { makeView } from "../../src/views/views.ts"
import { BadCertificate, NeedsTls, serveViewer } from "../../viewer/serve.ts"
import { createViewer } from "../../viewer/viewer.ts"
import { ada, addLeads, openSample, startRun } from "./sample.ts"

const host = "crm.example"
const origin = `https://${host}`
const start = new Date("2026-11-18T12:00:00.000Z")

let now: Date
let store: Store
let close: () => Promise<void>
let app: ReturnType<typeof createViewer>

beforeEach(() => {
  now = start
  ;({ store, close } = openSample())
  app = createViewer({ store, host: [host], by: "https", clock: () => now, access: { kind: "signed-in" } })
})
afterEach(() => close())

const get = (path: string, headers: Record<string, string> = {}) => app.request(path, { headers: { host, ...headers } })
const later = (milliseconds: number) => new Date(start.getTime() + milliseconds)

async function member(name: string, role: Role) {
  const put = await putUser(store, ada, { name, role }, start)
  if (put.kind === "refused") throw new Error(put.reason)
  return put.user
}

const form = { "content-type": "application/x-www-form-urlencoded", origin }
const useLink = (link: string, headers: Record<string, string> = form) =>
  app.request("/do/sign-in", {
    method: "POST",
    headers: { host, ...headers },
    body: new URLSearchParams({ link }).toString(),
  })

/** Signs somebody in as a browser does. */
async function signIn(name: string, role: Role) {
  const user = await member(name, role)
  const { secret } = await makeLink(store, user.id, now)
  const answer = await useLink(secret)
  const set = answer.headers.get("set-cookie") ?? ""
  const cookie = set.split(";")[0] ?? ""
  const page = await (await get("/", { cookie })).text()
  const token = /name="csrf" content="([^"]+)"/.exec(page)?.[1] ?? ""
  return { user, secret, answer, set, cookie, token }
}

const keep = ({ cookie, token }: { cookie: string; token: string }) =>
  app.request("/do/bookmarks", {
    method: "POST",
    headers: { host, origin, cookie, "x-csrf": token, "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ name: "Mine", path: "/" }),
  })

test("nobody sees anything before a link was used, on any address", async () => {
  await addLeads(store, [{ name: "Ines Vance" }], start.toISOString())
  for (const path of ["/", "/leads/1", "/leads.json", "/leads.csv", "/stats.json", "/events", "/runs", "/nowhere"]) {
    const answer = await get(path, { cookie: "__Host-giant=guessed" })
    expect([path, answer.status]).toEqual([path, 401])
    expect(await answer.text()).not.toContain("Ines")
  }
  expect((await get("/healthz")).status).toBe(200)
  expect((await keep({ cookie: "__Host-giant=guessed", token: "x" })).status).toBe(401)
})

test("a link signs in once, with a cookie that scripts, other sites and plain HTTP never get", async () => {
  const { answer, set, secret, cookie } = await signIn("Ines Vance", "member")
  expect([answer.status, answer.headers.get("location")]).toEqual([303, "/"])
  expect(set).toMatch(/^__Host-giant=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/)
  expect((await get("/", { cookie })).status).toBe(200)
  const again = await useLink(secret)
  expect([again.status, await again.text()]).toEqual([403, expect.stringContaining("used already")])
  expect(again.headers.get("set-cookie")).toBeNull()
  const stored = await store.read((db) => db.select().from(tables.sessions))
  expect(JSON.stringify(stored)).not.toContain(secret)
  expect(stored.every(({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256))).toBe(true)
})

test("a link ends by itself, by a newer one, and with its person", async () => {
  const user = await member("Ines", "member")
  const expired = await makeLink(store, user.id, now)
  now = later(linkLasts)
  expect((await useLink(expired.secret)).status).toBe(403)
  const older = await makeLink(store, user.id, now)
  const newer = await makeLink(store, user.id, now)
  expect((await useLink(older.secret)).status).toBe(403)
  await removeUser(store, ada, "Ines", now)
  expect((await useLink(newer.secret)).status).toBe(403)
})

test("a link is not used by another site's form", async () => {
  const user = await member("Ines", "member")
  const { secret } = await makeLink(store, user.id, now)
  expect((await useLink(secret, { ...form, origin: "https://elsewhere.example" })).status).toBe(403)
  expect((await useLink(secret)).status).toBe(303)
})

test("a session ends by its time, by signing out, and when its person is taken out", async () => {
  const one = await signIn("Ines", "member")
  now = later(sessionLasts)
  expect((await get("/", { cookie: one.cookie })).status).toBe(401)
  const two = await signIn("Ines", "member")
  const body = new URLSearchParams({ csrf: two.token }).toString()
  const without = await app.request("/do/sign-out", { method: "POST", headers: { host, ...form, cookie: two.cookie } })
  expect(without.status).toBe(403)
  const out = await app.request("/do/sign-out", {
    method: "POST",
    headers: { host, ...form, cookie: two.cookie },
    body,
  })
  expect([out.status, out.headers.get("set-cookie")]).toEqual([303, expect.stringContaining("Max-Age=0")])
  expect((await get("/", { cookie: two.cookie })).status).toBe(401)
  const three = await signIn("Ines", "member")
  await endSessionsOf(store, three.user.id, now)
  expect((await get("/", { cookie: three.cookie })).status).toBe(401)
})

test("who only looks can do nothing, a member can, and a token is its session's alone", async () => {
  const viewer = await signIn("Vi", "viewer")
  const member = await signIn("Mo", "member")
  const refused = await keep(viewer)
  expect([refused.status, await refused.json()]).toMatchObject([403, { error: { code: "not_allowed" } }])
  expect((await get("/", { cookie: viewer.cookie })).status).toBe(200)
  expect((await keep({ cookie: member.cookie, token: viewer.token })).status).toBe(403)
  expect((await keep(member)).status).toBe(200)
  await putUser(store, ada, { name: "Mo", role: "viewer" }, now)
  expect((await keep(member)).status).toBe(403)
})

test("who was sent a link to a page by others gets there, although the cookie comes only from our own pages", async () => {
  const answer = await get("/leads/1?x=1", { "sec-fetch-site": "cross-site" })
  expect(await answer.text()).toContain('http-equiv="refresh" content="0; url=/leads/1?x=1"')
  expect(await (await get("/leads/1", { "sec-fetch-site": "same-origin" })).text()).not.toContain("http-equiv")
  for (const path of ["//elsewhere.example/sign-in", "/.//elsewhere.example", "/\\elsewhere.example"]) {
    const asked = await app.request(`${origin}${path}`, { headers: { host, "sec-fetch-site": "cross-site" } })
    const to = /http-equiv="refresh" content="0; url=([^"]*)"/.exec(await asked.text())?.[1] ?? ""
    expect([path, new URL(to, origin).origin]).toEqual([path, origin])
  }
})

test("every answer over TLS says that there is no other way", async () => {
  expect((await get("/healthz")).headers.get("strict-transport-security")).toBe("max-age=31536000")
})

test("behind a proxy only the proxy may come, and only from https", async () => {
  const by = { from: "10.0.0.7", header: "x-forwarded-proto" }
  const proxied = createViewer({ store, host: [host], by, clock: () => now, access: { kind: "signed-in" } })
  const from = async (address: string, headers: Record<string, string>) => {
    const answer = await proxied.request(
      "/healthz",
      { headers: { host, ...headers } },
      { incoming: { socket: { remoteAddress: address } } },
    )
    return answer.status
  }
  expect(await from("10.0.0.7", { "x-forwarded-proto": "https" })).toBe(200)
  expect(await from("::ffff:10.0.0.7", { "x-forwarded-proto": "https" })).toBe(200)
  expect(await from("10.0.0.7", { "x-forwarded-proto": "http" })).toBe(403)
  expect(await from("10.0.0.7", {})).toBe(403)
  expect(await from("127.0.0.1", { "x-forwarded-proto": "https" })).toBe(403)
})

test("beyond this machine it is served only over TLS, to the names of its certificate", async () => {
  await expect(serveViewer({ store, clock: () => now, hostname: "0.0.0.0", port: 0 })).rejects.toThrow(NeedsTls)
  const own = await certificateFor(host)
  const other = await certificateFor("other.example")
  const files = { cert: own.cert, key: own.private }
  const serve = (tls: { cert: string; key: string }) => serveViewer({ store, clock: () => now, port: 0, tls })
  await expect(serve({ cert: own.cert, key: other.private })).rejects.toThrow(BadCertificate)
  await expect(serve({ cert: "none", key: own.private })).rejects.toThrow(BadCertificate)
  const viewer = await serve(files)
  const ask = (name: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { host: `${name}:${viewer.port}` }
      request(
        { host: "127.0.0.1", port: viewer.port, path: "/", headers, ca: own.cert, servername: host },
        (answer) => {
          answer.resume()
          resolve(answer.statusCode)
        },
      )
        .on("error", reject)
        .end()
    })
  expect(viewer.url).toBe(`https://${host}:${viewer.port}`)
  expect([await ask(host), await ask("127.0.0.1")]).toEqual([401, 403])
  await viewer.close()
})

function certificateFor(name: string) {
  return generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: name }] }],
  })
}

test("in the journal too, what people keep for themselves is theirs alone, until they share it", async () => {
  const viewer = await signIn("Bo", "viewer")
  const admin = await signIn("Di", "admin")
  const owner = await signIn("ada", "member")
  await addLeads(store, [{ name: "Ines" }], start.toISOString())
  const note = { text: "secret note", isAlways: false, source: ada.actor, state: "accepted" as const }
  const { id } = await remember(store, ada, { ...note, owner: ada.actor }, start)
  await editMemory(store, ada, id, { text: "secret again" }, start)
  await remember(store, ada, { ...note, owner: team, text: "told to all" }, start)
  const kept = { path: "/?q=secret", isShared: false }
  const gone = await keepBookmark(store, ada, { ...kept, name: "secret mark" }, start)
  await keepBookmark(store, ada, { ...kept, name: "shared mark", path: "/?q=x", isShared: true }, start)
  if (gone.kind === "kept") await removeBookmark(store, ada, gone.bookmark.id, false)
  const shown = manifest.parse({ title: "secret view", html: "<p>secret view</p>" })
  const made = { manifest: shown, rights: [], prompt: null, runId: null }
  await makeView(store, { actor: "agent:sales", kind: "edit" }, ada.actor, made, start)

  const rows = (await store.read((db) => db.select().from(tables.changes))).map((change) => change.id)
  const addresses = ["/changes", "/changes.json", "/changes.csv", "/changes.jsonl", `/changes?part=rows&ids=${rows}`]
  for (const address of [...addresses, "/changes?table_name=memories", "/changes.json?after~=secret"]) {
    const read = async ({ cookie }: { cookie: string }) => (await get(address, { cookie })).text()
    for (const other of [viewer, admin]) {
      const text = (await read(other)).replaceAll("after~=secret", "")
      expect([address, text.match(/secret \w+|q=secret/g)]).toEqual([address, null])
    }
    expect(await read(owner)).toMatch(/secret again/)
  }
  const all = await (await get("/changes.csv", { cookie: viewer.cookie })).text()
  for (const words of ["told to all", "shared mark", "Ines"]) expect(all).toContain(words)
  const own = await (await get("/changes.csv", { cookie: owner.cookie })).text()
  for (const words of ["secret note", "secret mark", "secret view"]) expect(own).toContain(words)
})

test("a conversation is seen by whose it is and by admins; work on leads by everybody", async () => {
  const bo = await signIn("Bo", "member")
  const cy = await signIn("Cy", "member")
  const di = await signIn("Di", "admin")
  const at = start.toISOString()
  await addLeads(store, [{ name: "Ines" }], at)
  const talk = { agent: "sales", person: `human:${bo.user.name}`, startedAt: at }
  const own = await startRun(store, { ...talk, prompt: "whom shall we pay" })
  const work = await startRun(store, { ...talk, agent: "enricher", prompt: "enrich Ines", leadId: 1 })
  const statuses = async ({ cookie }: { cookie: string }, run: number) =>
    Promise.all([`/runs/${run}`, `/runs/${run}.json`].map(async (path) => (await get(path, { cookie })).status))
  expect(await statuses(bo, own.id)).toEqual([200, 200])
  expect(await statuses(cy, own.id)).toEqual([404, 404])
  expect(await statuses(di, own.id)).toEqual([200, 200])
  expect((await get(`/runs/${own.id}/words`, { cookie: cy.cookie })).status).toBe(404)
  expect(await statuses(cy, work.id)).toEqual([200, 200])
  const others = ["/runs", "/runs.json", "/runs.csv", "/runs.jsonl", "/runs?q=pay", `/runs?part=rows&ids=${own.id}`]
  for (const path of others) {
    const shows = async ({ cookie }: { cookie: string }) =>
      (await (await get(path, { cookie })).text()).includes("whom shall")
    expect([path, await shows(bo), await shows(cy), await shows(di)]).toEqual([path, true, false, true])
  }
  const counted = async ({ cookie }: { cookie: string }) =>
    (await (await get("/runs/counts.json", { cookie })).json()).total
  expect([await counted(bo), await counted(cy), await counted(di)]).toEqual([2, 1, 2])
})
