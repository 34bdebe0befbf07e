import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { isPublicAddress } from "../../src/browser/public-address.ts"
import { type Replica, startReplica } from "../../src/rehearsal/replica.ts"
import { openOutside } from "../../src/sources/outside.ts"

let folder: string
let replica: Replica
const { signal } = new AbortController()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "outside-"))
  const put = (where: string, body: string, response: object = {}) => {
    mkdirSync(join(folder, where), { recursive: true })
    writeFileSync(join(folder, where, "index.json"), body)
    writeFileSync(join(folder, where, "response.json"), JSON.stringify(response))
  }
  put("api.example/large", JSON.stringify("x".repeat(3_000_000)))
  put("api.example/old", "{}", { status: 301, headers: { location: "/new" } })
  put("api.example/new", '{"is":"new"}')
  put("api.example/away", "{}", { status: 302, headers: { location: "https://127.0.0.1/" } })
  put("api.example/plain", "{}", { status: 302, headers: { location: "http://api.example/new" } })
  put("api.example/circle", "{}", { status: 302, headers: { location: "/circle" } })
  replica = await startReplica({ overlay: folder })
})
afterAll(async () => {
  await replica.close()
  rmSync(folder, { recursive: true, force: true })
})

test.each([
  ["loopback", ["127.0.0.1"]],
  ["a private network", ["10.1.2.3"]],
  ["a cloud's metadata", ["169.254.169.254"]],
  ["a private address behind a public one", ["93.184.215.14", "192.168.0.1"]],
  ["IPv6 loopback", ["::1"]],
])("a name that leads to %s is not asked", async (_what, addresses) => {
  const outside = openOutside({ kind: "live", resolve: async () => addresses, isPublic: isPublicAddress })
  expect(await outside({ url: "https://sneaky.example/", signal })).toMatchObject({ kind: "refused" })
})

test.each([
  "http://api.example/",
  "https://127.0.0.1/",
  "https://[::1]/",
  "https://2130706433/",
  "https://api.example:8443/",
  "https://me:secret@api.example/",
  "file:///etc/passwd",
  "nonsense",
])("%s is no address that is asked", async (url) => {
  const outside = openOutside({ kind: "live", resolve: async () => ["127.0.0.1"], isPublic: () => true })
  expect(await outside({ url, signal })).toMatchObject({ kind: "refused" })
})

test("a name that does not exist fails, and says so", async () => {
  const resolve = () => Promise.reject(new Error("ENOTFOUND"))
  const outside = openOutside({ kind: "live", resolve, isPublic: isPublicAddress })
  expect(await outside({ url: "https://nowhere.example/", signal })).toEqual({
    kind: "failed",
    reason: "nowhere.example does not exist.",
  })
})

test("redirects are followed, and held to the same rules", async () => {
  const outside = openOutside({ kind: "replica", port: replica.port, certificate: replica.certificate })
  expect(await outside({ url: "https://api.example/old", signal })).toMatchObject({
    kind: "answered",
    url: "https://api.example/new",
    body: '{"is":"new"}',
  })
  expect(await outside({ url: "https://api.example/away", signal })).toMatchObject({ kind: "refused" })
  expect(await outside({ url: "https://api.example/plain", signal })).toMatchObject({ kind: "refused" })
  expect(await outside({ url: "https://api.example/circle", signal })).toMatchObject({ kind: "failed" })
})

test("an answer that is too large, too late or not in the replica fails", async () => {
  const outside = openOutside({ kind: "replica", port: replica.port, certificate: replica.certificate })
  expect(await outside({ url: "https://api.example/large", signal })).toMatchObject({
    kind: "failed",
    reason: expect.stringContaining("two megabytes"),
  })
  expect(await outside({ url: "https://api.example/new", signal: AbortSignal.abort() })).toMatchObject({
    kind: "failed",
  })
  expect(await outside({ url: "https://elsewhere.example/", signal })).toEqual({
    kind: "failed",
    reason: "The replica web has nothing of elsewhere.example.",
  })
})
