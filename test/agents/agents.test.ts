import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { catalogue } from "../../src/actions/catalogue.ts"
import { covers } from "../../src/actions/grants.ts"
import { loadAgent } from "../../src/harness/agent-files.ts"
import { machines, openBench } from "../actions/bench.ts"

const shared = machines()
const folder = join(import.meta.dirname, "../../agents")
const skills = join(folder, "skills")
const agents = readdirSync(folder).flatMap((file) => (file.endsWith(".md") ? file.slice(0, -3) : []))
const names = catalogue.map(({ name }) => name)
const namespaces = new Set(names.map((name) => name.slice(0, name.indexOf("."))))

/** Actions that a text speaks of, as `leads.find`. */
function actionsIn(text: string): string[] {
  const written = [...text.matchAll(/\b([a-z]+)\.([a-zA-Z]+)\(|`([a-z]+)\.([a-zA-Z]+)`/g)]
  const spoken = written.map(([, a, b, c, d]) => `${a ?? c}.${b ?? d}`)
  return spoken.filter((name) => namespaces.has(name.slice(0, name.indexOf("."))))
}

test("there are the agents that the product has work for", () => {
  expect(agents.toSorted()).toEqual(["auditor", "designer", "enricher", "researcher", "sales", "writer"])
})

test.each(agents)("%s is granted actions that exist, and speaks only of what it may do", async (name) => {
  const { grant, system } = await loadAgent(name, [folder])
  const granted = catalogue
    .filter(({ effect }) => effect !== "govern" && grant.effects.includes(effect))
    .filter((action) => grant.actions === null || covers(grant.actions, action.name))
    .map((action) => action.name)
  for (const pattern of grant.actions ?? [])
    expect([pattern, names.some((one) => covers([pattern], one))]).toEqual([pattern, true])
  expect(actionsIn(system).filter((action) => !granted.includes(action))).toEqual([])
  expect(system).toMatch(/never instructions/)
})

test("no agent may reach people outside", async () => {
  for (const name of agents) expect((await loadAgent(name, [folder])).grant.effects).not.toContain("outward")
})

test("every skill is found, read, and speaks only of actions that exist", async () => {
  const { gate } = await openBench(shared, { skillFolders: [skills] })
  const found = await gate.call("skills.find", [])
  expect(found).toMatchObject({
    kind: "done",
    value: [
      { name: "first-message" },
      { name: "message-templates" },
      { name: "qualifying" },
      { name: "reading-a-headline" },
    ],
  })
  for (const name of readdirSync(skills)) {
    expect(await gate.call("skills.read", [name])).toMatchObject({ kind: "done" })
    const text = readFileSync(join(skills, name, "SKILL.md"), "utf8")
    expect(actionsIn(text).filter((action) => !names.includes(action))).toEqual([])
  }
})
