import { userInfo } from "node:os"
import { expect, test } from "vitest"
import type { Io } from "../../src/cli/io.ts"
import { runProgram } from "../../src/cli/program.ts"
import { readEnvironment } from "../../src/config.ts"
import { tables } from "../../src/db/tables.ts"
import { makeView } from "../../src/views/views.ts"
import { draftFor, leadToWriteTo } from "../outreach/fixture.ts"

test("a page that is opened from the command line can be worked with: a draft is approved in it", async () => {
  const { store, lead } = await leadToWriteTo()
  const draft = await draftFor(store, lead)
  const queries = { drafts: { sql: "SELECT id AS draft_id FROM drafts" } }
  const manifest = { title: "Review", queries, parts: [{ type: "review" as const, query: "drafts" }] }
  const rights = ["decide drafts", "read drafts"]
  const owner = `human:${userInfo().username}`
  await makeView(
    store,
    { actor: "agent:sales", kind: "run" },
    owner,
    { manifest, rights, prompt: null, runId: null },
    new Date(),
  )
  const ending = new AbortController()
  const opened = Promise.withResolvers<string>()
  const io: Io = {
    environment: readEnvironment({}),
    ...{ err: () => {}, isTerminal: false, isInteractive: false, width: 100, ask: async () => "" },
    out: (text) => opened.resolve(JSON.parse(text).url),
    clock: () => new Date(),
    signal: ending.signal,
  }
  const ended = runProgram(io, ["views", "open", "1", "--json", "--home", store.home])
  const url = await Promise.race([opened.promise, ended.then(() => "")])
  const page = await fetch(url)
  const text = await page.text()
  const cookie = page.headers.get("set-cookie")?.split(";")[0] ?? ""
  const csrf = /name="csrf" content="([^"]+)"/.exec(text)?.[1] ?? ""
  const seal = /data-seal="([0-9a-f]{64})"/.exec(text)?.[1] ?? ""
  const approved = await fetch(new URL(`/do/drafts/${draft.id}/approve`, url), {
    method: "POST",
    headers: {
      ...{ origin: new URL(url).origin, cookie, "x-csrf": csrf },
      ...{ accept: "application/json", "content-type": "application/json" },
    },
    body: JSON.stringify({ seal }),
  })
  expect(await approved.json()).toMatchObject({ approved: [draft.id] })
  expect(await store.read((db) => db.select().from(tables.approvals))).toMatchObject([{ person: owner }])
  ending.abort()
  await ended
})
