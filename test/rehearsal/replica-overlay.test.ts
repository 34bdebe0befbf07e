import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Replica, startReplica } from "../../src/rehearsal/replica.ts"
import { OverlayMissing } from "../../src/rehearsal/web/overlay.ts"
import { ask } from "./ask.ts"

const folder = mkdtempSync(join(tmpdir(), "replica-overlay-"))
const overlay = join(folder, "pages")
let replica: Replica

beforeAll(async () => {
  put("../secret/index.html", "secret")
  put("x.com/isla_slackwater/index.html", "overlaid")
  put("shop.example/index.html", "home")
  put("shop.example/search/index.html", "any search")
  put("shop.example/search?q=tide/index.html", "tide search")
  put("shop.example/?lang=de/index.html", "Startseite")
  put("shop.example/早瀬/index.html", "名前")
  put("api.example/user/index.json", '{"name":"Ada"}')
  put("api.example/user/response.json", '{"headers":{"X-Rate-Limit-Remaining":"3"}}')
  put("walls.example/refused/response.json", '{"status":999}')
  put("walls.example/moved/response.json", '{"status":302,"headers":{"location":"https://walls.example/new"}}')
  put("walls.example/typo/response.json", '{"status":302')
  put("walls.example/odd/response.json", '{"status":42,"headers":{"x\\r\\ny":"1"}}')
  put("walls.example/framed/response.json", '{"headers":{"content-length":"3"}}')
  mkdirSync(join(overlay, "links.example"))
  symlinkSync(join(folder, "secret"), join(overlay, "links.example", "out"))
  symlinkSync(join(overlay, "shop.example"), join(overlay, "links.example", "in"))
  replica = await startReplica({ overlay })
})

afterAll(async () => {
  await replica.close()
  rmSync(folder, { recursive: true })
})

test("a page of the directory comes before the built-in one, the others stay", async () => {
  expect((await ask(replica, "https://x.com/isla_slackwater")).body).toBe("overlaid")
  expect((await ask(replica, "https://x.com/amara_hauls")).body).toContain("Amara Oduya-Mensah")
  expect(replica.knows("https://shop.example/")).toBe(true)
  expect(replica.knows("https://shop.example/nothing")).toBe(false)
})

test("a query is ignored unless a directory has its name", async () => {
  expect((await ask(replica, "https://shop.example/search?q=moon")).body).toBe("any search")
  expect((await ask(replica, "https://shop.example/search?q=tide")).body).toBe("tide search")
  expect((await ask(replica, "https://shop.example/search?q=%74ide")).body).toBe("tide search")
  expect((await ask(replica, "https://shop.example/?lang=de")).body).toBe("Startseite")
  expect((await ask(replica, "https://shop.example/?lang=fr")).body).toBe("home")
})

test("a name in another script is found in its encoded form", async () => {
  expect((await ask(replica, "https://shop.example/%E6%97%A9%E7%80%AC/")).body).toBe("名前")
})

test("JSON is served as JSON, with the headers beside it", async () => {
  const answer = await ask(replica, "https://api.example/user")
  expect(answer).toMatchObject({ status: 200, body: '{"name":"Ada"}' })
  expect(answer.headers).toMatchObject({
    "content-type": "application/json; charset=utf-8",
    "x-rate-limit-remaining": "3",
  })
})

test("status and headers may stand alone", async () => {
  expect(await ask(replica, "https://walls.example/refused")).toMatchObject({ status: 999, body: "" })
  expect(await ask(replica, "https://walls.example/moved")).toMatchObject({
    status: 302,
    headers: { location: "https://walls.example/new" },
  })
})

test("a response.json that cannot be used is named in the answer", async () => {
  for (const name of ["typo", "odd", "framed"]) {
    const answer = await ask(replica, `https://walls.example/${name}`)
    expect(answer.status).toBe(500)
    expect(answer.body).toContain(`walls.example/${name}/response.json`)
  }
})

test("no address leads out of the directory", async () => {
  for (const path of [
    "/../secret/",
    "/../../secret/",
    "/%2e%2e/secret/",
    "/..%2fsecret/",
    "/%2e%2e%2f%2e%2e%2fsecret/",
    "/..%5csecret/",
    "/in/..;/secret/",
    "/secret%00/",
    "/?/../../secret",
    `/${"a".repeat(300)}/`,
  ]) {
    const answer = await ask(replica, "https://shop.example/", { path })
    expect(answer.body, path).not.toBe("secret")
  }
  for (const host of ["..", "../secret", ".", "%2e%2e"]) {
    const answer = await ask(replica, "https://shop.example/", { headers: { host }, path: "/secret/" })
    expect(answer.body, host).not.toBe("secret")
  }
})

test("a link is followed within the directory and not out of it", async () => {
  expect((await ask(replica, "https://links.example/in/")).body).toBe("home")
  expect(await ask(replica, "https://links.example/out/")).toMatchObject({ status: 404 })
})

test("the directory's own files are no pages", async () => {
  expect(await ask(replica, "https://walls.example/refused/response.json")).toMatchObject({ status: 404 })
  expect(await ask(replica, "https://shop.example/index.html")).toMatchObject({ status: 404 })
})

test("a directory that is not there stops the start", async () => {
  await expect(startReplica({ overlay: join(folder, "nowhere") })).rejects.toThrow(OverlayMissing)
})

function put(path: string, content: string): void {
  const file = join(overlay, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}
