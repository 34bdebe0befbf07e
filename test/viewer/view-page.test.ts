import { userInfo } from "node:os"
import { expect, onTestFinished, test } from "vitest"
import { makeView } from "../../src/views/views.ts"
import { createViewer } from "../../viewer/viewer.ts"
import { openSample } from "./sample.ts"

const host = "crm.team.example"

test("behind a proxy, where free HTML has no address of its own, it is not shown, and the page says why", async () => {
  const { store, close } = openSample()
  onTestFinished(close)
  const access = { kind: "open", systemName: userInfo().username } as const
  const app = createViewer({ store, host: [host], clock: () => new Date(), access })
  const manifest = { title: "Free", html: "<p>Hello from the frame</p>" }
  const checked = { manifest, rights: [], prompt: null, runId: null }
  await makeView(store, { actor: "agent:sales", kind: "run" }, `human:${userInfo().username}`, checked, new Date())
  const answer = await app.request("/views/1", { headers: { host } })
  const page = await answer.text()
  expect(page).toContain("Behind a proxy there is no such address")
  expect(page).not.toMatch(/Hello from the frame|<iframe|data-origin/)
  expect(answer.headers.get("content-security-policy")).not.toContain("frame-src http")
})
