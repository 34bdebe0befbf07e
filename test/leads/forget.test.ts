import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { getTableColumns, getTableName, sql } from "drizzle-orm"
import { expect, test } from "vitest"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { backUp } from "../../src/leads/backup.ts"
import { examine } from "../../src/leads/doctor.ts"
import { editValue } from "../../src/leads/edit.ts"
import { forgetLead } from "../../src/leads/forget.ts"
import { homeKey } from "../../src/leads/home-key.ts"
import { importLeads } from "../../src/leads/import/import.ts"
import { openLeadFile } from "../../src/leads/import/lead-file.ts"
import { learn } from "../../src/leads/learn.ts"
import { mergeLeads } from "../../src/leads/merge.ts"
import { transcripts } from "../../src/leads/person-runs.ts"
import { addReminder } from "../../src/leads/reminders.ts"
import { isSuppressed, OtherHomeKey, suppress } from "../../src/leads/suppress.ts"
import { addToTimeline } from "../../src/leads/timeline.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { at, emptyStore, importedLead, later, profilePage } from "./fixture.ts"
import { temporaryFile } from "./import/sample-files.ts"

const ada = { actor: "human:ada", kind: "edit" }
const run = { actor: "agent:enricher", kind: "run", runId: 1 }
const url = "https://www.linkedin.com/in/zoe-quillfeather"
const name = "Zoë Quillfeather"
/** Everything that must not be in any file afterwards, however JSON writes it. */
const traces = [name, "Zo\\u00eb", "Quillfeather", "quillfeather", "zoeq", "5550177", "Zoë", "zoe@"]

async function zoeAmongOthers() {
  const store = emptyStore()
  const home = store.home
  const zoe = await importedLead(store, {
    name,
    email: "zoe@quillfeather.example",
    phone: "+15555550177",
    linkedinUrl: url,
    xHandle: "zoeq",
    company: "Fjord Labs",
    companyId: 1,
  })
  const mira = await importedLead(store, {
    name: "Mira Holm",
    linkedinUrl: "https://www.linkedin.com/in/mira-holm",
    companyId: 1,
  })
  await store.change({ actor: "human:ada", kind: "import" }, (db) =>
    db.insert(tables.companies).values({ name: "Fjord Labs", domain: "fjord.example", createdAt: at, updatedAt: at }),
  )
  mkdirSync(join(home, "captures", "2026-11-01"), { recursive: true })
  for (const file of ["own", "team"]) writeFileSync(join(home, "captures", "2026-11-01", `${file}.html.gz`), name)

  const own = await profilePage(store, {
    url,
    text: `${name}\nHead of Kites`,
    fields: { title: "Head of Kites" },
    quotes: { title: "Head of Kites" },
  })
  await store.write(async (db) => {
    await db.update(tables.evidence).set({ capture: "2026-11-01/own.html.gz", runId: 1 })
    const team = {
      url: "https://fjord.example/team",
      kind: "company.site",
      outcome: "found",
      capturedAt: at,
      sha256: "",
      capture: "2026-11-01/team.html.gz",
    }
    const text = `Our team: ${name}, Mira Holm. We make kites in Oslo. Zoë QUILLFEATHER (zoe@quillfeather.example, @zoeq).`
    await db.insert(tables.evidence).values({ ...team, text, reading: { fields: { people: [name] } } })
    const began = { agent: "enricher", model: "m", person: "human:ada", startedAt: at, endedAt: at }
    await db.insert(tables.runs).values([
      { ...began, prompt: `Enrich ${name}`, leadId: zoe, summary: "Learned her title" },
      { ...began, prompt: "Who works at Fjord Labs?", summary: "Two people" },
      { ...began, prompt: "How many leads are there?", summary: "Two" },
    ])
    await db.insert(tables.messages).values([
      { runId: 1, role: "user", content: "Enrich her", createdAt: at },
      {
        runId: 2,
        role: "assistant",
        content: [{ type: "text", text: "Zo\u00eb  Quillfeather and Mira" }],
        createdAt: at,
      },
      { runId: 3, role: "assistant", content: "Two leads", createdAt: at },
    ])
    const called = { effect: "read", verdict: "allowed", reason: "granted", createdAt: at } as const
    await db.insert(tables.calls).values([
      { ...called, runId: 2, action: "leads.find", arguments: [{ q: name }] },
      { ...called, runId: 3, action: "leads.find", arguments: [] },
    ])
    await db.insert(tables.tasks).values({
      kind: "enrich",
      leadId: zoe,
      state: "done",
      runId: 1,
      outcome: `Read ${name}`,
      notBefore: at,
      createdAt: at,
      updatedAt: at,
    })
    await db.insert(tables.spends).values({ account: "linkedin:team", kind: "linkedin.profile", url, at })
  })
  await learn(
    store,
    run,
    { entity: "lead", id: zoe },
    [{ field: "title", value: "Head of Kites", evidence: own }],
    later,
  )
  await learn(
    store,
    { ...run, runId: 3 },
    { entity: "company", id: 1 },
    [
      { field: "location", value: "Oslo", evidence: 2, quote: "We make kites in Oslo" },
      { field: "description", value: `Home of ${name}`, reason: `a guess about ${name}` },
    ],
    later,
  )
  await editValue(store, ada, { entity: "lead", id: zoe }, { field: "name", value: "Zoë Quillfeather-Lind" }, later)
  await addToTimeline(store, ada, zoe, { kind: "note", text: `${name} likes kites` }, later)
  await addToTimeline(store, ada, mira, { kind: "note", text: `Introduced by ${name}\nnext week` }, later)
  await addReminder(store, ada, zoe, { text: "Write to her", dueAt: later, person: "human:ada" }, later)
  await beyondLeads(store, zoe, mira)
  await suppress(store, { actor: "human:ada", kind: "suppress" }, "zoe@quillfeather.example", "She asked", later)
  return { store, home, zoe, mira, options: { homeKey: homeKey(home), home, now: later } }
}

/** What outreach, interfaces, recipes and memory know of her. */
async function beyondLeads(store: Store, zoe: number, mira: number): Promise<void> {
  const times = { createdAt: at, updatedAt: at }
  const words = {
    channel: "email",
    recipient: "zoe@quillfeather.example",
    subject: "Kites",
    body: `Hi ${name}`,
  } as const
  const written =
    "Z. Quillfeather, and Zoe%CC%88%20QUILLFEATHER, or Zo%C3%AB+Quillfeather, or zoe%40quillfeather.example"
  await store.change(ada, async (db) => {
    await db.insert(tables.drafts).values([
      { ...words, ...times, leadId: zoe, author: "agent:writer", runId: 1, state: "sent" },
      {
        ...words,
        ...times,
        leadId: mira,
        recipient: "mira-holm",
        body: `${name} told me of you`,
        author: "agent:writer",
      },
    ])
    const yes = { draftId: 1, leadId: zoe, person: "human:ada", seal: "00", expiresAt: at, usedAt: at, createdAt: at }
    await db.insert(tables.approvals).values({ ...yes, voidReason: `${name} moved` })
    await db.insert(tables.sends).values({
      ...{ ...words, draftId: 1, leadId: zoe, approvalId: 1, outcome: "sent", person: "human:ada", startedAt: at },
    })
    await db.insert(tables.views).values({ owner: "human:ada", title: `All of ${name}`, ...times })
    await db.insert(tables.bookmarks).values([
      { owner: "human:ada", name: "Her", path: "/?q=Zo%C3%AB+Quillfeather", createdAt: at },
      { owner: "human:ada", name: "Hers", path: "/?email=zoe%40quillfeather.example", createdAt: at },
    ])
    const recipe = { name: "kites", version: 1, purpose: `As for ${name}`, actions: [], author: "human:ada" }
    const script = `await leads.find({ q: ${JSON.stringify(name)} })`
    await db.insert(tables.recipes).values({ ...recipe, ...times, script, inputs: { who: name }, state: "accepted" })
    const due = { cron: "0 9 * * *", zone: "UTC", person: "human:ada", nextAt: at, createdAt: at }
    await db
      .insert(tables.schedules)
      .values({ ...due, words: `Each morning, ask after ${name}`, prompt: `Ask after ${name}` })
    const memory = { owner: "team", text: `${name} dislikes calls`, source: "human:ada", state: "accepted" } as const
    await db.insert(tables.memories).values({ ...memory, ...times })
    const pair = { entity: "lead", oneId: zoe, otherId: mira, actor: "human:ada", createdAt: at } as const
    await db.insert(tables.distinctions).values(pair)
  })
  await store.write(async (db) => {
    const version = { viewId: 1, version: 1, kind: "html", prompt: written.slice(17), createdAt: at } as const
    await db
      .insert(tables.viewVersions)
      .values({ ...version, manifest: { title: name }, html: `<b>${name}</b>`, rights: [] })
    await db.insert(tables.viewStates).values({ viewId: 1, person: "human:ada", state: { q: name }, updatedAt: at })
  })
}

function filesWith(folder: string, texts: string[]): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((path) => {
      const raw = readFileSync(path)
      const escaped = JSON.stringify(texts)
      const forms = [...texts, ...JSON.parse(escaped), ...texts.map((text) => text.normalize("NFD"))]
      return forms.filter((text) => raw.includes(text)).map((text) => `${path}: ${text}`)
    })
}

async function problems(store: Store): Promise<string[]> {
  const found: string[] = []
  for await (const finding of examine(store, { home: store.home, now: later })) {
    if (finding.level === "problem") found.push(finding.message)
  }
  return found
}

test("nothing of a forgotten person is left in any file of the home, also not in a backup", async () => {
  const { store, home, zoe, mira, options } = await zoeAmongOthers()
  const backup = join(home, "backups", "monday.db")
  mkdirSync(dirname(backup))
  await backUp(store, { home, file: backup, now: later })
  expect(filesWith(home, traces).length).toBeGreaterThan(5)

  const done = await forgetLead(store, { actor: "human:ada" }, zoe, options)
  expect(done).toMatchObject({
    kind: "forgotten",
    leads: [zoe],
    captures: 2,
    remains: "erased",
    backups: { rewritten: [backup], missing: [] },
  })
  expect(filesWith(home, traces)).toEqual([])
  await store.close()
  expect(filesWith(home, traces)).toEqual([])
  expect(existsSync(join(home, "captures", "2026-11-01", "own.html.gz"))).toBe(false)
  expect(statSync(backup).mode & 0o077).toBe(0)
  expect(mira).toBe(2)
})

test("what a forgotten person was written goes; what others wrote of them loses the name", async () => {
  const { store, zoe, options } = await zoeAmongOthers()
  await forgetLead(store, { actor: "human:ada" }, zoe, options)
  expect(await store.rows(sql`SELECT lead_id, body FROM drafts`)).toEqual([
    { lead_id: 2, body: "[forgotten] told me of you" },
  ])
  for (const table of ["approvals", "sends", "distinctions"])
    expect(await store.rows(sql`SELECT id FROM ${sql.identifier(table)}`)).toEqual([])
  expect(await store.rows(sql`SELECT text FROM memories`)).toEqual([{ text: "[forgotten] dislikes calls" }])
  expect(await store.rows(sql`SELECT path FROM bookmarks`)).toEqual([
    { path: "/?q=[forgotten]" },
    { path: "/?email=[forgotten]" },
  ])
  expect(await store.rows(sql`SELECT script, inputs FROM recipes`)).toEqual([
    { script: 'await leads.find({ q: "[forgotten]" })', inputs: '{"who":"[forgotten]"}' },
  ])
  expect(await problems(store)).toEqual([])
  await store.close()
})

test("what is known of others stays, as far as its proof stays", async () => {
  const { store, zoe, options } = await zoeAmongOthers()
  await forgetLead(store, { actor: "human:ada" }, zoe, options)
  const [company] = await store.read((db) => db.select().from(tables.companies))
  expect(company).toMatchObject({ name: "Fjord Labs", location: "Oslo", description: "Home of [forgotten]" })
  const [page] = await store.read((db) => db.select().from(tables.evidence))
  expect(page?.text).toBe(
    "Our team: [forgotten], Mira Holm. We make kites in Oslo. [forgotten] ([forgotten], [forgotten]).",
  )
  expect(await store.rows(sql`SELECT text FROM timeline`)).toEqual([{ text: "Introduced by [forgotten]\nnext week" }])
  const runs = await store.read((db) => db.select().from(tables.runs))
  expect(runs.map(({ prompt, summary, leadId }) => [prompt, summary, leadId])).toEqual([
    ["[forgotten]", null, null],
    ["[forgotten]", null, null],
    ["How many leads are there?", "Two", null],
  ])
  expect(await store.rows(sql`SELECT run_id FROM messages`)).toEqual([{ run_id: 3 }])
  expect(await store.rows(sql`SELECT run_id FROM calls`)).toEqual([{ run_id: 3 }])
  expect(await problems(store)).toEqual([])
  await store.close()
})

test("a forgotten person is not imported again, nor contacted when somebody types the address in", async () => {
  const { store, zoe, options } = await zoeAmongOthers()
  await forgetLead(store, { actor: "human:ada" }, zoe, options)
  const kinds = await store.rows(sql`SELECT DISTINCT kind, reason FROM suppressions`)
  expect(kinds).toEqual([{ kind: "hash", reason: "Forgotten." }])
  const file = await openLeadFile(
    await temporaryFile(
      "Name,Email,LinkedIn,Company\nZ.,ZOE@quillfeather.example,,\nZoe,,linkedin.com/in/zoe-quillfeather,\nMira,mira@fjord.example,,\nZ.,zoe+crm@quillfeather.example,,\n",
    ),
  )
  if (file.kind === "refused") throw new Error(file.message)
  const summary = await importLeads(store, file.rows, {
    actor: "human:ada",
    source: "file",
    note: "x.csv",
    clock: () => later,
  })
  expect(summary).toMatchObject({ made: 1, refused: [{ line: 2 }, { line: 3 }, { line: 5 }] })
  expect(summary.refused[0]?.reason).toBe("is suppressed (a person who was forgotten)")
  const typed = await importedLead(store, { email: "zoe@quillfeather.example" })
  expect(await store.read((db) => isSuppressed(db, typed, () => options.homeKey))).toMatchObject({ kind: "hash" })
  const otherKey = () => "another key of another home"
  await expect(store.read((db) => isSuppressed(db, typed, otherKey))).rejects.toThrow(OtherHomeKey)
  await expect(forgetLead(store, { actor: "human:ada" }, typed, { ...options, homeKey: otherKey() })).rejects.toThrow(
    OtherHomeKey,
  )
  await store.close()
})

test("those who had been merged into the person go too, and their older names", async () => {
  const { store, home, zoe, options } = await zoeAmongOthers()
  const other = await importedLead(store, { name: "Zoey Featherquill", email: "zoey@other.example" })
  await mergeLeads(store, { actor: "human:ada", kind: "merge" }, zoe, other, later)
  expect(await forgetLead(store, { actor: "human:ada" }, other, options)).toMatchObject({ leads: [zoe, other] })
  expect(filesWith(home, [...traces, "Featherquill", "zoey"])).toEqual([])
  await store.close()
})

test("a namesake keeps the name", async () => {
  const { store, zoe, options } = await zoeAmongOthers()
  const namesake = await importedLead(store, { name })
  await addToTimeline(
    store,
    ada,
    namesake,
    { kind: "note", text: `${name} called; the other one is zoe@quillfeather.example` },
    later,
  )
  await forgetLead(store, { actor: "human:ada" }, zoe, options)
  expect(await store.rows(sql`SELECT text FROM timeline WHERE lead_id = ${namesake}`)).toEqual([
    { text: `${name} called; the other one is [forgotten]` },
  ])
  await store.close()
})

test("forgetting is refused while an agent is at work on the lead, and cannot be undone", async () => {
  const { store, zoe, options } = await zoeAmongOthers()
  await store.write((db) => db.update(tables.tasks).set({ state: "leased" }))
  expect(await forgetLead(store, { actor: "human:ada" }, zoe, options)).toMatchObject({ kind: "refused" })
  await store.write((db) => db.update(tables.tasks).set({ state: "done" }))
  await forgetLead(store, { actor: "human:ada" }, zoe, options)
  const [changeset] = await store.rows<{ id: number }>(sql`SELECT id FROM changesets WHERE kind = 'forget'`)
  expect(await undoChangeset(store, ada, changeset?.id ?? 0, { preview: false })).toMatchObject({ kind: "refused" })
  expect(await forgetLead(store, { actor: "human:ada" }, zoe, options)).toMatchObject({ kind: "refused" })
  await store.close()
})

test("a forgetting that was cut off is told by the doctor, and finished by forgetting again", async () => {
  const { store, zoe, options } = await zoeAmongOthers()
  await forgetLead(store, { actor: "human:ada" }, zoe, options)
  const left = join(store.home, "captures", "2026-11-01", "own.html.gz")
  writeFileSync(left, name)
  await store.write((db) =>
    db
      .update(tables.changesets)
      .set({ note: `lead ${zoe}: traces remain\n2026-11-01/own.html.gz` })
      .where(sql`kind = 'forget'`),
  )
  expect(await problems(store)).toEqual([`Forgetting lead ${zoe} was cut off.`])
  expect(await forgetLead(store, { actor: "human:ada" }, zoe, options)).toMatchObject({ kind: "forgotten" })
  expect(existsSync(left)).toBe(false)
  expect(await problems(store)).toEqual([])
  await store.close()
})

const mira = {
  name: "Mira Holm",
  company: "Fjord Labs",
  email: "mira@holm.example",
  phone: "+4722334455",
  linkedinUrl: "https://www.linkedin.com/in/mira-holm-oslo",
  xHandle: "miraho",
}
const tracesOfMira = ["Mira", "mira@holm", "4722334455", "mira-holm-oslo", "miraho", "sick leave"]

function forgetting(store: Store) {
  const options = { homeKey: homeKey(store.home), home: store.home, now: later }
  return (id: number) => forgetLead(store, { actor: "human:ada" }, id, options)
}

async function undoLast(store: Store): Promise<number> {
  const [last] = await store.rows<{ id: number }>(sql`SELECT max(id) AS id FROM changesets`)
  const undone = await undoChangeset(store, ada, last?.id ?? 0, { preview: false })
  return undone.kind === "undone" ? (undone.plan.undoneBy ?? 0) : 0
}

test("what an undo removed is forgotten too, and no undo brings it back", async () => {
  const store = emptyStore()
  const first = await importedLead(store, mira)
  const undo = await undoLast(store)
  const second = await importedLead(store, mira)
  await addToTimeline(store, ada, second, { kind: "note", text: "She is on sick leave" }, later)
  await undoLast(store)
  await editValue(store, ada, { entity: "lead", id: second }, { field: "email", value: null }, later)
  expect(await forgetting(store)(first)).toMatchObject({
    kind: "refused",
    hint: `giant forget ${second} forgets both.`,
  })
  expect(await forgetting(store)(second)).toMatchObject({ kind: "forgotten", leads: [second, first] })
  await undoChangeset(store, ada, undo, { preview: false })
  expect(await store.rows(sql`SELECT id FROM leads`)).toEqual([])
  expect(filesWith(store.home, tracesOfMira)).toEqual([])

  const third = await importedLead(store, mira)
  await undoLast(store)
  expect(await forgetting(store)(third)).toMatchObject({ kind: "forgotten", leads: [third] })
  expect(filesWith(store.home, tracesOfMira)).toEqual([])
  await store.close()
})

test("after a merge that was undone, each is forgotten alone, and the other has nothing of theirs", async () => {
  const store = emptyStore()
  const one = await importedLead(store, { name: "Zoe Berg", company: "Fjord Labs" })
  const other = await importedLead(store, mira)
  await mergeLeads(store, { actor: "human:ada", kind: "merge" }, one, other, later)
  const undo = await undoLast(store)
  await addToTimeline(store, ada, other, { kind: "note", text: `Read ${mira.linkedinUrl}` }, later)
  await forgetting(store)(one)
  expect(await store.read((db) => isSuppressed(db, other, () => homeKey(store.home)))).toBeNull()
  expect(await store.rows(sql`SELECT text FROM timeline`)).toEqual([{ text: `Read ${mira.linkedinUrl}` }])
  expect(filesWith(store.home, ["Zoe Berg"])).toEqual([])

  const third = await importedLead(store, { name: "Ines Prado", company: "Tailspin" })
  await mergeLeads(store, { actor: "human:ada", kind: "merge" }, third, other, later)
  const redo = await undoLast(store)
  await forgetting(store)(other)
  expect(filesWith(store.home, tracesOfMira)).toEqual([])
  for (const changeset of [undo, redo]) await undoChangeset(store, ada, changeset, { preview: false })
  expect(await store.rows(sql`SELECT name, email, phone, linkedin_url, x_handle FROM leads`)).toEqual([
    { name: "Ines Prado", email: null, phone: null, linkedin_url: null, x_handle: null },
  ])
  expect(await problems(store)).toEqual([])
  await store.close()
})

test("whoever shares an address with a forgotten person may still be contacted", async () => {
  const store = emptyStore()
  const [otto, noor] = [
    await importedLead(store, { name: "Otto Brandt", email: "info@tail.example", company: "Tailspin" }),
    await importedLead(store, { name: "Noor Haddad", email: "info@tail.example", company: "Tailspin" }),
  ]
  await forgetting(store)(otto)
  expect(await store.read((db) => isSuppressed(db, noor, () => homeKey(store.home)))).toBeNull()
  await store.close()
})

test("a backup that cannot be rewritten stops the forgetting before anything is gone", async () => {
  const store = emptyStore()
  const lead = await importedLead(store, mira)
  const backup = join(store.home, "monday.db")
  await backUp(store, { home: store.home, file: backup, now: later })
  const whole = readFileSync(backup)
  writeFileSync(backup, "Not now, please: this is no database at all.".repeat(100))
  const refused = await forgetting(store)(lead)
  expect(refused).toMatchObject({
    kind: "refused",
    reason: expect.stringContaining(`The backup ${backup} could not be`),
  })
  writeFileSync(backup, whole)
  expect(await forgetting(store)(lead)).toMatchObject({ kind: "forgotten", backups: { rewritten: [backup] } })
  expect(filesWith(store.home, tracesOfMira)).toEqual([])
  await store.close()
})

test("the copies of previews that were killed go, those of others at work stay", async () => {
  const store = emptyStore()
  const lead = await importedLead(store, mira)
  const { pid } = spawnSync(process.execPath, ["--version"])
  const files = ["", "-wal", "-shm", "-loading"].map((suffix) => `preview-${pid}.db${suffix}`)
  for (const file of [...files, `preview-${process.pid}.db`]) writeFileSync(join(store.home, file), "")
  await forgetting(store)(lead)
  expect(readdirSync(store.home).filter((file) => file.startsWith("preview-"))).toEqual([`preview-${process.pid}.db`])
  await store.close()
})

test("a name in a script without spaces is found within a sentence", async () => {
  const store = emptyStore()
  const ids = [
    await importedLead(store, { name: "李明" }),
    await importedLead(store, { name: "田中 太郎" }),
    await importedLead(store, { name: "สมชาย ใจดี" }),
    await importedLead(store, { name: "김민수" }),
  ]
  const otto = await importedLead(store, { name: "Otto Brandt" })
  const text = "昨日李明さんと話した。田中太郎さんも来た。คุณสมชาย ใจดีโทรมา 김민수는 왔다. 明日も。"
  await addToTimeline(store, ada, otto, { kind: "note", text }, later)
  for (const id of ids) await forgetting(store)(id)
  expect(await store.rows(sql`SELECT text FROM timeline`)).toEqual([
    { text: "昨日[forgotten]さんと話した。[forgotten]さんも来た。คุณ[forgotten]โทรมา [forgotten]는 왔다. 明日も。" },
  ])
  expect(filesWith(store.home, ["李明", "太郎", "ใจดี", "김민수"])).toEqual([])
  await store.close()
})

test("every table that belongs to a run is either a transcript, which is deleted, or known to be none", () => {
  const others = [
    "facts",
    "evidence",
    "changesets",
    "checks",
    "tasks",
    "drafts",
    "view_versions",
    "recipes",
    "memories",
  ]
  for (const table of Object.values(tables)) {
    if (!("runId" in getTableColumns(table))) continue
    expect([...transcripts, ...others]).toContain(getTableName(table))
  }
})

test("the key of a home is made once, for its owner alone", () => {
  const home = emptyStore().home
  const key = homeKey(home)
  expect(key).toHaveLength(64)
  expect(homeKey(home)).toBe(key)
  expect(statSync(join(home, "secrets.json")).mode & 0o777).toBe(0o600)
  writeFileSync(join(home, "secrets.json"), JSON.stringify({ smtp: "x" }))
  expect(homeKey(home)).not.toBe(key)
  expect(JSON.parse(readFileSync(join(home, "secrets.json"), "utf8")).smtp).toBe("x")
})
