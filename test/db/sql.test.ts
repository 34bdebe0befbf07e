import { fork } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import Database from "better-sqlite3"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { openQueries, type QueryQuestion, queryOutside } from "../../src/db/sql.ts"
import { openStore } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"

const folder = mkdtempSync(join(tmpdir(), "giant-sql-"))
const path = join(folder, "giant.db")
const at = "2026-11-01T09:00:00.000Z"
const queries = openQueries(path)
const ask = (text: string, limit = 100) => queries.ask(text, limit)

beforeAll(async () => {
  const store = openStore(path)
  await store.change({ actor: "human:ada", kind: "edit" }, (db) =>
    db.insert(tables.leads).values([
      { name: "Ada Brook", title: "CTO", createdAt: at, updatedAt: at },
      { name: "Bo Lind", title: null, createdAt: at, updatedAt: at },
    ]),
  )
  await store.close()
  const other = new Database(join(folder, "other.db"))
  other.exec("CREATE TABLE secrets AS SELECT 'hush' AS value")
  other.close()
})
afterAll(() => queries.close())

describe("what can be asked", () => {
  test("a SELECT answers with columns and rows", async () => {
    expect(await ask("SELECT id, name, title FROM leads ORDER BY id")).toEqual({
      kind: "rows",
      columns: ["id", "name", "title"],
      rows: [
        { id: 1, name: "Ada Brook", title: "CTO" },
        { id: 2, name: "Bo Lind", title: null },
      ],
      isCut: false,
      reads: ["leads"],
    })
  })

  test.each([
    ["WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT sum(i) AS n FROM n", 6],
    ["SELECT count(*) AS n FROM lead_search WHERE lead_search MATCH 'bro*'", 1],
    ["SELECT count(*) AS n FROM sqlite_master WHERE name = 'leads'", 1],
    ["SELECT json_extract(after, '$.name') AS n FROM changes WHERE row_id = 1 -- whose?", "Ada Brook"],
    ["SELECT 1 AS n;  /* no more */ ; ", 1],
    ["SELECT ':x' || '--' AS n", ":x--"],
    ["SELECT 9007199254740993 AS n", "9007199254740993"],
    ["SELECT x'00ff' AS n", "<2 bytes>"],
  ])("%s", async (text, n) => {
    expect(await ask(text)).toMatchObject({ kind: "rows", rows: [{ n }] })
  })

  test("more rows than the limit are cut, and it is said", async () => {
    expect(await ask("SELECT id FROM leads", 1)).toEqual({
      kind: "rows",
      columns: ["id"],
      rows: [expect.anything()],
      isCut: true,
      reads: ["leads"],
    })
    expect(await ask("SELECT id FROM leads", 2)).toMatchObject({ isCut: false })
  })

  test("parameters have the values that are given, and none other", async () => {
    const text = "SELECT name FROM leads WHERE title = :title"
    expect(await queries.ask(text, 10, { title: "CTO" })).toMatchObject({ rows: [{ name: "Ada Brook" }] })
    expect(await queries.ask(text, 10, { title: "'; DROP TABLE leads" })).toMatchObject({ rows: [] })
    expect(await ask(text)).toMatchObject({ kind: "refused", reason: expect.stringContaining(":title has no value") })
    expect(await ask("SELECT ?")).toMatchObject({ kind: "refused" })
  })

  test("a process that waits already answers without one being started", async () => {
    await ask("SELECT 1 AS n")
    const answers = await Promise.all([1, 2, 3].map((n) => ask(`SELECT ${n} AS n`)))
    expect(answers.map((answer) => answer.kind === "rows" && answer.rows[0]?.n)).toEqual([1, 2, 3])
  })
})

describe("what is refused, with nothing changed", () => {
  const other = join(folder, "other.db")
  const copy = join(folder, "copy.db")
  test.each([
    "INSERT INTO leads (name, created_at, updated_at) VALUES ('x', 'x', 'x')",
    "UPDATE leads SET title = 'x' RETURNING id",
    "DELETE FROM leads",
    "WITH gone AS (SELECT 1) DELETE FROM leads",
    "REPLACE INTO leads (id, created_at, updated_at) VALUES (1, '', '')",
    "DROP TABLE leads",
    "CREATE TABLE mine (x)",
    "CREATE TEMP TABLE mine AS SELECT * FROM leads",
    "CREATE TEMP VIEW mine AS SELECT 1",
    "CREATE VIRTUAL TABLE temp.mine USING fts5(x)",
    "ALTER TABLE leads ADD COLUMN x",
    "INSERT INTO lead_search (lead_search) VALUES ('rebuild')",
    `ATTACH '${other}' AS other`,
    `ATTACH ':memory:' AS other`,
    `VACUUM INTO '${copy}'`,
    "VACUUM",
    "ANALYZE",
    "REINDEX",
    "BEGIN IMMEDIATE",
    "SAVEPOINT mine",
    "PRAGMA query_only = OFF",
    "PRAGMA table_info(leads)",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA data_version = 3",
    "SELECT * FROM pragma_database_list",
    "SELECT load_extension('/tmp/mine.so')",
    "SELECT fts3_tokenizer('simple')",
    "SELECT 1; DELETE FROM leads",
    "SELECT 1; SELECT 2",
    "SELECT 1 /* ; */ ; -- \n SELECT 2",
    "",
    "  -- nothing",
    "please show me the leads",
  ])("%s", async (text) => {
    const before = readFileSync(path)
    const answer = await ask(text)
    expect(answer.kind).toBe("refused")
    expect(answer.kind === "refused" && answer.reason).toMatch(/\w/)
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(existsSync(copy)).toBe(false)
  })

  test.each([
    "SELECT * FROM identities",
    "SELECT count(*) FROM identities",
    "SELECT 1 WHERE EXISTS (SELECT 1 FROM identities)",
    "SELECT (SELECT max(value) FROM main.identities)",
    "WITH i AS (SELECT * FROM IDENTITIES) SELECT * FROM i",
    'SELECT * FROM leads JOIN "identities" USING (id)',
  ])("a hidden table: %s", async (text) => {
    const answer = await queryOutside(path, text, 10, ["identities"])
    expect(answer.kind).toBe("refused")
  })

  test.each([
    "SELECT * FROM runs",
    "SELECT r.PROMPT FROM runs AS r",
    "SELECT id FROM runs WHERE prompt LIKE 'a%'",
    "SELECT id FROM runs ORDER BY prompt",
    "SELECT max(p) FROM (SELECT prompt AS p FROM main.runs)",
  ])("a hidden column: %s", async (text) => {
    expect(await queryOutside(path, text, 10, ["runs.prompt"])).toMatchObject({
      kind: "refused",
      reason: expect.stringMatching(/Not to be read: runs\.prompt\. Name the other columns/),
    })
  })

  test("what stands beside a hidden column is read", async () => {
    const text = "SELECT agent, sum(cost_usd) AS usd, count(*) AS runs FROM runs GROUP BY agent"
    expect(await queryOutside(path, text, 10, ["runs.prompt"])).toMatchObject({ kind: "rows", reads: ["runs"] })
  })
})

describe("what asks for too much ends, and leaves this process unharmed", () => {
  const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
  test.each([
    `${endless} SELECT count(*) FROM n`,
    `${endless} SELECT i FROM n ORDER BY i DESC`,
    `${endless} SELECT i FROM n WHERE i < 0`,
    `${endless} SELECT group_concat(i) FROM n`,
  ])("endless: %s", async (text) => {
    const answer = await ask(text)
    expect(answer).toMatchObject({ kind: "refused", reason: expect.stringMatching(/longer than 2 s|too big/) })
  })

  test.each([
    "SELECT zeroblob(1000000000)",
    "SELECT length(randomblob(900000000))",
    "SELECT length(printf('%.*c', 900000000, 'x'))",
    "SELECT length(replace(hex(zeroblob(1000000)), '0', hex(zeroblob(1000000))))",
    `SELECT ${Array(3_000).fill("1").join(", ")}`,
    `SELECT ${"(".repeat(5_000)}1${")".repeat(5_000)}`,
    Array(600).fill("SELECT 1").join(" UNION ALL "),
    `SELECT '${"x".repeat(200_000)}'`,
  ])("huge: %.60s", async (text) => {
    expect((await ask(text)).kind).toBe("refused")
  })

  test("an answer is cut at 5 MB, and a row that is larger alone is refused", async () => {
    const wide = "hex(zeroblob(500000)) AS a"
    const cut = await ask(`${endless} SELECT i, ${wide} FROM n`, 1_000_000)
    expect(cut).toMatchObject({ kind: "rows", isCut: true })
    expect(JSON.stringify(cut).length).toBeLessThan(5_100_000)
    const row = Array.from({ length: 6 }, (_, i) => `hex(zeroblob(500000)) AS c${i}`)
    expect(await ask(`SELECT ${row}`)).toMatchObject({
      kind: "refused",
      reason: expect.stringContaining("larger than 5 MB"),
    })
  })

  test("many small values are bounded in memory too", async () => {
    const answer = await ask(`${endless} SELECT i FROM n`, 100_000_000)
    expect(answer.kind === "refused" || answer.isCut).toBe(true)
  })
})

test("a query whose asker is gone ends by itself", async () => {
  const child = fork(fileURLToPath(new URL("../../src/db/sql-child.ts", import.meta.url)))
  const text = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
  child.send({ path, text, limit: 1, hidden: [], parameters: {} } satisfies QueryQuestion)
  expect(await new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)))).toBe("SIGKILL")
})

describe("errors say what to do", () => {
  test.each([
    ["SELECT * FROM lead", /no such table: lead\. The tables are .*leads/],
    ["SELECT nmae FROM leads", /no such column: nmae\. leads has id, name, title, /],
    ["DELETE FROM leads", /Only a SELECT/],
    ["SELECT id, id FROM leads", /Two columns are called id/],
    ["SELECT 1; SELECT 2", /one statement/],
  ])("%s", async (text, reason) => {
    expect(await ask(text)).toMatchObject({ kind: "refused", reason: expect.stringMatching(reason) })
  })
})
