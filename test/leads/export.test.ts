import { sql } from "drizzle-orm"
import { expect, test } from "vitest"
import type { JsonObject } from "../../src/db/json.ts"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { defineField } from "../../src/leads/custom-fields.ts"
import { tellApart } from "../../src/leads/distinctions.ts"
import { editValue } from "../../src/leads/edit.ts"
import { type ExportFormat, exportAll, exportedTables } from "../../src/leads/export.ts"
import { leadQuery } from "../../src/leads/find.ts"
import { isExport } from "../../src/leads/import/export-file.ts"
import { importExport } from "../../src/leads/import/from-export.ts"
import { importLeads } from "../../src/leads/import/import.ts"
import { openLeadFile } from "../../src/leads/import/lead-file.ts"
import { learn } from "../../src/leads/learn.ts"
import { mergeLeads } from "../../src/leads/merge.ts"
import { differences } from "../../src/leads/replay.ts"
import { suppress } from "../../src/leads/suppress.ts"
import { addToTimeline } from "../../src/leads/timeline.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { at, emptyStore, importedLead, later, profilePage } from "./fixture.ts"
import { temporaryFile } from "./import/sample-files.ts"

const ada = { actor: "human:ada", kind: "edit" }
const url = "https://www.linkedin.com/in/mira-holm"

async function aHome() {
  const store = emptyStore()
  await store.change({ actor: "human:ada", kind: "import" }, (db) =>
    db.insert(tables.companies).values({ name: "Northwind", nameKey: "northwind", createdAt: at, updatedAt: at }),
  )
  const mira = await importedLead(store, {
    name: 'Mira "M" Holm',
    linkedinUrl: url,
    companyId: 1,
    company: "Northwind",
    value: 0.1,
  })
  const hostile = await importedLead(store, {
    name: "=cmd()",
    phone: "+15550100",
    custom: { "Shoe, size": "-42", Team: "North\nEast" },
  })
  const double = await importedLead(store, { name: "M. Holm", email: "mira@northwind.example" })
  const evidence = await profilePage(store, {
    url,
    text: "Head of Data\u2028at Northwind",
    fields: { title: "Head of Data" },
    quotes: { title: "Head of Data" },
  })
  const run = { agent: "enricher", model: "m", prompt: "p", person: "human:ada", startedAt: at }
  await store.write((db) => db.insert(tables.runs).values(run))
  await learn(
    store,
    { actor: "agent:enricher", kind: "run", runId: 1 },
    { entity: "lead", id: mira },
    [{ field: "title", value: "Head of Data", evidence }],
    later,
  )
  await defineField(store, ada, { entity: "lead", name: "tier", type: "choice", choices: ["Gold"] }, later)
  await editValue(store, ada, { entity: "lead", id: hostile }, { field: "tier", value: "gold" }, later)
  await editValue(store, ada, { entity: "lead", id: mira }, { field: "location", value: null }, later)
  await mergeLeads(store, { actor: "human:ada", kind: "merge" }, mira, double, later)
  await addToTimeline(store, ada, mira, { kind: "note", text: "Line one\nline two" }, later)
  await suppress(store, ada, "old.example", "They asked", later)
  return { store, mira, hostile }
}

async function textOf(
  store: Store,
  format: ExportFormat,
  where: Record<string, string> | null = null,
): Promise<string> {
  const query = where ? leadQuery.parse({ where }) : null
  return (await Array.fromAsync(exportAll(store, format, query))).join("")
}

async function allRows(store: Store) {
  const rows = exportedTables().map(async (table) => [
    table,
    await store.rows<JsonObject>(sql`SELECT * FROM ${sql.identifier(table)} ORDER BY id`),
  ])
  return Object.fromEntries(await Promise.all(rows))
}

test.each(["json", "jsonl"] as const)(
  "a %s export, imported into an empty home, gives every row back under its id",
  async (format) => {
    const { store } = await aHome()
    const text = await textOf(store, format)
    const path = await temporaryFile(text, `export.${format}`)
    expect(await isExport(path)).toBe(true)
    const other = emptyStore()
    const author = { actor: "human:ada", kind: "import", note: "export" }
    expect(await importExport(other, author, path)).toMatchObject({ kind: "restored", rows: { leads: 3, facts: 4 } })
    expect(await allRows(other)).toEqual(await allRows(store))
    expect(await Array.fromAsync(differences(other))).toEqual([])
    expect(await textOf(other, format)).toBe(text)
    const next = await importedLead(other, { name: "Next" })
    expect(next).toBe(4)
    expect(await importExport(other, author, path)).toMatchObject({ kind: "refused", code: "home_in_use" })
    await Promise.all([store.close(), other.close()])
  },
)

test("an export is of one moment, whoever is imported while it is read", async () => {
  const store = emptyStore()
  await importedLead(store, { name: "Mira Holm", email: "mira@fjord.example" })
  let text = ""
  for await (const piece of exportAll(store, "jsonl", null)) {
    if (text === "") {
      const otto = await importedLead(store, { name: "Otto Brandt", email: "otto@x.example" })
      await addToTimeline(store, ada, otto, { kind: "note", text: "Hello" }, later)
    }
    text += piece
  }
  const [, ...exported] = text.trim().split("\n")
  expect(exported.map((line) => JSON.parse(line).table)).toEqual(["leads", "identities"])
  await store.close()
})

test("an export that names somebody who is not in it is refused, and nothing is changed", async () => {
  const { store, hostile } = await aHome()
  const lines = (await textOf(store, "jsonl")).split("\n")
  const without = lines.filter((line) => !line.startsWith(`{"table":"leads","row":{"id":${hostile},`))
  const other = emptyStore()
  expect(await importExport(other, ada, await temporaryFile(without.join("\n"), "export.jsonl"))).toMatchObject({
    kind: "refused",
    code: "bad_export",
    message: expect.stringMatching(/^\w+ \d+ names leads 2, which is not in the file\.$/),
  })
  expect(Object.values(await allRows(other)).flat()).toEqual([])
  await Promise.all([store.close(), other.close()])
})

test("new rows of a restored home take no number that was given in the other one", async () => {
  const { store, mira } = await aHome()
  const path = await temporaryFile(await textOf(store, "jsonl", { "title~": "data" }), "export.jsonl")
  const other = emptyStore()
  await importExport(other, ada, path)
  const run = { agent: "enricher", model: "m", prompt: "p", person: "human:ada", startedAt: at }
  await other.write((db) => db.insert(tables.runs).values(run))
  const learned = sql`SELECT id, (SELECT id FROM runs) AS run FROM facts WHERE entity_id = ${mira} AND run_id = 1`
  expect(await other.rows(learned)).toMatchObject([{ run: 2 }])
  expect(await importedLead(other, { name: "Next" })).toBe(4)
  await Promise.all([store.close(), other.close()])
})

test("what an undo or a cut left of an export is no hindrance to importing it again", async () => {
  const { store } = await aHome()
  const text = await textOf(store, "jsonl")
  const path = await temporaryFile(text, "export.jsonl")
  const other = emptyStore()
  const restored = await importExport(other, ada, path)
  if (restored.kind !== "restored" || restored.changeset === null) throw new Error("It was not restored.")
  await undoChangeset(other, { actor: "human:ada" }, restored.changeset, { preview: false })
  const { leads, runs } = await allRows(other)
  expect([leads, runs.length]).toEqual([[], 1])
  expect(await importExport(other, ada, path)).toMatchObject({ kind: "restored", rows: { leads: 3 } })
  expect(await allRows(other)).toEqual(await allRows(store))
  expect(await importExport(other, ada, path)).toEqual({ kind: "restored", rows: {}, changeset: null })

  const third = emptyStore()
  const cut = text.slice(0, text.indexOf('{"table":"timeline"'))
  await importExport(third, ada, await temporaryFile(cut, "export.jsonl"))
  expect(await importExport(third, ada, path)).toMatchObject({ kind: "restored", rows: { timeline: 1, runs: 1 } })
  expect(await allRows(third)).toEqual(await allRows(store))
  await Promise.all([store.close(), other.close(), third.close()])
})

test("a JSON export is one document that any program reads", async () => {
  const { store } = await aHome()
  const document = JSON.parse(await textOf(store, "json"))
  expect(document.leads[0]).toMatchObject({ name: 'Mira "M" Holm', linkedin_url: url, value: 0.1 })
  expect(document.leads[1].custom).toEqual({ "Shoe, size": "-42", Team: "North\nEast", tier: "Gold" })
  expect(document.evidence[0].reading.fields).toEqual({ title: "Head of Data" })
  await store.close()
})

test("a CSV export has the leads with their current values, no formula, and comes in again", async () => {
  const { store } = await aHome()
  const text = await textOf(store, "csv")
  expect(text.split("\r\n").slice(0, 3)).toEqual([
    'id,name,title,company,email,phone,linkedin_url,x_handle,location,status,value,score,owner,source,enriched_at,created_at,updated_at,"Shoe, size",Team,tier',
    `1,"Mira ""M"" Holm",Head of Data,Northwind,mira@northwind.example,,${url},,,new,0.1,,,,${later.toISOString()},${at},${later.toISOString()},,,`,
    `2,'=cmd(),,,,'+15550100,,,,new,,,,,,${at},${later.toISOString()},'-42,"North\nEast",Gold`,
  ])
  const file = await openLeadFile(await temporaryFile(text))
  if (file.kind === "refused") throw new Error(file.message)
  const other = emptyStore()
  await importLeads(other, file.rows, { actor: "human:ada", source: "file", note: "x", clock: () => later })
  const [mira] = await other.read((db) => db.select().from(tables.leads))
  expect(mira).toMatchObject({
    name: 'Mira "M" Holm',
    title: "Head of Data",
    email: "mira@northwind.example",
    value: 0.1,
  })
  await Promise.all([store.close(), other.close()])
})

test("an export of some leads has what belongs to them and nothing of others", async () => {
  const { store, hostile, mira } = await aHome()
  await tellApart(store, ada, "lead", hostile, mira, later)
  const document = JSON.parse(await textOf(store, "json", { "custom.tier": "Gold" }))
  expect(document.leads.map((lead: { id: number }) => lead.id)).toEqual([hostile])
  expect(document.facts.map((fact: { field: string }) => fact.field)).toEqual(["tier"])
  const { companies, evidence, timeline, runs, distinctions } = document
  expect([companies, evidence, timeline, runs, distinctions]).toEqual([[], [], [], [], []])
  expect((await textOf(store, "csv", { "title~": "data" })).split("\r\n")).toHaveLength(3)
  await store.close()
})

test("a file that was tampered with is refused, and nothing of it stays", async () => {
  const { store } = await aHome()
  const lines = (await textOf(store, "jsonl")).split("\n")
  const bad = async (line: string, at = 1) => {
    const other = emptyStore()
    const path = await temporaryFile([...lines.slice(0, at), line, ...lines.slice(at)].join("\n"), "export.jsonl")
    const restored = await importExport(other, ada, path)
    const { leads, evidence, runs } = await allRows(other)
    await other.close()
    return [restored.kind === "refused" && restored.code, leads.length + evidence.length + runs.length]
  }
  expect(await bad('{"table":"leads","row":{"id":9}}')).toEqual(["bad_export", 0])
  expect(await bad('{"table":"leads","row":')).toEqual(["bad_export", 0])
  expect(await bad('{"rows":[]}')).toEqual(["bad_export", 0])
  const twice = lines.findLast((line) => line.includes('"table":"identities"'))
  expect(await bad(`${twice?.replace(/"id":\d+/, '"id":99')}`, lines.length - 1)).toEqual(["bad_export", 0])
  expect(await bad(`${twice}`, lines.length - 1)).toEqual(["bad_export", 0])
  const answered = '{"table":"questions","row":{"id":1,"answer":"approved"}}'
  expect(await bad(answered)).toEqual([false, 5])
  const newer = await temporaryFile('{"smallgiant":99}\n', "export.jsonl")
  expect(await importExport(store, ada, newer)).toMatchObject({ kind: "refused" })
  expect(await isExport(await temporaryFile('[{"name":"Mira"}]', "leads.json"))).toBe(false)
  expect(store.home).toContain("giant-leads")
  await store.close()
})
