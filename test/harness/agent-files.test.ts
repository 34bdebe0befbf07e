import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { AgentFileInvalid, AgentNotFound, loadAgent } from "../../src/harness/agent-files.ts"

const head = `name: enricher
for: Finds what is missing about a lead.
effort: low
grant: { effects: [read, write, browse], maxCalls: 60 }
budget: { usd: 0.5, tokens: 200000, turns: 20, minutes: 10 }`
const file = (yaml: string, body = "\nYou enrich one lead.\n") => `---\n${yaml}\n---\n${body}`

function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "giant-agents-"))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

test("an agent is its YAML head and the prompt below it", async () => {
  expect(await loadAgent("enricher", [folderWith({ "enricher.md": file(head) })])).toEqual({
    name: "enricher",
    for: "Finds what is missing about a lead.",
    model: null,
    effort: "low",
    grant: { effects: ["read", "write", "browse"], actions: null, maxCalls: 60 },
    budget: { usd: 0.5, tokens: 200_000, turns: 20, minutes: 10 },
    system: "You enrich one lead.",
  })
})

test("the team's own folder comes first", async () => {
  const own = folderWith({ "enricher.md": file(head, "Ours.") })
  const delivered = folderWith({ "enricher.md": file(head, "Theirs.") })
  expect((await loadAgent("enricher", [own, delivered])).system).toBe("Ours.")
  expect((await loadAgent("enricher", [folderWith({}), delivered])).system).toBe("Theirs.")
})

test.each(["nobody", "../secrets", "a/b", ""])("there is no agent %j", async (name) => {
  await expect(loadAgent(name, [folderWith({})])).rejects.toThrow(AgentNotFound)
})

test.each([
  ["no head", "You enrich.", "must begin with a YAML head"],
  ["a head that is no YAML", file("name: [unclosed"), "does not describe an agent"],
  ["a misspelt key", file(`${head}\nmodle: x`), "modle"],
  ["the right to govern", file(head.replace("browse", "govern")), "effects"],
  ["no budget", file(head.slice(0, head.indexOf("budget"))), "budget"],
  ["another name", file(head.replace("enricher", "checker")), "its name is checker, not enricher"],
  ["no prompt", file(head, "  \n"), "no system prompt"],
])("a file with %s is refused with the reason", async (_, text, words) => {
  const loading = loadAgent("enricher", [folderWith({ "enricher.md": text })])
  await expect(loading).rejects.toThrow(AgentFileInvalid)
  await expect(loading).rejects.toThrow(words)
})
