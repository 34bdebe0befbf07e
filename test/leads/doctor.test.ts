import { chmodSync, closeSync, copyFileSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { eq, sql } from "drizzle-orm"
import { expect, test } from "vitest"
import { CopyExists } from "../../src/db/copy.ts"
import { openStore as openFile, type Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { backUp, knownBackups } from "../../src/leads/backup.ts"
import { examine } from "../../src/leads/doctor.ts"
import { learn } from "../../src/leads/learn.ts"
import { engine, openStore, stranger, withoutJournal } from "../engine.ts"
import { at, emptyStore, everything, importedLead, later, profilePage } from "./fixture.ts"

const url = "https://www.linkedin.com/in/mira-holm"

async function aHome() {
  const store = emptyStore()
  const home = store.home
  const mira = await importedLead(store, { name: "Mira Holm", linkedinUrl: url })
  const evidence = await profilePage(store, {
    url,
    text: "Head of Data",
    fields: { title: "Head of Data" },
    quotes: { title: "Head of Data" },
  })
  await learn(
    store,
    { actor: "agent:enricher", kind: "run", runId: 1 },
    { entity: "lead", id: mira },
    [{ field: "title", value: "Head of Data", evidence }],
    later,
  )
  return { store, home, mira }
}

async function complaints(store: Store): Promise<string[]> {
  const found = await Array.fromAsync(examine(store, { home: store.home, now: later }))
  for (const { level, hint } of found) if (level !== "good") expect(hint).not.toBe("")
  return found.filter(({ level, check }) => level !== "good" && check !== "disk").map(({ message }) => message)
}

test("a backup is made while others write, holds every committed row, and works in the place of the database", async () => {
  const { store, home } = await aHome()
  const file = join(mkdtempSync(join(tmpdir(), "giant-backup-")), "monday.db")
  const writing = Array.from({ length: 200 }, (_, i) => importedLead(store, { name: `Lead ${i}` }))
  await writing[99]
  await backUp(store, { home, file, now: later })
  await Promise.all(writing)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  await expect(backUp(store, { home, file, now: later })).rejects.toThrow(CopyExists)
  expect(knownBackups(home)).toEqual({ found: [file], missing: [] })

  const other = mkdtempSync(join(tmpdir(), "giant-restored-"))
  copyFileSync(file, join(other, "giant.db"))
  const restored = openFile(join(other, "giant.db"))
  const rows = await everything(restored)
  expect(rows.leads?.length).toBeGreaterThanOrEqual(101)
  expect(rows.leads).toEqual((await everything(store)).leads?.slice(0, rows.leads?.length))
  expect(await complaints(restored)).toEqual(["There is no backup."])
  await importedLead(restored, { name: "Goes on" })
  rmSync(file)
  expect(await complaints(store)).toEqual([`The backup ${file} is not there any more.`])
  await Promise.all([store.close(), restored.close()])
})

test("a row that was changed, removed or made behind the journal's back is found", async () => {
  const { store } = await aHome()
  await importedLead(store, { name: "Second" })
  await stranger(
    store,
    `${withoutJournal} UPDATE leads SET title = 'Owner' WHERE id = 1; DELETE FROM leads WHERE id = 2;
    INSERT INTO leads (id, name, created_at, updated_at) VALUES (7, 'Ghost', '${at}', '${at}')`,
  )
  expect(await complaints(store)).toEqual([
    ...(engine === "sqlite" ? [] : ["Changes of leads are not journalled: its trigger is gone or disabled."]),
    "leads 1: Its title changed without a trace.",
    "leads 2: It is missing.",
    "leads 7: Nothing tells where it came from.",
    "There is no backup.",
  ])
  await store.close()
})

test("evidence that was altered, and facts that do not stand in it, are found", async () => {
  const { store } = await aHome()
  await store.write((db) => db.update(tables.evidence).set({ text: "Head of Nothing" }))
  expect(await complaints(store)).toEqual([
    "The text of evidence 1 was altered.",
    "The quote of fact 1 does not stand in its evidence.",
    "There is no backup.",
  ])
  await store.close()
})

test("rows that name nobody, and work that was left behind, are found", async () => {
  const { store, mira } = await aHome()
  await store.change({ actor: "human:ada", kind: "edit" }, (db) =>
    db.delete(tables.leads).where(eq(tables.leads.id, mira)),
  )
  const long = "2026-10-01T09:00:00.000Z"
  await store.write(async (db) => {
    await db
      .insert(tables.tasks)
      .values({ kind: "enrich", state: "leased", leaseUntil: long, notBefore: long, createdAt: long, updatedAt: long })
    await db
      .insert(tables.runs)
      .values({ agent: "enricher", model: "m", prompt: "p", person: "human:ada", startedAt: long })
  })
  expect(await complaints(store)).toEqual([
    "identities 1 names leads 1, which is not there.",
    "facts 1 names leads 1, which is not there.",
    "Task 1 was left by an agent that is gone.",
    "Run 1 never ended.",
    "There is no backup.",
  ])
  await store.close()
})

test("a home that others can read is told", async () => {
  const { store, home } = await aHome()
  chmodSync(home, 0o755)
  expect(await complaints(store)).toContain(`Others on this machine can read ${home}.`)
  await store.close()
})

test.runIf(engine === "sqlite")("a page of the file that is damaged is found", async () => {
  const { store } = await aHome()
  const [index] = await store.rows<{ page: number }>(
    sql`SELECT rootpage AS page FROM sqlite_master WHERE name = 'leads_updated'`,
  )
  await store.close()
  const file = openSync(store.path, "r+")
  writeSync(file, Buffer.alloc(40), 0, 40, (index?.page ?? 0) * 4096 - 40)
  closeSync(file)
  const damaged = openStore(store.path)
  const found = await complaints(damaged)
  expect(found.join("\n")).toMatch(/index leads_updated/)
  await damaged.close()
})
