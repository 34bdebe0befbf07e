import { afterEach, beforeEach, expect, test } from "vitest"
import { continueIds } from "../../src/db/ids.ts"
import type { Store } from "../../src/db/store.ts"
import { type NewLead, tables } from "../../src/db/tables.ts"
import { type Aside, openAside } from "../../viewer/aside.ts"
import { createViewer } from "../../viewer/viewer.ts"
import { addLeads, learnFromProfile, openSample, startRun } from "./sample.ts"

const host = "127.0.0.1:4400"
const clock = () => new Date("2026-11-18T12:00:00.000Z")
const morning = "2026-11-17T09:00:00.000Z"

let store: Store
let close: () => Promise<void>
let app: ReturnType<typeof createViewer>

beforeEach(() => {
  ;({ store, close } = openSample())
  app = createViewer({ store, host: [host], clock })
})
afterEach(() => close())

const get = (path: string) => app.request(path, { headers: { host } })
const page = async (path: string) => (await get(path)).text()
const add = (leads: Partial<NewLead>[]) => addLeads(store, leads, morning)

test("each log is a table with filters, files and a page of rows", async () => {
  const [lead] = await add([{ name: "Ines Vance", linkedinUrl: "https://www.linkedin.com/in/ines" }])
  if (!lead) throw new Error("No lead was stored.")
  const run = await startRun(store, { startedAt: morning, leadId: lead.id })
  await learnFromProfile(store, lead, run, { title: "CTO", location: "Porto" }, morning)
  await store.write(async (db) => {
    const task = { kind: "enrich", leadId: lead.id, notBefore: morning, createdAt: morning, updatedAt: morning }
    await db.insert(tables.tasks).values(task)
  })
  const shown = [
    ["/tasks", "state=open", `href="/leads/${lead.id}"`],
    ["/facts", "state=current&field=title", "CTO"],
    ["/evidence", "kind=linkedin.profile", 'href="/evidence/1"'],
    ["/changes", "op=insert&table_name=leads", "Ines Vance"],
    ["/runs", "outcome=running", 'href="/runs/1"'],
  ]
  for (const [path, filter, words] of shown) {
    expect(await page(`${path}?${filter}`)).toContain(words)
    const file = await page(`${path}.jsonl?${filter}`)
    expect(
      file
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).id),
    ).not.toEqual([])
    expect((await get(`${path}/counts.json`)).status).toBe(200)
    expect((await get(`${path}?${filter}&nonsense=1`)).status).toBe(400)
  }
})

test("chips are counted by the value that they filter by", async () => {
  await add([{ name: "Ada" }, { name: "Ben", status: "won" }, { name: "Cleo", status: "won", title: "CTO" }])
  const counts = async (path: string) => (await get(path)).json()
  expect(await counts("/leads/counts.json")).toMatchObject({ total: 3, of: { new: 1, won: 2, lost: 0 } })
  expect(await counts("/leads/counts.json?status=won&missing=title")).toMatchObject({
    total: 1,
    of: { new: 1, won: 1 },
  })
  const changes = await counts("/changes/counts.json")
  expect(await counts("/changes/counts.json?op!=insert")).toMatchObject({ total: changes.total - changes.of.insert })
  expect(await counts("/changes/counts.json?op=insert")).toMatchObject({ of: { update: 0, delete: 0 } })
})

test("rows are grouped by any column, each group with its name and its number", async () => {
  await add([
    { name: "Ada", company: "Larkspur" },
    { name: "Ben", company: "Cobalt" },
    { name: "Cleo", company: "Larkspur" },
    { name: "Dev" },
    { name: "Eve", company: "" },
    { name: "Fay" },
  ])
  const text = await page("/?group=company")
  const groups = [...text.matchAll(/<tr class="group"><th[^>]*><span>([^<]*)<\/span> <span class="quiet">([^<]*)</g)]
  expect(groups.map(([, name, count]) => [name, count])).toEqual([
    ["Cobalt", "1"],
    ["Larkspur", "2"],
    ["No company", "3"],
  ])
  expect((await get("/?group=nonsense")).status).toBe(200)
})

test("values of the team's own are sorted and filtered as numbers where they are numbers", async () => {
  await add([
    { name: "Ada", custom: { seats: 9, vip: true } },
    { name: "Ben", custom: { seats: 100, vip: false } },
    { name: "Cleo", custom: { seats: "many" } },
    { name: "Dev", custom: {} },
  ])
  const names = async (query: string) => {
    const { rows } = await (await get(`/leads.json?${query}`)).json()
    return rows.map(({ name }: { name: string }) => name)
  }
  expect(await names("sort=custom.seats&dir=asc")).toEqual(["Ada", "Ben", "Cleo", "Dev"])
  expect(await names("custom.seats>=50")).toEqual(["Ben"])
  expect(await names("custom.seats=9")).toEqual(["Ada"])
  expect(await names("custom.vip=true")).toEqual(["Ada"])
  expect(await names("custom.seats=")).toEqual(["Dev"])
  expect(await page("/?cols=custom.seats&group=custom.seats")).toContain('class="group"')
  expect((await get("/?sort=custom.%22')%20or%201")).status).toBe(400)
  expect((await get("/leads.json?sort=custom.o'clock")).status).toBe(200)
})

test("files hold what is shown: the columns and their order, the filters, the sort", async () => {
  await add([
    { name: "Ada", title: "CTO", custom: { booth: "B4" } },
    { name: "Ben", title: "=1+1" },
    { name: "Cleo", status: "lost" },
  ])
  expect(await page("/leads.csv?cols=name,custom.booth,title&title!=&sort=name&dir=desc")).toBe(
    "name,custom.booth,title\r\nBen,,'=1+1\r\nAda,B4,CTO\r\n",
  )
  expect(await page("/leads.jsonl?cols=name,status&status=lost")).toBe('{"name":"Cleo","status":"lost"}\n')
  expect((await page("/leads.csv")).split("\r\n")[0]).toContain("id,name,title,company")
  const json = await (await get("/leads.json?cols=name,title&limit=1")).json()
  expect(json.rows).toEqual([{ id: 3, name: "Cleo", title: null }])
})

test("widths, the columns that stay in place and their order come from the address, and nonsense is left out", async () => {
  await add([{ name: "Ada", title: "CTO" }])
  const text = await page("/?cols=name,email,title&frozen=2&widths=email:300,title:nonsense,name:99999")
  expect(text).toContain('data-frozen="2"')
  expect(text).toMatch(
    /<col data-column="name" width="\d{2,3}"><col data-column="email" width="300"><col data-column="title"/,
  )
  expect(await page("/?frozen=9000")).toContain('data-frozen="4"')
})

/** A database too large to be read at once, as far as the viewer can tell. */
async function crowded(aside: Aside) {
  const at = morning
  await store.write(async (db) => {
    await db.run(
      `INSERT INTO changes (id, changeset_id, table_name, row_id, op, created_at) VALUES (60000, 1, 'none', 1, 'insert', '${at}')`,
    )
    await continueIds(db, ["changes"])
  })
  return createViewer({ store, host: [host], clock, aside })
}

test("where there are many rows, what has no index is read aside, and with the same answer", async () => {
  await add(Array.from({ length: 120 }, (_, nth) => ({ name: `Lead ${nth}`, email: `${nth}@larkspur.example` })))
  const withoutToken = (text: string) => text.replaceAll(/name="csrf" value="[^"]*"/g, "")
  const small = withoutToken(await page("/?sort=email&part=table"))
  const aside = openAside(store.place)
  const large = await crowded(aside)
  const ask = async (path: string) => large.request(path, { headers: { host } })
  expect(withoutToken(await (await ask("/?sort=email&part=table")).text())).toBe(small)
  expect((await (await ask("/leads.csv?sort=email&dir=desc")).text()).split("\r\n")).toHaveLength(122)
  expect(await (await ask("/leads/counts.json?title~=nobody")).json()).toMatchObject({ total: 0 })
  aside.close()
})

test("where there are many rows, the statistics and the duplicates say that they take a while, and are there afterwards", async () => {
  await add([
    { name: "Ada Lund", company: "Larkspur" },
    { name: "Ada Lund", company: "Larkspur" },
  ])
  const aside = openAside(store.place)
  const large = await crowded(aside)
  const ask = async (path: string) => (await large.request(path, { headers: { host } })).text()
  expect(await ask("/stats")).toContain('data-wait="/stats.json"')
  expect(JSON.parse(await ask("/stats.json")).leads).toBe(2)
  expect(await ask("/stats")).toContain("Together you are a")
  expect(await ask("/duplicates")).toContain('data-wait="/duplicates.json"')
  expect(JSON.parse(await ask("/duplicates.json")).duplicates).toHaveLength(1)
  expect(await ask("/duplicates")).toContain("Compare and merge")
  aside.close()
})

test("where there are many rows, the last counts are shown while new ones are made", async () => {
  await add([{ name: "Ada" }, { name: "Ben" }])
  const aside = openAside(store.place)
  const large = await crowded(aside)
  const counts = async () => (await large.request("/leads/counts.json", { headers: { host } })).json()
  expect(await counts()).toMatchObject({ total: 2 })
  await add([{ name: "Cleo" }])
  expect(await counts()).toMatchObject({ total: 2, isOld: true })
  await expect.poll(counts).toMatchObject({ total: 3 })
  expect(await counts()).not.toHaveProperty("isOld")
  aside.close()
})

test("what would take too long is said so instead", async () => {
  const late: Aside = { read: async () => ({ kind: "too slow" }), close() {} }
  const large = await crowded(late)
  const ask = async (path: string) => large.request(path, { headers: { host } })
  const html = await ask("/?sort=email")
  expect([html.status, await html.text()]).toEqual([200, expect.stringContaining("longer than 2 seconds")])
  const json = await ask("/leads.json?sort=email")
  expect([json.status, await json.json()]).toMatchObject([503, { error: { code: "too_slow" } }])
  expect((await ask("/leads.csv?sort=email")).status).toBe(503)
  expect(await (await ask("/leads/counts.json?title~=x")).json()).toEqual({ total: null, of: {}, most: null })
  expect((await ask("/?sort=name")).status).toBe(200)
})

test("a reading that takes longer than its limit is given up, and the next one is answered", async () => {
  const aside = openAside(store.place)
  expect(await aside.read("stats", { now: morning }, 0)).toEqual({ kind: "too slow" })
  expect(await aside.read("stats", { now: morning }, 10_000)).toMatchObject({ kind: "read", value: { leads: 0 } })
  aside.close()
})
