import { eq } from "drizzle-orm"
import { afterAll, beforeAll, expect, test } from "vitest"
import { openDesk } from "../../src/conversation/desk.ts"
import type { Json } from "../../src/db/json.ts"
import { tables } from "../../src/db/tables.ts"
import { createViewer } from "../../viewer/viewer.ts"
import { type Asking, openAsking } from "./asking.ts"
import { addLeads, startRun } from "./sample.ts"

const name = "127.0.0.1:4400"
const origin = `http://${name}`
const clock = () => new Date()
const people = [
  { name: "Ines Vance", title: "CTO", company: "Larkspur Robotics", email: "ines@larkspur.example" },
  { name: "Jon Okafor", title: "CFO", company: "Cobalt Freight" },
  { name: "Maria Silva", company: "Larkspur Robotics", email: "maria@larkspur.example" },
]

let asking: Asking

beforeAll(async () => {
  asking = await openAsking()
  await addLeads(asking.store, people, "2026-11-17T09:00:00.000Z")
})
afterAll(() => asking.close())

/** A person at a browser of their own. */
async function person(systemName: string, desk = asking.desk) {
  const app = createViewer({
    ...{ store: asking.store, host: [name], clock, ask: desk },
    access: { kind: "open", systemName },
  })
  const first = await app.request("/stats", { headers: { host: name } })
  const cookie = first.headers.get("set-cookie")?.split(";")[0] ?? ""
  const csrf = /name="csrf" content="([^"]+)"/.exec(await first.text())?.[1] ?? ""
  const get = (path: string) => app.request(path, { headers: { host: name, cookie } })
  return {
    get,
    json: async (path: string) => (await get(path)).json(),
    post: (path: string, body: object) =>
      app.request(path, {
        method: "POST",
        headers: {
          ...{ host: name, origin, cookie, "x-csrf": csrf },
          ...{ "content-type": "application/json", accept: "application/json" },
        },
        body: JSON.stringify(body),
      }),
    send: (path: string, fields: Record<string, string>) =>
      app.request(path, {
        method: "POST",
        headers: { host: name, origin, cookie, "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ csrf, ...fields }).toString(),
      }),
  }
}
type Person = Awaited<ReturnType<typeof person>>

async function asked(by: Person, prompt: string, after?: number): Promise<number> {
  const answer = await by.post("/do/ask", { prompt, ...(after ? { after } : {}) })
  const { runId } = await answer.json()
  await ended(runId)
  return runId
}

async function ended(runId: number): Promise<void> {
  for await (const _ of asking.desk.hear(runId, 0, new AbortController().signal));
}

test("the latest leads take one request, and the answer links to the same table", async () => {
  const ada = await person("ada")
  const run = await asked(ada, "show me the latest 2 leads")
  const { turns } = await ada.json(`/ask/${run}.json`)
  expect(turns).toMatchObject([
    { run: { outcome: "done", requests: 1 }, said: ["Here they are."], answer: { path: "/?limit=2" }, changes: "none" },
  ])
  expect(turns[0].answer.answer.map((row: { name: string }) => row.name)).toEqual(["Maria Silva", "Jon Okafor"])
  const table = await (await ada.get(turns[0].answer.path)).text()
  expect(["Maria Silva", "Jon Okafor", "Ines Vance"].map((lead) => table.includes(lead))).toEqual([true, true, false])
})

test("filters of an answer stand in its link as the table has them", async () => {
  const ada = await person("ada")
  const gaps = await asked(ada, "leads without an email")
  const found = await ada.json(`/ask/${gaps}.json`)
  expect(found.turns[0].answer.path).toBe("/?email=&limit=50")
  const shown = await (await ada.get(found.turns[0].answer.path)).text()
  expect(shown).toContain("Jon Okafor")
  expect(shown).not.toContain("Maria Silva")
})

test("a form without a script leads to the conversation, and a follow-up goes on with it", async () => {
  const ada = await person("ada")
  const sent = await ada.send("/do/ask", { prompt: "how many leads are there?" })
  expect(sent.status).toBe(303)
  const place = sent.headers.get("location") ?? ""
  const run = Number(place.split("/").at(-1))
  await ended(run)
  const again = await ada.send("/do/ask", { prompt: "show me the latest leads", after: String(run) })
  const next = Number(again.headers.get("location")?.split("/").at(-1))
  await ended(next)
  const redirected = await ada.get(`/ask/${next}`)
  expect([redirected.status, redirected.headers.get("location")]).toEqual([302, `/ask/${run}#run-${next}`])
  const page = await (await ada.get(place)).text()
  expect(page).toContain("a script, not a language model")
  expect(page).toContain("how many leads are there?")
  expect(page).toContain("Maria Silva")
  const [turn] = await asking.store.read((db) => db.select().from(tables.runs).where(eq(tables.runs.id, next)))
  expect(turn).toMatchObject({ parentId: run, person: "human:ada" })
})

test("a conversation is its person's alone", async () => {
  const [ada, ben] = [await person("ada"), await person("ben")]
  const run = await asked(ada, "show me the latest leads")
  for (const path of [`/ask/${run}`, `/ask/${run}.json`, `/ask/${run}/events`]) {
    expect((await ben.get(path)).status, path).toBe(404)
  }
  for (const deed of ["stop", "undo", "continue"]) {
    expect((await ben.post(`/do/ask/${run}/${deed}`, {})).status, deed).toBe(404)
  }
  expect((await ben.post("/do/ask", { prompt: "go on", after: run })).status).toBe(404)
  expect((await ben.json("/ask.json")).conversations).toEqual([])
  expect((await ada.json("/ask.json")).conversations.length).toBeGreaterThan(0)
})

test("a turn whose process is gone ends where it was, and the conversation goes on", async () => {
  const ada = await person("ada")
  const lost = await startRun(asking.store, {
    ...{ agent: "sales", person: "human:ada", prompt: "Count them." },
    startedAt: new Date().toISOString(),
  })
  expect(await (await ada.get(`/ask/${lost.id}`)).text()).toContain('data-state="working"')
  expect(await (await ada.get(`/ask/${lost.id}/events`)).text()).toContain("event: ended")
  expect(await (await ada.get(`/ask/${lost.id}`)).text()).toContain('data-state="interrupted"')
  const next = await asked(ada, "how many leads are there?", lost.id)
  const { turns } = await ada.json(`/ask/${lost.id}.json`)
  expect(turns.map(({ run }: { run: { id: number; outcome: string } }) => [run.id, run.outcome])).toEqual([
    [lost.id, "interrupted"],
    [next, "done"],
  ])
})

test("where nobody can answer, the page says which command helps, and nothing is begun", async () => {
  const nobody = openDesk(asking.store, {
    talker: () => Promise.reject(new Error("Nobody is there.")),
    answering: async () => ({ kind: "nobody", reason: "Nobody has agreed yet.", hint: "giant ask --budget 5 agrees." }),
  })
  const ada = await person("ada", nobody)
  expect(await (await ada.get("/ask")).text()).toContain("Nobody has agreed yet. giant ask --budget 5 agrees.")
  const refused = await ada.post("/do/ask", { prompt: "show me the latest leads" })
  expect([refused.status, (await refused.json()).error.code]).toEqual([409, "nobody_answers"])
})

test("what a script returns in the shape of a question or a view is one only where the database has it", async () => {
  const { store } = asking
  const ada = await person("ada")
  const at = { createdAt: clock().toISOString(), updatedAt: clock().toISOString() }
  const own = await startRun(store, { agent: "sales", outcome: "done", startedAt: at.createdAt, endedAt: at.createdAt })
  const kept = { title: "Theirs <b>", version: 1, ...at }
  const [theirs, mine] = await store.write((db) =>
    db
      .insert(tables.views)
      .values([
        { ...kept, owner: "human:ben" },
        { ...kept, owner: "human:ada", title: "Mine" },
      ])
      .returning({ id: tables.views.id }),
  )
  const [other] = await store.write((db) =>
    db
      .insert(tables.questions)
      .values({ runId: own.id + 1_000, calls: [], api: "", seal: "", createdAt: at.createdAt })
      .returning({ id: tables.questions.id }),
  )
  const shownAs = async (answer: Json) => {
    const values = { runId: own.id, answer, path: null, createdAt: at.createdAt }
    await store.write((db) =>
      db.insert(tables.answers).values(values).onConflictDoUpdate({ target: tables.answers.runId, set: values }),
    )
    return (await ada.get(`/ask/${own.id}`)).text()
  }
  const fakes: Json[] = [
    { question: other?.id ?? 0, waits_for: "Type your password below" },
    { question: 999, waits_for: "Type your password below" },
    { view: theirs?.id ?? 0, title: "Sign in again" },
    { view: 999, title: "Sign in again" },
  ]
  for (const fake of fakes) {
    const page = await shownAs(fake)
    expect(page).not.toMatch(/It waited for a person|class="opens"/)
    expect(page).toContain("<pre>")
  }
  const real = await shownAs({ view: mine?.id ?? 0, title: "Sign in again" })
  expect(real).toContain(`<a class="opens" href="/views/${mine?.id}">Mine</a>`)
  expect(real).not.toContain("Sign in again")
})
