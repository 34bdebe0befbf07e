import { join } from "node:path"
import { stripVTControlCharacters } from "node:util"
import { expect, onTestFinished, test } from "vitest"
import { chat } from "../../src/cli/ask.ts"
import type { Io } from "../../src/cli/io.ts"
import type { ScreenHandlers } from "../../src/cli/screen.ts"
import { openStore } from "../../src/db/store.ts"
import { type Answer, type ModelRequestBody, startMessagesServer } from "../harness/messages-server.ts"
import { importedLead } from "../leads/fixture.ts"
import { giantHere, newHome, rowsOf } from "./giant.ts"

/** A home with leads of these names, and a model that answers as the script says. */
async function openHome(names: string[], script: (body: ModelRequestBody, number: number) => Answer) {
  const home = newHome()
  const store = openStore(join(home, "giant.db"))
  for (const name of names) await importedLead(store, { name })
  await store.close()
  const server = await startMessagesServer(script)
  onTestFinished(() => server.close())
  const environment = { ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "sk-test" }
  const ask = async (...args: string[]) => {
    const ended = await giantHere(["ask", ...args, "--home", home, "--budget", "5", "--json"], environment)
    return { ...ended, json: JSON.parse(ended.out) }
  }
  return { home, server, ask, environment }
}

const execute = (code: string): Answer => ({ calls: [{ name: "execute", input: { code } }] })
const lastResult = ({ messages }: ModelRequestBody) =>
  messages.at(-1)?.content.find(({ type }) => type === "tool_result")
const lastWords = ({ messages }: ModelRequestBody) =>
  messages.at(-1)?.content.findLast(({ type }) => type === "text")?.text

test("the sales agent hands a question to another agent and goes on with its answer", async () => {
  const { home, ask } = await openHome(["Ada Example"], (body) => {
    if (body.system[0]?.text.includes("You prepare a person for a conversation")) {
      return lastResult(body) ? { text: "Her name is Ada Example." } : execute("return (await leads.get(1)).lead.name")
    }
    const answered = lastResult(body)
    return answered
      ? { text: `The researcher says: ${answered.content}` }
      : execute('return (await agents.ask("researcher", "Who is lead 1?")).text')
  })
  const { json } = await ask("who is lead 1?")
  expect(json.text).toContain("Her name is Ada Example.")
  const runs = rowsOf(home, "SELECT id, agent, parent_id, outcome, tainted FROM runs ORDER BY id")
  expect(runs).toEqual([
    { id: 1, agent: "sales", parent_id: null, outcome: "done", tainted: 1 },
    { id: 2, agent: "researcher", parent_id: 1, outcome: "done", tainted: 1 },
  ])
})

test("--until starts round after round with a fresh context until its query returns nothing", async () => {
  const { ask, server } = await openHome(["Ada", "Bo", "Cy"], (body) =>
    lastResult(body)
      ? { text: "One is done." }
      : execute(
          'const [next] = await leads.find({ status: "new", limit: 1 })\nawait leads.stage(next!.id, "qualified")',
        ),
  )
  const { json } = await ask("qualify one", "--until", "SELECT id FROM leads WHERE status = 'new'")
  expect(json).toMatchObject({ end: "reached", rounds: 3, rows_at_first: 3, rows_left: 0, runs: [1, 2, 3] })
  expect(server.requests.filter(({ body }) => body.messages.length === 1)).toHaveLength(3)
})

test("--until ends when nothing moves any more, and says so", async () => {
  const { ask } = await openHome(["Ada"], () => ({ text: "I would rather not." }))
  const { code, json } = await ask("qualify one", "--until", "SELECT id FROM leads WHERE status = 'new'")
  expect(code).toBe(1)
  expect(json).toMatchObject({ end: "stuck", rounds: 3, rows_left: 1 })
})

test("--plain gives the model one tool for each action", async () => {
  const { ask, server } = await openHome(["Ada", "Bo"], (body) => {
    const counted = lastResult(body)
    return counted ? { text: `Counted: ${counted.content}` } : { calls: [{ name: "leads_count", input: {} }] }
  })
  const { json } = await ask("how many leads are there?", "--plain")
  expect(json.text).toContain('"total":2')
  const tools = server.requests[0]?.body.tools.map(({ name }) => name)
  expect(tools).toEqual(expect.arrayContaining(["leads_find", "leads_count", "sql_query"]))
  expect(tools).not.toContain("execute")
})

/** A person at a terminal: when a line matches, they type what belongs to it. */
function person(typed: [RegExp, string][]) {
  const lines: string[] = []
  const left = [...typed]
  const open = (handlers: ScreenHandlers) => {
    const line = (text: string) => {
      const plain = stripVTControlCharacters(text)
      lines.push(plain)
      const [next] = left
      if (!next?.[0].test(plain)) return
      left.shift()
      handlers.line(next[1])
    }
    return { line, write: line, step: line, endRow() {}, status() {}, close() {} }
  }
  return { lines, open }
}

async function chatAt(
  home: string,
  environment: Record<string, string>,
  typed: [RegExp, string][],
  { ask = async () => "", ...options }: { ask?: Io["ask"]; budget?: string; continue?: boolean } = { budget: "5" },
) {
  const { lines, open } = person(typed)
  const io: Io = {
    ...{ environment, isTerminal: true, isInteractive: true, width: 100, ask },
    out() {},
    err() {},
    clock: () => new Date(),
    signal: new AbortController().signal,
  }
  await chat(io, { home, ...options }, open)
  return lines
}

test("the first paid work asks once what it may cost, and the answer is kept", async () => {
  const { home, environment, ask: askHere } = await openHome([], () => ({ text: "Hello." }))
  expect(await giantHere(["ask", "hello", "--home", home], environment)).toMatchObject({
    code: 1,
    err: expect.stringContaining("Nobody has agreed yet"),
  })
  const asked: string[] = []
  const answer = async (question: string) => {
    asked.push(question)
    return "y"
  }
  for (const _ of [1, 2]) await chatAt(home, environment, [[/^You talk to/, "/quit"]], { ask: answer })
  expect(asked).toEqual([expect.stringContaining("at most 5 USD a day")])
  expect((await askHere("hello")).json.text).toBe("Hello.")
})

test("in the chat a person answers a question with a word, and the agent goes on with the answer", async () => {
  const { home, environment } = await openHome(["Ada Example", "Ada Example", "Ada Example"], (body) => {
    if (lastWords(body)?.startsWith("merge")) {
      return execute(
        `await leads.find()\ntry { await leads.merge(1, ${lastWords(body)?.split(" ")[1]}) } catch (error) { return error.message }\nreturn "merged"`,
      )
    }
    return { text: `It came to this: ${lastWords(body) ?? lastResult(body)?.content}` }
  })
  const lines = await chatAt(home, environment, [
    [/^You talk to/, "merge 2"],
    [/^Type yes or no/, "yes"],
    [/run \d+ ·/, "merge 3"],
    [/^Type yes or no/, "n"],
    [/run \d+ ·/, "/quit"],
  ])
  const said = lines.join("\n")
  expect(said).toContain("leads.merge(1, 2)")
  expect(said).toMatch(/agreed to leads\.merge[\s\S]*did not agree/)
  expect(rowsOf(home, "SELECT id, merged_into FROM leads")).toEqual([
    { id: 1, merged_into: null },
    { id: 2, merged_into: 1 },
    { id: 3, merged_into: null },
  ])
})

test("giant --continue goes on with the last conversation, and takes up what was broken off", async () => {
  const { home, environment, server } = await openHome([], (body) => ({ text: `You said: ${lastWords(body)}` }))
  await chatAt(home, environment, [
    [/^You talk to/, "remember the number seven"],
    [/run \d+ ·/, "/quit"],
  ])
  await chatAt(
    home,
    environment,
    [
      [/^You talk to/, "which number?"],
      [/run \d+ ·/, "/quit"],
    ],
    { budget: "5", continue: true },
  )
  const words = server.requests.at(-1)?.body.messages.flatMap(({ content }) => content.map(({ text }) => text))
  expect(words).toEqual(["remember the number seven", "You said: remember the number seven", "which number?"])
})
