import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import Database from "better-sqlite3"
import { describe, expect, test } from "vitest"
import { type Ended, giant, giantHere, newHome, rowsOf } from "./giant.ts"

/** One clear sentence, what to do next, exit code 1. */
function refusesClearly(ended: Pick<Ended, "code" | "err">, words: RegExp): void {
  expect(ended.err).toMatch(words)
  expect(ended.err.trim().split("\n").length).toBeLessThanOrEqual(8)
  expect(ended.err).not.toMatch(/\bat \w+.*:\d+:\d+|node:internal/)
  expect(ended.code).toBe(1)
}

const files: [string, string | Buffer | null, RegExp][] = [
  ["a file that is missing", null, /There is no file/],
  ["an empty file", "", /empty/],
  ["a binary file", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 1, 2, 3]), /image|binary/],
  ["a web page", "<!doctype html><html><body>Sign in</body></html>", /web page/],
  ["a file without a usable column", "colour,size\nred,4\nblue,5\n", /column/],
]

test("a home of real work needs no key for what needs no model, and names the key for what does", async () => {
  const home = newHome()
  writeFileSync(join(home, "settings.json"), JSON.stringify({ web: "live" }))
  refusesClearly(await giantHere(["ask", "show me the latest leads", "--home", home]), /Set ANTHROPIC_API_KEY/)
  refusesClearly(await giantHere(["drafts", "send", "9", "--home", home]), /There is no draft 9/)
  expect(await giantHere(["drafts", "replies", "--home", home])).toMatchObject({ code: 0 })
})

test("a backup that has no place, and filters that are none, are refused", async () => {
  const home = newHome()
  await giantHere(["suppress", "gone@brook.example", "--home", home])
  refusesClearly(await giantHere(["backup", join(home, "no", "copy.db"), "--home", home]), /copy\.db cannot be written/)
  for (const wrong of [
    ["--where", "bogus=1"],
    ["--where", "bogus"],
    ["--limit", "0"],
    ["--sort", "bogus"],
  ])
    expect(await giantHere(["leads", ...wrong, "--home", home])).toMatchObject({ code: 2 })
})

describe("a file that cannot be imported", () => {
  for (const [name, content, words] of files) {
    test(`${name} is refused in one sentence`, async () => {
      const home = newHome()
      const file = join(home, "leads.csv")
      if (content !== null) writeFileSync(file, content)
      refusesClearly(await giantHere(["import", file, "--home", home]), words)
      expect(rowsOf(home, "SELECT id FROM leads")).toEqual([])
    })
  }

  test("a folder is refused", async () => {
    const home = newHome()
    mkdirSync(join(home, "leads.csv"))
    refusesClearly(await giantHere(["import", join(home, "leads.csv"), "--home", home]), /folder/)
  })

  test("start says it too, and makes nothing", async () => {
    const home = newHome()
    refusesClearly(await giantHere(["start", join(home, "no.csv"), "--once", "--home", home]), /There is no file/)
    expect(rowsOf(home, "SELECT id FROM leads")).toEqual([])
  })

  test("a broken row is reported with its line, and the others come in", async () => {
    const home = newHome()
    const file = join(home, "leads.csv")
    writeFileSync(
      file,
      "Name,Email\nAda Brook,ada@brook.example\n,\nBo Finch,bo@finch.example,too,many,cells\nCy Dale,cy@dale.example\n",
    )
    const ended = await giantHere(["import", file, "--home", home])
    expect(ended.code).toBe(0)
    expect(ended.out).toMatch(/line 4: has 5 cells/)
    expect(rowsOf(home, "SELECT name FROM leads ORDER BY name").map((row) => row.name)).toEqual(
      expect.arrayContaining(["Ada Brook", "Cy Dale"]),
    )
  })
})

describe("a database that cannot be used", () => {
  test("text is refused", async () => {
    const home = newHome()
    writeFileSync(join(home, "giant.db"), "this is no database, it is a text\n".repeat(50))
    refusesClearly(await giantHere(["leads", "--home", home]), /not a SQLite database/)
  })

  test("one that is read-only is refused", async () => {
    const home = newHome()
    await giantHere(["sql", "SELECT 1", "--home", home])
    chmodSync(join(home, "giant.db"), 0o400)
    refusesClearly(await giantHere(["start", "--once", "--rehearse", "--home", home]), /read-only/)
  })

  test("one of a newer version is refused and not touched", async () => {
    const home = newHome()
    await giantHere(["sql", "SELECT 1", "--home", home])
    const database = new Database(join(home, "giant.db"))
    database.pragma("user_version = 9999")
    database.close()
    refusesClearly(await giantHere(["start", "--once", "--rehearse", "--home", home]), /newer version/)
  })
})

describe("a machine that is not as it should be", () => {
  test("a port in use is named, with another to try", async () => {
    const server = createServer().listen(0, "127.0.0.1")
    await new Promise((resolve) => server.once("listening", resolve))
    const { port } = server.address() as AddressInfo
    const ended = await giantHere(["start", "--once", "--rehearse", "--home", newHome(), "--port", String(port)])
    refusesClearly(ended, new RegExp(`Port ${port} is in use`))
    server.close()
  })

  test("a browser that is not there is named, and the import stays", async () => {
    const home = newHome()
    const ended = await giantHere(["start", "--once", "--rehearse", "--home", home], {
      GIANT_CHROME: "/nowhere/chrome",
    })
    refusesClearly(ended, /GIANT_CHROME names \/nowhere\/chrome, which does not exist/)
    expect(rowsOf(home, "SELECT id FROM leads").length).toBeGreaterThan(30)
  })

  test("a key that the API refuses ends the work in one sentence, with the key nowhere", async () => {
    const server = createServer((_request, response) => {
      response.writeHead(401, { "content-type": "application/json" })
      response.end('{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}')
    }).listen(0, "127.0.0.1")
    await new Promise((resolve) => server.once("listening", resolve))
    const { port } = server.address() as AddressInfo
    const home = newHome()
    const key = "sk-ant-canary-4711"
    const file = join(home, "leads.csv")
    writeFileSync(file, "Name,LinkedIn\nIsla Drummond-Rae,https://www.linkedin.com/in/isla-drummond-rae\n")
    const ended = await giant(["start", file, "--once", "--web", "replica", "--budget", "1", "--home", home], {
      ANTHROPIC_API_KEY: key,
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
    })
    refusesClearly(ended, /key/i)
    expect(ended.out + ended.err).not.toContain(key)
    expect(rowsOf(home, "SELECT state FROM tasks")).toEqual([{ state: "open" }])
    server.close()
  })

  test("wrong usage is exit code 2", async () => {
    expect((await giant(["leads", "--nonsense"])).code).toBe(2)
    const ended = await giantHere(["start", "--parallel", "many", "--home", newHome(), "--json"])
    expect(ended.code).toBe(2)
    expect(JSON.parse(ended.out).error).toMatchObject({ code: "usage" })
  })
})
