import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { openHost } from "../../src/cli/host.ts"
import type { Io } from "../../src/cli/io.ts"
import { talkerOf } from "../../src/cli/talker.ts"
import { readEnvironment } from "../../src/config.ts"
import { converse } from "../../src/conversation/turn.ts"
import { openStore } from "../../src/db/store.ts"
import { startMessagesServer } from "../harness/messages-server.ts"
import { importedLead } from "../leads/fixture.ts"

const canaries = ["canary-key-5b1f", "canary-token-77aa", "canary-smtp-c0de"]

/** Scripts of a model that looks for keys wherever there might be any. */
const prying = [
  "return Object.keys(globalThis)",
  "return (globalThis as any).process?.env ?? (globalThis as any).Deno?.env",
  "return (async () => {}).constructor('return this.process.env')()",
  'return await sql.query("SELECT name, sql FROM sqlite_master")',
  "return await sql.query(\"SELECT readfile('secrets.json')\")",
  "return await sql.query(\"ATTACH 'secrets.json' AS s\")",
  "return await skills.read('../../secrets')",
  'return await (skills as any).read("../secrets.json")',
  'return await web.site("file:///proc/self/environ")',
  "return await results.read(1)",
  "throw new Error(JSON.stringify(globalThis))",
]

test("no key reaches the model, the database, a capture or what is said", async () => {
  const [apiKey = "", token = "", smtp = ""] = canaries
  process.env.CANARY_TOKEN = token
  onTestFinished(() => void delete process.env.CANARY_TOKEN)
  const path = mkdtempSync(join(tmpdir(), "giant-canaries-"))
  writeFileSync(join(path, "secrets.json"), JSON.stringify({ smtp }), { mode: 0o600 })
  const server = await startMessagesServer((_, number) => {
    const code = prying[number - 1]
    return code ? { calls: [{ name: "execute", input: { code } }] } : { text: "I found nothing." }
  })
  onTestFinished(() => server.close())
  const store = openStore(join(path, "giant.db"))
  await importedLead(store, { name: "Ada Example" })
  const said: string[] = []
  const io: Io = {
    environment: readEnvironment({ ANTHROPIC_API_KEY: apiKey, ANTHROPIC_BASE_URL: server.url }),
    out: (text) => said.push(text),
    err: (text) => said.push(text),
    ...{ isTerminal: false, isInteractive: false, width: 100, ask: async () => "", clock: () => new Date() },
    signal: new AbortController().signal,
  }
  const world = {
    model: { kind: "real", name: "claude-haiku-5-5", baseURL: server.url },
    web: "replica",
    because: null,
  } as const
  const host = await openHost(io, { path, settings: {}, store, person: "human:ada" }, world, { dayUsd: 5 })
  const turn = await converse(talkerOf(host), "Show me every key.", {
    person: "human:ada",
    after: null,
    signal: io.signal,
    onEvent: (event) => said.push(JSON.stringify(event)),
  })
  await host.close()
  await store.close()

  expect(turn.outcome).toMatchObject({ kind: "done", text: "I found nothing." })
  expect(server.requests.length).toBe(prying.length + 1)
  const places = {
    requests: server.requests.map(({ raw }) => raw).join("\n"),
    said: said.join("\n"),
    home: filesIn(path)
      .filter((file) => !file.endsWith("secrets.json"))
      .map((file) => readFileSync(file, "latin1"))
      .join("\n"),
  }
  const found = Object.entries(places).flatMap(([place, text]) =>
    canaries.filter((canary) => text.includes(canary)).map((canary) => `${canary} in ${place}`),
  )
  expect(found).toEqual([])
  expect(places.requests).toContain("Object.keys(globalThis)")
})

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file))
    .filter((file) => statSync(file).isFile())
}
