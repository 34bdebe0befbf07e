import { sql } from "drizzle-orm"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Place } from "../../src/db/place.ts"
import { openQueries, type Queries } from "../../src/db/sql.ts"
import { openStore, type Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { as, asSuperuser, newPlace, serverUrl } from "./databases.ts"

const tablesCount = sql`SELECT count(*) AS n FROM leads`
const at = "2026-11-01T09:00:00.000Z"

describe.runIf(serverUrl)("SQL from outside, on a server", () => {
  let place: Place & { engine: "postgres" }
  let store: Store
  let queries: Queries

  beforeAll(async () => {
    place = await newPlace()
    store = openStore(place)
    await store.change({ actor: "human:ada", kind: "edit" }, (db) =>
      db
        .insert(tables.leads)
        .values([1, 2, 3].map((n) => ({ name: `Lead ${n}`, score: n, createdAt: at, updatedAt: at }))),
    )
    queries = openQueries(place, ["users"])
  })
  afterAll(async () => {
    queries.close()
    await store.close()
  })

  const reasonOf = async (text: string) => {
    const answer = await queries.ask(text, 100)
    return answer.kind === "refused" ? answer.reason : `answered ${JSON.stringify(answer.rows)}`
  }

  test("a SELECT gives its rows, and the tables that were read", async () => {
    expect(
      await queries.ask("SELECT name, score FROM leads WHERE score >= :least ORDER BY id;", 1, { least: 2 }),
    ).toEqual({
      kind: "rows",
      columns: ["name", "score"],
      rows: [{ name: "Lead 2", score: 2 }],
      isCut: true,
      reads: ["leads"],
    })
    expect(await queries.ask("SELECT count(*) AS n, 2 > 1 AS yes, '1'::text AS t FROM facts -- none", 5)).toMatchObject(
      {
        rows: [{ n: 0, yes: 1, t: "1" }],
      },
    )
  })

  test.each([
    "DELETE FROM leads",
    "UPDATE leads SET name = 'x'",
    "WITH gone AS (DELETE FROM leads RETURNING id) SELECT * FROM gone",
    "DROP TABLE leads",
    "SELECT 1; DELETE FROM leads",
    "COMMIT",
    "RESET ROLE",
    "COPY leads TO '/tmp/leads'",
    "SELECT * INTO stolen FROM leads",
    "SELECT set_config('role', 'none', false)",
    "SELECT query_to_xml('SELECT * FROM users', true, false, '')",
    "SELECT U&\"query_to\\005fxml\"('SELECT * FROM users', true, false, '')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_advisory_lock(1734959665)",
    "SELECT nextval('leads_id_seq')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT * FROM users",
    "SELECT * FROM sessions",
    "SELECT * FROM small_giant",
    "SELECT rolname FROM pg_roles",
    "SELECT giant_begin(NULL, 'a', 'b', NULL, NULL, NULL, 'x')",
    "EXPLAIN ANALYZE DELETE FROM leads",
    "VALUES (1); COMMIT; DELETE FROM leads",
  ])("%s is refused", async (text) => {
    expect(await reasonOf(text)).not.toMatch(/^answered/)
    const [left] = await store.rows<{ n: number }>(tablesCount)
    expect(left?.n).toBe(3)
  })

  test("a hidden column is not read under any name, and what stands beside it is", async () => {
    const some = openQueries(place, ["runs.prompt", "users"])
    for (const text of [
      "SELECT * FROM runs",
      "SELECT r FROM runs AS r",
      "SELECT d FROM runs AS r (a, b, c, d)",
      "SELECT id FROM runs WHERE prompt LIKE 'a%'",
      "SELECT row_to_json(r) FROM runs AS r",
      "SELECT * FROM users",
    ]) {
      expect([text, (await some.ask(text, 5)).kind]).toEqual([text, "refused"])
    }
    const costs = "SELECT agent, sum(cost_usd) AS usd, count(*) AS n FROM runs GROUP BY agent"
    expect(await some.ask(costs, 5)).toMatchObject({ kind: "rows", reads: ["runs"] })
    expect(await queries.ask("SELECT prompt FROM runs", 5)).toMatchObject({ kind: "rows" })
    some.close()
  })

  test("what takes long or is large is ended, and the next question is answered", async () => {
    expect(await reasonOf("SELECT count(*) FROM generate_series(1, 100000000000)")).toMatch(/took longer than 2 s/)
    expect(await reasonOf("SELECT repeat('x', 20000000) AS x")).toMatch(/larger than 5 MB/)
    const cut = await queries.ask("SELECT i, repeat('x', 100000) AS x FROM generate_series(1, 1000) AS i", 1_000)
    expect(cut).toMatchObject({ kind: "rows", isCut: true })
    expect(await queries.ask("SELECT 1 AS one", 5)).toMatchObject({ rows: [{ one: 1 }] })
  })

  test("mistakes are told so that they can be mended", async () => {
    expect(await reasonOf("SELECT * FROM people")).toMatch(/people/)
    expect(await reasonOf("SELECT surname FROM leads")).toMatch(/surname/)
    expect(await reasonOf("SELECT id, id FROM leads")).toMatch(/Two columns are called id/)
    expect(await reasonOf("SELECT * FROM leads WHERE id = :lead")).toMatch(/:lead has no value/)
    expect(await reasonOf("SELEC 1")).toMatch(/syntax error/)
  })

  test("where the user may make no role, it is refused and said who can allow it", async () => {
    const other = await newPlace()
    await asSuperuser("DROP ROLE IF EXISTS giant_plain")
    await asSuperuser("CREATE ROLE giant_plain LOGIN PASSWORD 'x'")
    await asSuperuser("GRANT CREATE, USAGE ON SCHEMA public TO giant_plain", other.url)
    const plain = as(other, "giant_plain", "x")
    const own = openStore(plain)
    await own.opened()
    const asking = openQueries(plain)
    const answer = await asking.ask("SELECT 1 AS one", 5)
    expect(answer).toMatchObject({
      kind: "refused",
      reason: expect.stringMatching(/ALTER ROLE "giant_plain" CREATEROLE/),
    })
    asking.close()
    await own.close()
    await asSuperuser("DROP OWNED BY giant_plain", other.url)
    await asSuperuser("DROP ROLE giant_plain")
  })
})
