import { writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { expect, test } from "vitest"
import { giantHere, newHome, rowsOf } from "../cli/giant.ts"
import { run } from "./client.ts"

test("the real executable serves a client over its own stdin and stdout, and ends with it", async () => {
  const home = newHome()
  const file = join(home, "leads.csv")
  writeFileSync(file, "name,title,company\nInes Vance,CTO,Larkspur Robotics\n")
  const imported = await giantHere(["import", file, "--home", home])
  expect(imported.code, imported.err).toBe(0)
  const { PATH = "", HOME = "" } = process.env
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [resolve(import.meta.dirname, "../../src/launcher.js"), "mcp", "--home", home],
    env: { PATH, HOME },
    stderr: "pipe",
  })
  const client = new Client({ name: "claude-code", version: "2.1.0" })
  await client.connect(transport, { timeout: 120_000 })
  const { text } = await run(client, "return show(await leads.find({ limit: 20 }))")
  expect(text).toContain("| Ines Vance |")
  expect(text).toMatch(/The same table: http:\/\/127\.0\.0\.1:\d+\/\?limit=20/)
  await client.close()
  await expect
    .poll(() => rowsOf(home, "SELECT agent, person, outcome FROM runs WHERE ended_at IS NOT NULL"))
    .toMatchObject([{ agent: "claude-code", outcome: "done" }])
})
