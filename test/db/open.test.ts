import { execFile, fork } from "node:child_process"
import { chmodSync, copyFileSync, mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import Database from "better-sqlite3"
import { sql } from "drizzle-orm"
import { describe, expect, test } from "vitest"
import { openStore, openStoreReadOnly } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"

const folder = () => mkdtempSync(join(tmpdir(), "giant-open-"))
const at = "2026-11-01T09:00:00.000Z"
const human = { actor: "human:ada", kind: "edit" }
const opener = fileURLToPath(new URL("opener.ts", import.meta.url))

describe("the first opening", () => {
  test("several processes that make the database at once all get it", async () => {
    const path = join(folder(), "giant.db")
    const children = Array.from({ length: 4 }, () => fork(opener, [path], { silent: true }))
    await Promise.all(children.map((child) => new Promise((resolve) => child.once("message", resolve))))
    for (const child of children) child.send("go")
    const codes = await Promise.all(
      children.map((child) => new Promise<number | null>((resolve) => child.once("close", resolve))),
    )
    expect(codes).toEqual([0, 0, 0, 0])
    const store = openStore(path)
    expect(await store.rows(sql`SELECT count(*) AS n FROM leads`)).toEqual([{ n: 4 }])
    await store.close()
  })

  test("a process that comes while another still makes the file waits for it", async () => {
    const path = join(folder(), "giant.db")
    const other = new Database(path)
    other.exec("CREATE TABLE gone (id INTEGER); DROP TABLE gone; BEGIN IMMEDIATE")
    const child = fork(opener, [path], { silent: true })
    const code = new Promise<number | null>((resolve) => child.once("close", resolve))
    await new Promise((resolve) => child.once("message", resolve))
    child.send("go")
    await sleep(500)
    other.exec("COMMIT")
    other.close()
    expect(await code).toBe(0)
  })

  test("a process that ends in the middle of the first migration leaves an empty database, which is then made", async () => {
    const path = join(folder(), "giant.db")
    const half = new Database(path)
    half.pragma("journal_mode = WAL")
    half.exec("BEGIN IMMEDIATE; CREATE TABLE leads (id INTEGER PRIMARY KEY)")
    half.pragma("cache_spill = 1")
    const copy = join(folder(), "giant.db")
    for (const end of ["", "-wal"]) copyFileSync(`${path}${end}`, `${copy}${end}`)
    half.close()
    const store = openStore(copy)
    await store.change(human, (db) =>
      db.insert(tables.leads).values({ name: "Ada Brook", createdAt: at, updatedAt: at }),
    )
    expect(await store.rows(sql`SELECT name FROM leads`)).toEqual([{ name: "Ada Brook" }])
    await store.close()
  })
})

describe("another program's database", () => {
  test("is refused and stays the same to the byte", () => {
    const path = join(folder(), "giant.db")
    const other = new Database(path)
    other.exec("CREATE TABLE recipes (id INTEGER)")
    other.close()
    const before = readFileSync(path)
    expect(() => openStore(path)).toThrow(/belongs to another program/)
    expect(readFileSync(path).equals(before)).toBe(true)
  })
})

describe("opened to be read", () => {
  test("it shows what others write, and refuses to write itself", async () => {
    const path = join(folder(), "giant.db")
    const store = openStore(path)
    const reading = openStoreReadOnly(path)
    await store.change(human, (db) =>
      db.insert(tables.leads).values({ name: "Ada Brook", createdAt: at, updatedAt: at }),
    )
    expect(await reading.rows(sql`SELECT name FROM leads`)).toEqual([{ name: "Ada Brook" }])
    await expect(reading.write(async () => {})).rejects.toThrow(/opened only to be read/)
    await expect(reading.change(human, async () => {})).rejects.toMatchObject({ code: "opened_to_read" })
    await expect(reading.read((db) => db.delete(tables.leads))).rejects.toThrow(/readonly/)
    await Promise.all([reading.close(), store.close()])
  })

  test("a database that is not there, or of another version, is refused", async () => {
    const path = join(folder(), "giant.db")
    expect(() => openStoreReadOnly(path)).toThrow(/There is no database/)
    await openStore(path).close()
    const older = new Database(path)
    older.pragma("user_version = 0")
    older.close()
    expect(() => openStoreReadOnly(path)).toThrow(/older version/)
  })

  test.skipIf(process.platform === "win32")("it works in a folder that cannot be written", async () => {
    const place = folder()
    const path = join(place, "giant.db")
    const store = openStore(path)
    await store.change(human, (db) =>
      db.insert(tables.leads).values({ name: "Ada Brook", createdAt: at, updatedAt: at }),
    )
    await store.close()
    chmodSync(path, 0o444)
    chmodSync(place, 0o555)
    const { stdout } = await promisify(execFile)(process.execPath, [opener, path, "read"])
    expect(JSON.parse(stdout)).toEqual({
      reading: [{ name: "Ada Brook" }],
      query: { kind: "rows", columns: ["name"], rows: [{ name: "Ada Brook" }], isCut: false, reads: ["leads"] },
      writing: "DatabaseUnusable",
    })
    chmodSync(place, 0o755)
  })
})
