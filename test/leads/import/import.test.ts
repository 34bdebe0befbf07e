import { readdirSync } from "node:fs"
import { readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { sql } from "drizzle-orm"
import { expect, test } from "vitest"
import type { Store } from "../../../src/db/store.ts"
import { tables } from "../../../src/db/tables.ts"
import { editValue } from "../../../src/leads/edit.ts"
import { importLeads } from "../../../src/leads/import/import.ts"
import { openLeadFile } from "../../../src/leads/import/lead-file.ts"
import { previewImport } from "../../../src/leads/import/preview.ts"
import { openRefused, type RefusedRows } from "../../../src/leads/import/refused.ts"
import { mergeCompanies, mergeLeads } from "../../../src/leads/merge.ts"
import { suppress } from "../../../src/leads/suppress.ts"
import { undoChangeset } from "../../../src/leads/undo.ts"
import { emptyStore, everything, importedLead, later } from "../fixture.ts"
import { temporaryFile } from "./sample-files.ts"

const ada = { actor: "human:ada", kind: "edit" }

async function importFile(store: Store, path: string, onRefused: RefusedRows["add"] = async () => {}) {
  const file = await openLeadFile(path)
  if (file.kind === "refused") throw new Error(file.message)
  return importLeads(store, file.rows, {
    actor: "human:ada",
    source: file.source,
    note: "leads.csv",
    clock: () => later,
    onRefused,
  })
}

async function importText(store: Store, text: string) {
  return importFile(store, await temporaryFile(text))
}

async function counted(store: Store): Promise<number> {
  const [row] = await store.rows<{ n: number }>(sql`SELECT count(*) AS n FROM changes`)
  return row?.n ?? 0
}

const file = `Name,Job Title,Company,Email,LinkedIn,Phone,Notes,Shoe size
Mira Holm,Analyst,Northwind,mira@northwind.example,https://www.linkedin.com/in/mira-holm,+1 202 555 0101,Met in Oslo,42
Jonas Lind,CTO,Fjord Labs,,https://www.linkedin.com/in/jonas-lind,,,
Ines Prado,,Tailspin,ines@tailspin.example,,,,
`

test("importing the same file again changes not one row", async () => {
  const store = emptyStore()
  expect(await importText(store, file)).toMatchObject({ read: 3, made: 3, updated: 0, unchanged: 0 })
  const before = await everything(store)
  const changes = await counted(store)
  expect(await importText(store, file)).toMatchObject({ read: 3, made: 0, updated: 0, unchanged: 3, changeset: null })
  expect(await counted(store)).toBe(changes)
  expect(await everything(store)).toEqual(before)
  await store.close()
})

test("what a file says of a company stands on the company, is not overruled by the next row, and is taken back whole", async () => {
  const store = emptyStore()
  const companies = () => store.rows(sql`SELECT name, domain, linkedin_url, industry, size FROM companies ORDER BY id`)
  await importText(store, "Name,Company,Email\nMira Holm,Northwind,mira@northwind.example\nBo Lind,Fjord Labs,\n")
  const before = await everything(store)
  const text = `Name,Company,Email,Industry,# Employees,Company Website,Company Linkedin Url,Size
Mira Holm,Northwind,mira@northwind.example,Wind power,51-200,,https://linkedin.com/company/northwind,M
Ada Quill,Northwind,ada@northwind.example,Energy,60,,,L
Bo Lind,Fjord Labs,,Boats,11-50,https://fjord.example/about,,
Cy Dale,Tailspin,,Toys,2-10,,,
Di Dale,Tailspin,,Games,12,tailspin.example,,
Ed Free,,ed@free.example,Law,1,,,
`
  const path = await temporaryFile(text)
  const opened = await openLeadFile(path)
  if (opened.kind === "refused") throw new Error(opened.message)
  const preview = await previewImport(store, opened.rows, {
    ...{ actor: "human:ada", source: "file", note: "x.csv", clock: () => later },
  })
  expect(preview.examples.find(({ lead }) => lead === "Cy Dale")?.values).toEqual(
    expect.arrayContaining([
      { field: "company.industry", before: null, after: "Toys" },
      { field: "company.size", before: null, after: "2-10" },
    ]),
  )
  const { changeset, ...counts } = await importFile(store, path)
  expect(counts).toMatchObject({ made: 4, updated: 2, unchanged: 0 })
  expect(await companies()).toEqual([
    {
      ...{ name: "Northwind", domain: "northwind.example", linkedin_url: "https://www.linkedin.com/company/northwind" },
      ...{ industry: "Energy", size: "60" },
    },
    { name: "Fjord Labs", domain: "fjord.example", linkedin_url: null, industry: "Boats", size: "11-50" },
    { name: "Tailspin", domain: "tailspin.example", linkedin_url: null, industry: "Toys", size: "2-10" },
  ])
  const [free] = await store.rows<{ custom: string }>(sql`SELECT custom FROM leads WHERE name = 'Ed Free'`)
  expect(JSON.parse(free?.custom ?? "")).toMatchObject({ Industry: "Law", "# Employees": "1" })
  const changes = await counted(store)
  expect(await importFile(store, path)).toMatchObject({ made: 0, updated: 0, unchanged: 6, changeset: null })
  expect(await counted(store)).toBe(changes)
  await undoChangeset(store, ada, changeset ?? 0, { preview: false })
  expect(await everything(store)).toEqual(before)
  await store.close()
})

test("a newer file updates what changed and fills what was missing, but not what a person set or took away", async () => {
  const store = emptyStore()
  await importText(store, file)
  await editValue(store, ada, { entity: "lead", id: 1 }, { field: "company", value: "Northwind Robotics" }, later)
  await editValue(store, ada, { entity: "lead", id: 2 }, { field: "title", value: null }, later)
  const newer = `Name,Job Title,Company,Email,LinkedIn,Owner,Notes,Hat
Mira Holm,Head of Data,Contoso,mira@northwind.example,,ada,Called in May,7
Jonas Lind,CEO,Fjord Labs,jonas@fjord.example,https://www.linkedin.com/in/jonas-lind,,,
`
  expect(await importText(store, newer)).toMatchObject({ made: 0, updated: 2 })
  const [mira, jonas] = await store.read((db) => db.select().from(tables.leads))
  expect(mira).toMatchObject({
    title: "Head of Data",
    company: "Northwind Robotics",
    owner: "ada",
    custom: { "Shoe size": "42", Hat: "7" },
  })
  expect(jonas).toMatchObject({ title: null, email: "jonas@fjord.example" })
  expect(await store.rows(sql`SELECT text FROM timeline ORDER BY id`)).toEqual([
    { text: "Met in Oslo" },
    { text: "Called in May" },
  ])
  await store.close()
})

test("people are found by email, LinkedIn page, X handle, and by name with company however these are written", async () => {
  const store = emptyStore()
  await importText(store, file)
  const again = await importText(
    store,
    `Name,Company,Email,LinkedIn
M. H.,,MIRA@northwind.example,
J. Lind,,,linkedin.com/in/Jonas-Lind/
INES PRADO,Tailspin GmbH,,
`,
  )
  expect(again).toMatchObject({ made: 0, duplicates: 3 })
  await store.close()
})

test("a name written otherwise is the same in two files as in one", async () => {
  for (const [one, other] of [
    ["MIRA HOLM", "Mira Holm"],
    ["mira holm", "MIRA HOLM"],
    ["Mira Holm", "mira holm"],
  ]) {
    const store = emptyStore()
    await importText(store, `Name,Company\n${one},Fjord Labs\n`)
    expect(await importText(store, `Name,Company\n${other},Fjord Labs\n`), other).toMatchObject({ made: 0 })
    await store.close()
  }
})

test("strangers are not at one company because their websites are pages on one site", async () => {
  const store = emptyStore()
  await importText(
    store,
    `Name,Company,Website
Mira Holm,Fjord Labs,https://github.com/mira
Otto Brandt,Tailspin,https://github.com/otto
Noor Haddad,Northwind,https://www.linkedin.com/in/noor
Ines Prado,Wingtip,https://www.linkedin.com/in/ines
Bo Lind,Contoso,https://www.contoso.example/people/bo
`,
  )
  expect(await store.rows(sql`SELECT name, domain FROM companies ORDER BY id`)).toEqual([
    { name: "Fjord Labs", domain: null },
    { name: "Tailspin", domain: null },
    { name: "Northwind", domain: null },
    { name: "Wingtip", domain: null },
    { name: "Contoso", domain: "contoso.example" },
  ])
  await store.close()
})

test("an import that was undone brings its values anew when it is done again", async () => {
  const store = emptyStore()
  const values = () => store.rows(sql`SELECT title, phone, linkedin_url FROM leads`)
  await importText(store, "Name,Email\nMira Holm,mira@northwind.example\n")
  const text = `Name,Email,Title,Phone,LinkedIn
Mira Holm,mira@northwind.example,CTO,+1 202 555 0101,https://www.linkedin.com/in/mira-holm
`
  const { changeset } = await importText(store, text)
  const brought = await values()
  await undoChangeset(store, ada, changeset ?? 0, { preview: false })
  expect(await values()).toEqual([{ title: null, phone: null, linkedin_url: null }])
  expect(await importText(store, text)).toMatchObject({ updated: 1 })
  expect(await values()).toEqual(brought)
  await store.close()
})

test("what an import brought to a lead is no news for the lead that it was merged into", async () => {
  const store = emptyStore()
  const old = "Name,Email,Title,Company,Location\nM. Holm,mholm@old.example,Intern,Old Co,Bergen\n"
  await importText(store, old)
  await importText(store, "Name,Email,Title,Company,Location\nMira Holm,mira@fjord.example,CTO,Fjord Labs,Oslo\n")
  await mergeLeads(store, ada, 2, 1, later)
  const before = await everything(store)
  expect(await importText(store, old)).toMatchObject({ unchanged: 1, changeset: null })
  expect(await everything(store)).toEqual(before)
  await store.close()
})

test("a name that was merged leads to the lead, or the company, that it was merged into", async () => {
  const store = emptyStore()
  const text = "Name,Company,Title\nMira Holm,Fjord Labs,CTO\nHolm Mira,Fjord Laboratories,CTO\nMira H.,Fjord,CTO\n"
  await importText(store, text)
  for (const [keep, drop] of [
    [2, 3],
    [1, 2],
  ] as const) {
    await mergeLeads(store, ada, keep, drop, later)
    await mergeCompanies(store, ada, keep, drop, later)
  }
  // As redirects stand that were made one after another by somebody else.
  await store.change(ada, (db) => db.run(sql`UPDATE leads SET merged_into = 2 WHERE id = 3`))
  await store.change(ada, (db) => db.run(sql`UPDATE companies SET merged_into = 2 WHERE id = 3`))
  expect(await importText(store, text)).toMatchObject({ made: 0, unchanged: 3, changeset: null })
  await importText(store, "Name,Company\nOtto Brandt,Fjord Laboratories\nNoor Haddad,Fjord\n")
  await importText(store, "Name,Email,Company\nOtto Brandt,otto@northwind.example,Fjord Laboratories\n")
  const [otto] = await store.rows<{ id: number }>(sql`SELECT id FROM leads WHERE name = 'Otto Brandt'`)
  await editValue(store, ada, { entity: "lead", id: otto?.id ?? 0 }, { field: "company", value: "Fjord" }, later)
  expect(await store.rows(sql`SELECT name, company_id FROM leads WHERE merged_into IS NULL ORDER BY id`)).toEqual([
    { name: "Mira Holm", company_id: 1 },
    { name: "Otto Brandt", company_id: 1 },
    { name: "Noor Haddad", company_id: 1 },
  ])
  await store.close()
})

test("a row that names two leads by their addresses makes one of them, and undoing the import takes them apart", async () => {
  const store = emptyStore()
  const one = await importedLead(store, { name: "Mira Holm", email: "mira@northwind.example" })
  const two = await importedLead(store, { name: "M. Holm", linkedinUrl: "https://www.linkedin.com/in/mira-holm" })
  const before = await everything(store)
  const summary = await importText(store, file)
  expect(summary).toMatchObject({ made: 2, merged: [{ keep: one, drop: two }] })
  await undoChangeset(store, ada, summary.changeset ?? 0, { preview: false })
  expect(await everything(store)).toEqual(before)
  await store.close()
})

test("two leads with different pages on LinkedIn are not made one by a shared address", async () => {
  const store = emptyStore()
  await importedLead(store, {
    name: "Mira",
    email: "mira@northwind.example",
    linkedinUrl: "https://www.linkedin.com/in/other-mira",
  })
  await importedLead(store, { name: "Mira Holm", linkedinUrl: "https://www.linkedin.com/in/mira-holm" })
  expect(await importText(store, file)).toMatchObject({ merged: [] })
  await store.close()
})

test("whoever is suppressed is left out and reported, by address, page or domain", async () => {
  const store = emptyStore()
  const say = (who: string) => suppress(store, { actor: "human:ada", kind: "suppress" }, who, "They asked.", later)
  expect(await say("mira@northwind.example")).toMatchObject({ kind: "suppressed", added: [{ kind: "email" }] })
  expect(await say("https://linkedin.com/in/jonas-lind/")).toMatchObject({
    added: [{ kind: "linkedin", value: "jonas-lind" }],
  })
  expect(await say("tailspin.example")).toMatchObject({ added: [{ kind: "domain" }] })
  expect(await say("tailspin.example")).toMatchObject({ added: [] })
  expect(await say("somebody")).toMatchObject({ kind: "refused" })
  const summary = await importText(store, file)
  expect(summary.made).toBe(0)
  expect(summary.refused.map(({ line, reason }) => [line, reason])).toEqual([
    [2, "is suppressed (email mira@northwind.example)"],
    [3, "is suppressed (linkedin jonas-lind)"],
    [4, "is suppressed (domain tailspin.example)"],
  ])
  await store.close()
})

test("an address is suppressed with its mailbox: other tags of it, and Gmail's spellings, are the same person", async () => {
  const store = emptyStore()
  const say = (who: string) => suppress(store, { actor: "human:ada", kind: "suppress" }, who, "They asked.", later)
  await say("mira@northwind.example")
  await say("j.lind+crm@googlemail.com")
  const file =
    "name,email\nM,mira+crm@northwind.example\nN,mirador@northwind.example\nJ,jlind@gmail.com\nK,J.L.ind@gmail.com\n"
  expect(await importText(store, file)).toMatchObject({ made: 1, refused: [{ line: 2 }, { line: 4 }, { line: 5 }] })
  await store.close()
})

test("what suppress does not understand it refuses, and says what would work", async () => {
  const store = emptyStore()
  const say = (who: string) => suppress(store, { actor: "human:ada", kind: "suppress" }, who, "They asked.", later)
  for (const who of ["@acme.example", "*@beta.example", "https://www.gamma.example/about"])
    expect(await say(who)).toMatchObject({ added: [{ kind: "domain", value: /\w+\.example/.exec(who)?.[0] }] })
  const refused =
    "linkedin.com/company/acme github.com/ada https://www.linkedin.com/sales/lead/ACwAAB,N x.com/home *.acme.example"
  for (const who of [...refused.split(" "), "a*@acme.example"]) {
    expect(await say(who)).toMatchObject({ kind: "refused", reason: expect.stringMatching(/ Give /) })
  }
  await store.close()
})

test("whoever a file says must not be contacted is imported once, and suppressed", async () => {
  const store = emptyStore()
  const optedOut = "Name,Email,Do not contact\nMira Holm,mira@northwind.example,yes\n"
  expect(await importText(store, optedOut)).toMatchObject({ made: 1 })
  expect(await store.rows(sql`SELECT kind, value FROM suppressions`)).toEqual([
    { kind: "email", value: "mira@northwind.example" },
  ])
  const changes = await counted(store)
  expect(await importText(store, optedOut)).toMatchObject({ made: 0, refused: [{ line: 2 }] })
  expect(await counted(store)).toBe(changes)
  await store.close()
})

test("refused rows stand in a file beside the input, and can be mended and imported again", async () => {
  const store = emptyStore()
  const path = await temporaryFile(
    'Name,Email,Team\nMira Holm,mira@northwind.example,"North, East"\n,,South\n,nobody,West\n',
  )
  const refused = openRefused(path)
  const summary = await importFile(store, path, refused.add)
  expect(summary).toMatchObject({ made: 1, refusedRows: 2, refused: [{ line: 3 }, { line: 4 }] })
  const written = join(dirname(path), "leads.refused.csv")
  expect(await refused.end()).toEqual({ kind: "written", path: written })
  const text = await readFile(written, "utf8")
  const reason = "has no name and nothing to recognise a person by"
  expect(text).toBe(`Name,Email,Team,Refused because\r\n,,South,${reason}\r\n,nobody,West,${reason}\r\n`)
  await writeFile(written, text.replace(",nobody", "Ines Prado,ines@tailspin.example"))
  expect(await importFile(store, written)).toMatchObject({ made: 1, refused: [{ line: 2 }] })
  const [, ines] = await store.read((db) => db.select().from(tables.leads))
  expect(ines).toMatchObject({ name: "Ines Prado", custom: { Team: "West" } })
  expect(await openRefused(path).end()).toEqual({ kind: "none" })
  const nowhere = openRefused(join(path, "x.csv"))
  await nowhere.add(summary.refused)
  expect(await nowhere.end()).toMatchObject({ kind: "unwritable" })
  await store.close()
})

test("a preview says exactly what the import then does, and leaves nothing behind", async () => {
  const store = emptyStore()
  await importText(store, file)
  const before = await everything(store)
  const path = await temporaryFile(
    "Name,Job Title,Email\nMira Holm,Head of Data,mira@northwind.example\nOtto,,otto@x.example\n,,\n,a,\n",
  )
  const opened = await openLeadFile(path)
  if (opened.kind === "refused") throw new Error(opened.message)
  const options = { actor: "human:ada", source: "file", note: "x.csv", clock: () => later }
  const { summary, examples } = await previewImport(store, opened.rows, options)
  expect(await everything(store)).toEqual(before)
  expect(readdirSync(store.home).filter((name) => name.includes("preview"))).toEqual([])
  expect(examples).toEqual([
    {
      kind: "made",
      lead: "Otto",
      values: expect.arrayContaining([{ field: "email", before: null, after: "otto@x.example" }]),
    },
    { kind: "updated", lead: "Mira Holm", values: [{ field: "title", before: "Analyst", after: "Head of Data" }] },
  ])
  const done = await importLeads(store, opened.rows, options)
  expect({ ...done, changeset: null }).toEqual(summary)
  await store.close()
})
