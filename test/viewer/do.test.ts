import { afterEach, beforeEach, expect, test } from "vitest"
import type { Json } from "../../src/db/json.ts"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { listBookmarks } from "../../src/team/bookmarks.ts"
import { createViewer } from "../../viewer/viewer.ts"
import { addLeads, openSample } from "./sample.ts"

const host = "127.0.0.1:4400"
const origin = `http://${host}`
const clock = () => new Date("2026-11-18T12:00:00.000Z")

let store: Store
let close: () => Promise<void>
let app: ReturnType<typeof createViewer>

beforeEach(() => {
  ;({ store, close } = openSample())
  app = createViewer({ store, host: [host], clock, access: { kind: "open", systemName: "ada" } })
})
afterEach(() => close())

/** What a browser has after it opened a page: its cookie and the token of the page. */
async function openPage(path = "/") {
  const answer = await app.request(path, { headers: { host } })
  const set = answer.headers.get("set-cookie") ?? ""
  const token = /name="csrf" content="([^"]+)"/.exec(await answer.text())?.[1] ?? ""
  return { set, cookie: set.split(";")[0] ?? "", token }
}

const post = (path: string, headers: Record<string, string>, body: string) =>
  app.request(path, { method: "POST", headers: { host, ...headers }, body })
const json = { "content-type": "application/json", accept: "application/json" }
const bookmark = JSON.stringify({ name: "Mine", path: "/?status=new" })

test("a page's script does something as the person at this machine, and a form goes on to a page", async () => {
  const { cookie, token, set } = await openPage()
  expect(set).toMatch(/^giant=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  const kept = await post("/do/bookmarks", { ...json, origin, cookie, "x-csrf": token }, bookmark)
  expect([kept.status, await kept.json()]).toMatchObject([200, { name: "Mine", path: "/?status=new" }])
  const form = new URLSearchParams({ csrf: token, name: "For all", path: "/companies", shared: "on" }).toString()
  const sent = await post(
    "/do/bookmarks",
    { "content-type": "application/x-www-form-urlencoded", origin, cookie },
    form,
  )
  expect([sent.status, sent.headers.get("location")]).toEqual([303, "/companies"])
  expect((await listBookmarks(store, "human:ada")).map(({ name, owner, isShared }) => [name, owner, isShared])).toEqual(
    [
      ["For all", "human:ada", 1],
      ["Mine", "human:ada", 0],
    ],
  )
})

test("without its page's token, its cookie or its origin nothing is done", async () => {
  const { cookie, token } = await openPage()
  const other = await openPage()
  const whole = { ...json, origin, cookie, "x-csrf": token }
  const without = (name: string) => Object.fromEntries(Object.entries(whole).filter(([one]) => one !== name))
  const wrong = [
    without("x-csrf"),
    without("cookie"),
    without("origin"),
    { ...whole, "x-csrf": `${token.slice(0, -2)}xx` },
    { ...whole, "x-csrf": "" },
    { ...whole, cookie: other.cookie },
    { ...whole, origin: "https://elsewhere.example" },
    { ...whole, origin: "null" },
    { ...whole, origin: `https://${host}` },
    { ...whole, "sec-fetch-site": "cross-site" },
    { ...whole, "sec-fetch-site": "same-site" },
    { ...whole, host: "rebound.example:4400" },
    { ...whole, "x-forwarded-for": "203.0.113.9" },
  ]
  for (const headers of wrong) {
    expect([headers, (await post("/do/bookmarks", headers, bookmark)).status]).toEqual([headers, 403])
  }
  expect(await listBookmarks(store, "human:ada")).toEqual([])
})

test("what is sent in another shape, too long or to nowhere is answered by one sentence", async () => {
  const { cookie, token } = await openPage()
  const send = (path: string, body: string, headers: Record<string, string> = {}) =>
    post(path, { ...json, origin, cookie, "x-csrf": token, ...headers }, body)
  const answers: [Response, number, string][] = [
    [await send("/do/bookmarks", "{"), 400, "wrong_body"],
    [await send("/do/bookmarks", "{}"), 400, "wrong_body"],
    [await send("/do/bookmarks", bookmark, { "content-type": "text/plain" }), 400, "wrong_body"],
    [await send("/do/bookmarks", JSON.stringify({ name: "x".repeat(300_000), path: "/" })), 413, "too_long"],
    [await send("/do/bookmarks", "x", { "content-type": "multipart/form-data" }), 400, "wrong_body"],
    [await send("/do/bookmarks", "x", { "content-type": "multipart/form-data", "x-csrf": "" }), 403, "stale_page"],
    [await send("/do/bookmarks/7/remove", "{}"), 404, "not_found"],
    [await send("/do/suggestions/7/accept", "{}"), 409, "refused"],
    [await send("/do/nothing", "{}"), 404, "not_found"],
    [await send("/do/bookmarks", JSON.stringify({ name: "x", path: "https://elsewhere.example" })), 400, "wrong_body"],
  ]
  for (const [answer, status, code] of answers) {
    const { error }: { error: { [name: string]: Json } } = await answer.json()
    expect([answer.status, error.code]).toEqual([status, code])
    expect(error.hint).toBeTruthy()
  }
  expect((await app.request("/do/bookmarks", { headers: { host } })).status).toBe(404)
})

test("a bookmark never leads to another site", async () => {
  const { cookie, token } = await openPage()
  for (const path of [
    "//elsewhere.example",
    "/\\elsewhere.example",
    "/%09/elsewhere.example",
    "/.//elsewhere.example",
    "/x/..//elsewhere.example",
    "/.\\/elsewhere.example",
  ]) {
    const body = new URLSearchParams({ csrf: token, name: "x", path }).toString()
    const sent = await post(
      "/do/bookmarks",
      { "content-type": "application/x-www-form-urlencoded", origin, cookie },
      body,
    )
    expect(new URL(sent.headers.get("location") ?? "", origin).origin).toBe(origin)
  }
})

test("the person at this machine is whom the team knows by that name", async () => {
  await store.change({ actor: "human:bo", kind: "users" }, (db) =>
    db.insert(tables.users).values({ name: "Ada Vance", role: "viewer", systemName: "ada", createdAt: "2026-11-01" }),
  )
  const { cookie, token } = await openPage()
  const answer = await post("/do/bookmarks", { ...json, origin, cookie, "x-csrf": token }, bookmark)
  expect([answer.status, await answer.json()]).toMatchObject([403, { error: { code: "not_allowed" } }])
})

test("two leads are compared, made one, and made two again", async () => {
  const twins = [
    { name: "Ines Vance", title: "CTO", email: "ines@larkspur.example", company: "Larkspur" },
    { name: "Ines Vance", company: "Larkspur", location: "Porto" },
  ]
  await addLeads(store, twins, "2026-11-17T09:00:00.000Z")
  const { cookie, token } = await openPage()
  const look = async (path: string) => (await app.request(path, { headers: { host, cookie } })).text()
  const send = (path: string, fields: Record<string, string>) => {
    const form = { "content-type": "application/x-www-form-urlencoded", origin, cookie }
    return post(path, form, new URLSearchParams({ csrf: token, ...fields }).toString())
  }
  expect(await look("/leads/1?part=duplicates")).toContain('href="/leads/1/merge?with=2"')
  expect(await look("/duplicates")).toContain("Compare and merge")
  expect(await look("/stats")).toContain("1 pair of leads looks like one person")
  const preview = await (await app.request("/leads/1/merge.json?with=2", { headers: { host } })).json()
  expect(preview.fields).toContainEqual({ field: "location", kept: null, dropped: "Porto", stays: "dropped" })
  expect(preview.fields).toContainEqual({ field: "title", kept: "CTO", dropped: null, stays: "kept" })
  expect(await look("/leads/1/merge?with=2")).toContain("<mark>Porto</mark>")
  expect(await look("/leads/1/merge?with=1")).toContain("They are one lead already")
  expect((await app.request("/leads/1/merge?with=nobody", { headers: { host } })).status).toBe(404)

  const merged = await send("/do/leads/1/merge", { other: "2", back: "/leads/1" })
  expect([merged.status, merged.headers.get("location")]).toEqual([303, "/leads/1"])
  expect((await send("/do/leads/1/merge", { other: "2" })).status).toBe(409)
  const page = await look("/leads/1")
  expect(page).toContain("Porto")
  const undo = /action="(\/do\/changesets\/\d+\/undo)"/.exec(page)?.[1] ?? ""
  expect((await send(undo, { back: "/leads/1" })).status).toBe(303)
  expect(await look("/leads/2")).not.toContain("was merged into")
  expect((await send("/do/changesets/1/undo", {})).status).toBe(409)

  expect((await send("/do/leads/1/apart", { other: "2", back: "/leads/1" })).status).toBe(303)
  expect(await look("/leads/1?part=duplicates")).toBe("")
})
