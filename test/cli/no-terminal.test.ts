import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, expect, test } from "vitest"
import { type Author, openStore } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { remember, team } from "../../src/memory/memory.ts"
import { type Ended, giantHere, newHome } from "./giant.ts"

/** Words of a lead and of an agent, as somebody would write them who wants to move a reader's terminal. */
const evil = "\u001b[31mRed\u0007 \u001b]8;;https://evil.example\u0007here\r"
/** Leads that come to nothing: no page to read and no address to write to. */
const csv = "Name,Title,Company\nInes Vance,CTO,Larkspur Robotics\nInes Vance,CTO,Larkspur\nJon Okafor,CFO,Cobalt\n"

const home = newHome()
const file = (name: string) => join(home, name)
/** What stands for an argument that a command needs, by its name. */
const stands: Record<string, string> = {
  ...{ id: "1", ids: "1", lead: "1", number: "1", one: "1", other: "2", keep: "1", drop: "2" },
  ...{
    file: file("notes.md"),
    select: "SELECT id, name FROM leads",
    site: "linkedin",
    value: "CTO",
    who: "jon@cobalt.example",
  },
  ...{ name: "ada", what: "changeset:999", when: "every morning", words: "a note" },
}
/** Where that is not enough to come to something. */
const given: Record<string, string[]> = {
  ask: ["how many leads are there", "--rehearse"],
  backup: [file("copy.db")],
  "drafts reply": ["1", "--text", "Yes"],
  enrich: ["--limit", "1"],
  import: [file("leads.csv")],
  init: [file("folder")],
  "memory export": ["-"],
  move: ["--to", file("moved.db")],
  read: ["https://www.linkedin.com/in/nobody"],
  "recipes show": ["find-stale"],
  "recipes run": ["find-stale"],
  "recipes trial": ["counting@1"],
  "recipes accept": ["counting@1"],
  "recipes reject": ["counting@1"],
  "recipes keep": ["counting", "--run", "1"],
  "schedules add": ["every morning", "--recipe", "find-stale"],
  start: ["--once"],
}
/** What serves until it is stopped, or speaks to a program of somebody else. */
const stopped = ["viewer", "mcp", "claude"]
/** What takes data out as it is, for a file. */
const exact = ["export"]

const commands = (await said(["--agent"])).out
  .split(/^(?=#{2,3} giant )/m)
  .slice(1)
  .map((page) => ({
    words: /^#+ giant (.+)$/m.exec(page)?.[1] ?? "",
    needed: [...(/^giant .*$/m.exec(page)?.[0].matchAll(/<([\w.]+)>/g) ?? [])].map(([, name = ""]) =>
      name.replace(/\.+$/, ""),
    ),
  }))

beforeAll(async () => {
  mkdirSync(file("folder"))
  writeFileSync(file("leads.csv"), csv)
  writeFileSync(file("notes.md"), "# Memory\n")
  await said(["import", file("leads.csv")])
  const store = openStore(file("giant.db"))
  const agent: Author = { actor: `agent:${evil}`, kind: "run" }
  const now = new Date()
  const note = { source: `run 1 ${evil}`, isAlways: true, text: `Note ${evil}`, state: "proposed" as const }
  await remember(store, agent, { ...note, owner: team }, now)
  await store.change(agent, (db) => db.update(tables.leads).set({ name: evil, title: evil }))
  const recipe = {
    name: "counting",
    version: 1,
    purpose: evil,
    inputs: {},
    actions: ["leads.count"],
    script: `// ${evil}`,
  }
  await store.change(agent, (db) =>
    db.insert(tables.recipes).values({
      ...{ ...recipe, state: "proposed", reason: evil, author: agent.actor },
      ...{ createdAt: now.toISOString(), updatedAt: now.toISOString() },
    }),
  )
  await store.close()
})

test("the list of commands is the program's", () => {
  expect(commands.length).toBeGreaterThan(70)
})

test.each(commands)(
  "giant $words: no colour, no prompt, no spinner, and JSON where it is asked for",
  async ({ words, needed }) => {
    const unknown = needed.filter((name) => stands[name] === undefined)
    expect(unknown, "arguments of which this test says nothing").toEqual([])
    const args = [...words.split(" "), ...(given[words] ?? needed.map((name) => stands[name] ?? ""))]
    const isStopped = stopped.includes(words)
    const plain = await said(args, isStopped)
    const seen = exact.includes(words) ? plain.err : plain.out + plain.err
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(seen).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f\u0080-\u009f]/)
    expect(seen).not.toMatch(/went wrong inside/)
    expect([0, 1]).toContain(plain.code)
    if (plain.code === 1) expect(plain.err).toMatch(/\S/)
    const { out, code } = await said([...args, "--json"], isStopped)
    if (code === 1)
      expect(JSON.parse(out)).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } })
    for (const document of documentsIn(out)) expect(document).toBeTypeOf("object")
  },
)

/** Runs a command where nobody can answer. */
async function said(args: string[], isStopped = false): Promise<Pick<Ended, "code" | "out" | "err">> {
  const signal = isStopped ? AbortSignal.abort() : new AbortController().signal
  const ask = async () => {
    throw new Error("It asked somebody.")
  }
  const options = ["--home", home, "--web", "replica", "--model", "none"]
  return giantHere([...args, ...options], { GIANT_CHROME: file("no-browser") }, { ask, signal })
}

/** One document, or one for each line. */
function documentsIn(out: string): unknown[] {
  try {
    return out.trim() === "" ? [] : [JSON.parse(out)]
  } catch {
    return out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
  }
}
