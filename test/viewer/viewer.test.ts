import { eq } from "drizzle-orm"
import { afterEach, beforeEach, expect, test } from "vitest"
import type { Json } from "../../src/db/json.ts"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { csvLines } from "../../src/leads/csv.ts"
import { PortInUse, serveViewer } from "../../viewer/serve.ts"
import { createViewer } from "../../viewer/viewer.ts"
import { ada, addLeads, learnFromProfile, openSample, startRun } from "./sample.ts"

const host = "127.0.0.1:4400"
const clock = () => new Date("2026-11-18T12:00:00.000Z")
const morning = "2026-11-17T09:00:00.000Z"

let store: Store
let close: () => Promise<void>
let app: ReturnType<typeof createViewer>

beforeEach(() => {
  ;({ store, close } = openSample())
  app = createViewer({ store, host: [host], clock, live: { every: 10 } })
})
afterEach(() => close())

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  app.request(path, { method, headers: { host, ...headers } })
const page = async (path: string) => (await get(path)).text()

async function sample() {
  const [ines, jon] = await addLeads(
    store,
    [
      { name: "Ines Vance", linkedinUrl: "https://www.linkedin.com/in/ines-vance", company: "Larkspur Robotics" },
      { name: "Jon Okafor", title: "CFO", email: "jon@cobalt.example" },
    ],
    morning,
  )
  if (!ines || !jon) throw new Error("No leads were stored.")
  const run = await startRun(store, { startedAt: morning, leadId: ines.id })
  const evidence = await learnFromProfile(store, ines, run, { title: "Chief Technology Officer" }, morning)
  return { ines, jon, run, evidence }
}

test("every page answers, and so does its twin", async () => {
  await sample()
  for (const path of ["/", "/companies", "/runs", "/stats", "/leads/1", "/companies/1", "/runs/1", "/evidence/1"]) {
    const html = await get(path)
    expect([path, html.status]).toEqual([path, 200])
    expect(html.headers.get("content-type")).toContain("text/html")
    const json = await get(path === "/" ? "/leads.json" : `${path}.json`)
    expect([path, json.status]).toEqual([path, 200])
    await json.json()
  }
  for (const path of ["/leads.csv", "/companies.csv", "/runs.csv", "/leads/counts.json", "/healthz"]) {
    expect([path, (await get(path)).status]).toEqual([path, 200])
  }
})

test("every page of an empty database says what to do", async () => {
  expect(await page("/")).toContain("giant import FILE.csv")
  expect(await page("/companies")).toContain("No companies yet")
  expect(await page("/runs")).toContain("giant start")
  expect(await page("/stats")).toContain("The first quest")
  expect(await page("/?q=nobody")).toContain("Nobody fits that")
})

test("another host name, another site and another method are turned away, with the headers that protect a page", async () => {
  const answers = [
    [await get("/", { host: "rebound.example:4400" }), 403],
    [await get("/", { host: "" }), 403],
    [await get("/", { origin: "https://elsewhere.example" }), 403],
    [await get("/", { origin: "null" }), 403],
    [await get("/", { origin: `http://${host}` }), 200],
    [await get("/", {}, "POST"), 405],
    [await get("/leads/1", {}, "DELETE"), 405],
    [await get("/", {}, "OPTIONS"), 405],
    [await get("/", {}, "HEAD"), 200],
    [await get("/nowhere"), 404],
  ] as const
  for (const [answer, status] of answers) {
    expect(answer.status).toBe(status)
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'")
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff")
    expect(answer.headers.get("referrer-policy")).toBe("same-origin")
    expect(answer.headers.get("cache-control")).toBe("no-store")
  }
  expect(await (await get("/", { host: "rebound.example:4400" })).text()).toContain(`open it as http://${host}`)
})

test("a wrong address is answered by one sentence, in JSON where JSON was asked for", async () => {
  expect((await get("/leads/999")).status).toBe(404)
  expect(await page("/leads/999")).toContain("There is no lead 999.")
  expect(await (await get("/leads/999.json")).json()).toMatchObject({ error: { code: "not_found" } })
  const wrong = await get("/leads.json?score>=many")
  expect(wrong.status).toBe(400)
  expect(await wrong.json()).toMatchObject({
    error: { code: "bad_address", message: expect.stringContaining("number") },
  })
  expect((await get("/?after=bogus")).status).toBe(400)
  expect((await get("/runs?outcome=asleep")).status).toBe(400)
})

test("what fails on our side says nothing of itself on the page", async () => {
  const reported: unknown[] = []
  const broken = createViewer({
    store: { ...store, read: () => Promise.reject(new Error("secret path")) },
    host: [host],
    clock,
    report: (error) => reported.push(error),
  })
  const answer = await broken.request("/leads/1", { headers: { host } })
  expect(answer.status).toBe(500)
  expect(await answer.text()).not.toContain("secret path")
  expect(reported).toHaveLength(1)
})

test("a lead says for each value what it rests on", async () => {
  const { ines, run, evidence } = await sample()
  const text = await page(`/leads/${ines.id}`)
  expect(text).toContain('data-basis="observed"')
  expect(text).toContain("<mark>Chief Technology Officer</mark>")
  expect(text).toContain(`href="/runs/${run.id}"`)
  expect(text).toContain("Set by ada (spring-fair.csv)")
  const captured = await page(`/evidence/${evidence}?fact=1`)
  expect(captured).toContain('<mark id="quote">Chief Technology Officer</mark>')
})

test("a value that a person set afterwards rests on the person, and the agent's stays a suggestion", async () => {
  const { jon, run } = await sample()
  await store.change(ada, async (db) =>
    db.update(tables.leads).set({ title: "Founder" }).where(eq(tables.leads.id, jon.id)),
  )
  const author = { actor: "agent:enricher", kind: "run", runId: run.id }
  await store.change(author, async (db) => {
    await db.insert(tables.facts).values({
      entity: "lead",
      entityId: jon.id,
      field: "title",
      value: "Chairman",
      basis: "inferred",
      state: "suggested",
      createdAt: morning,
    })
  })
  const text = await page(`/leads/${jon.id}`)
  expect(text).toContain("Agents suggest")
  expect(text).toContain("Title: human, why?")
  expect(text).toMatch(/<del>CFO<\/del> → <ins>Founder<\/ins>/)
})

test("the stand-in for a model is always called what it is", async () => {
  const { ines, run } = await sample()
  for (const path of ["/runs", `/runs/${run.id}`, `/leads/${ines.id}`, "/stats"]) {
    expect(await page(path)).toContain("rehearsal (scripted)")
  }
})

test("a run reads as a conversation, with its scripts, its calls and their verdicts in order", async () => {
  const { run } = await sample()
  const at = (second: number) => `2026-11-17T09:00:0${second}.000Z`
  const script: Json = [
    { type: "text", text: "I look first." },
    { type: "tool_use", id: "t1", name: "execute", input: { code: 'return "<b>"' } },
  ]
  const result: Json = [{ type: "tool_result", tool_use_id: "t1", content: '{"sent":false}' }]
  await store.write(async (db) => {
    await db.insert(tables.messages).values([
      { runId: run.id, role: "user", content: "Enrich Ines.", createdAt: at(1) },
      { runId: run.id, role: "assistant", content: script, stopReason: "tool_use", createdAt: at(2) },
      { runId: run.id, role: "user", content: result, createdAt: at(4) },
      {
        runId: run.id,
        role: "assistant",
        content: [{ type: "mystery", n: 1 }],
        stopReason: "max_tokens",
        createdAt: at(5),
      },
    ])
    await db.insert(tables.calls).values({
      runId: run.id,
      action: "drafts.send",
      effect: "outward",
      arguments: { id: 3 },
      verdict: "denied",
      reason: "nothing is sent without an approval",
      createdAt: at(3),
    })
  })
  const text = await page(`/runs/${run.id}`)
  const order = [
    "Enrich Ines.",
    "I look first.",
    "return &quot;&lt;b&gt;&quot;",
    "drafts.send",
    "&quot;sent&quot;: false",
    "mystery",
    "Stopped: max_tokens",
    "working",
  ]
  const places = order.map((words) => text.indexOf(words))
  expect(places.every((place) => place > 0)).toBe(true)
  expect(places).toEqual([...places].sort((one, other) => one - other))
})

test("cells that a spreadsheet would run are made harmless, and numbers stay numbers", () => {
  expect(csvLines([["=1+1", "+47", "-x", "@a", "\tx", "\rx", " =1", 'a,"b"', null, -5, "plain"]], 11)).toBe(
    '\'=1+1,\'+47,\'-x,\'@a,\'\tx,"\'\rx",\' =1,"a,""b""",,-5,plain\r\n',
  )
})

test("a CSV holds every row of the table as it is filtered, however many pages that is", async () => {
  await addLeads(
    store,
    Array.from({ length: 1_203 }, (_, nth) => ({
      name: `Lead ${nth}`,
      status: nth < 3 ? ("won" as const) : ("new" as const),
    })),
    morning,
  )
  const lines = (await page("/leads.csv?limit=2")).trim().split("\r\n")
  expect(lines).toHaveLength(1_204)
  expect(new Set(lines.slice(1).map((line) => line.split(",")[0])).size).toBe(1_203)
  expect((await page("/leads.csv?status=won")).trim().split("\r\n")).toHaveLength(4)
})

test("the filter form is put together into an address", async () => {
  const answer = await get("/?status=new&filter=title&compare=~&value=cto")
  expect(answer.headers.get("location")).toBe("/?status=new&title%7E=cto")
  expect((await get("/?filter=email&compare=absent&value=")).headers.get("location")).toBe("/?email=")
})

test("columns are those that the address names, custom ones too", async () => {
  await addLeads(store, [{ name: "Ines", custom: { Booth: "B4" } }], morning)
  const text = await page("/?cols=custom.Booth,phone")
  expect(text).toContain('<td data-column="custom.Booth">B4</td>')
  expect(text).not.toContain('<td data-column="title"')
})

test("a lead's own fields and an address's may be called like what every object has", async () => {
  const custom = JSON.parse('{"constructor":"one","__proto__":"two","toString":"three","valueOf":"four"}')
  await addLeads(store, [{ name: "Ines", custom }, { name: "Jon" }], morning)
  for (const path of ["/leads/1", "/leads/1.json", "/leads/1/merge?with=2", "/leads/2/merge?with=1"]) {
    const answer = await get(path)
    expect([path, answer.status]).toEqual([path, 200])
    const text = await answer.text()
    for (const words of ["one", "two", "three", "four"])
      expect([path, text]).toEqual([path, expect.stringContaining(words)])
  }
  const table = await page("/?cols=custom.constructor,custom.__proto__")
  for (const heading of ["Constructor", "one", "two"]) expect(table).toContain(heading)
  for (const path of ["/", "/changes", "/leads.json", "/leads/counts.json"]) {
    for (const filter of ["__proto__=", "__proto__=0", "constructor=", "missing=__proto__"]) {
      expect([path, filter, (await get(`${path}?${filter}`)).status]).toEqual([path, filter, 400])
    }
  }
})

test("of a filter that stands in the address twice, the one that is shown is the one that holds", async () => {
  await addLeads(store, [{ name: "Ada" }, { name: "Bo", status: "won" }], morning)
  const twice = await page("/?name~=A&name~=B&status=new&status=won")
  expect([...twice.matchAll(/Take away the filter: ([^"]*)/g)].map(([, words]) => words)).toEqual(["Name contains B"])
  expect([...twice.matchAll(/data-status="(\w+)"[^>]*aria-current/g)].map(([, value]) => value)).toEqual(["won"])
  expect(twice).toContain("Bo")
  expect(twice).not.toContain("Ada")
})

test("assets have their hash in the address, and no other address", async () => {
  const path = /\/assets\/[0-9a-f]{12}\/viewer\.js/.exec(await page("/"))?.[0] ?? ""
  const asset = await get(path)
  expect(asset.status).toBe(200)
  expect(asset.headers.get("cache-control")).toContain("immutable")
  expect((await get("/assets/000000000000/viewer.js")).status).toBe(404)
  expect((await get(path.replace("viewer.js", "..%2fviewer.ts"))).status).toBe(404)
})

test("hostile values stay text on every page", async () => {
  const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
  const { evidence } = await hostileSample(evil)
  for (const path of [
    "/",
    "/?cols=custom.x,linkedin_url,source",
    "/leads/1",
    "/companies",
    "/companies/1",
    "/runs",
    "/runs/1",
    "/stats",
    "/drafts?cols=subject,body,author,account,reason",
    "/changes",
    `/evidence/${evidence}`,
  ]) {
    const text = await page(path)
    expect(text).not.toContain("<script>alert")
    expect(text).not.toContain("<img src=x")
    expect(text).not.toMatch(/href="javascript:/i)
  }
  expect(await page(`/?q=${encodeURIComponent(evil)}`)).not.toContain("<script>alert")
  expect(await page(`/?title~=${encodeURIComponent(evil)}`)).not.toContain("<script>alert")
})

async function hostileSample(evil: string) {
  const [lead] = await addLeads(
    store,
    [
      {
        name: evil,
        title: evil,
        company: evil,
        email: evil,
        phone: evil,
        linkedinUrl: "javascript:alert(1)",
        xHandle: evil,
        location: evil,
        owner: evil,
        source: evil,
        custom: { x: evil, [evil]: evil },
      },
    ],
    morning,
  )
  if (!lead) throw new Error("No lead was stored.")
  const run = await startRun(store, {
    startedAt: morning,
    agent: evil,
    model: evil,
    prompt: evil,
    summary: evil,
    leadId: lead.id,
  })
  const evidence = await learnFromProfile(store, lead, run, { title: evil }, morning)
  await store.write(async (db) => {
    await db
      .insert(tables.messages)
      .values({ runId: run.id, role: "assistant", content: [{ type: "text", text: evil }], createdAt: morning })
  })
  await store.change({ actor: `human:${evil}`, kind: evil, note: evil }, async (db) => {
    const times = { createdAt: morning, updatedAt: morning }
    const message = {
      channel: "email",
      recipient: evil,
      subject: evil,
      body: evil,
      account: evil,
      reason: evil,
    } as const
    await db.insert(tables.drafts).values({ leadId: lead.id, ...message, author: evil, ...times })
    await db
      .insert(tables.bookmarks)
      .values({ owner: evil, name: evil, path: "/?status=new", isShared: true, createdAt: morning })
    await db
      .insert(tables.reminders)
      .values({ leadId: lead.id, text: evil, person: evil, dueAt: morning, createdAt: morning })
  })
  return { lead, run, evidence }
}

test("the event stream goes on from where a page was read, and tells which leads changed and what agents do", async () => {
  await sample()
  const since = /data-position="([\d.]+)"/.exec(await page("/"))?.[1]
  await addLeads(store, [{ name: "Cleo" }], morning)
  const answer = await get(`/events?since=${since}`)
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  let heard = ""
  const hear = async (words: string) => {
    while (!heard.includes(words)) heard += (await reader?.read())?.value ?? ""
  }
  await hear('"leads":[3],"added":1')
  await hear('"running":1')
  await store.change(ada, async (db) => db.update(tables.leads).set({ title: "CTO" }).where(eq(tables.leads.id, 2)))
  await hear('"leads":[2],"added":0')
  await reader?.cancel()
})

test("a port in use is said so, and the usual port gives way to the next", async () => {
  const one = await serveViewer({ store, clock, port: 0 })
  await expect(serveViewer({ store, clock, port: one.port })).rejects.toThrow(PortInUse)
  expect((await fetch(`${one.url}/healthz`)).status).toBe(200)
  const usual = await serveViewer({ store, clock })
  const next = await serveViewer({ store, clock })
  expect(next.port).toBeGreaterThan(usual.port)
  expect((await fetch(`${next.url}/healthz`)).status).toBe(200)
  await Promise.all([one.close(), usual.close(), next.close()])
})
