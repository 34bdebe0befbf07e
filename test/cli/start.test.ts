import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { giant, giantHere, giantJson, newHome, rowsAlready, rowsOf, startGiant } from "./giant.ts"

/** A small export as LinkedIn makes it: somebody who changed jobs, one row twice, one whose page the replica does not have. */
const connections = `Notes:
"When exporting your connection data, you may notice that some of the email addresses are missing."

First Name,Last Name,URL,Email Address,Company,Position,Connected On
Isla,Drummond-Rae,https://www.linkedin.com/in/isla-drummond-rae,isla.drummond-rae@tidewright.example,Tidewright,Engineer,09 Nov 2026
Amara,Oduya-Mensah,https://www.linkedin.com/in/amara-oduya-mensah,,Osudoku Freight,Co-founder & COO,02 Nov 2026
Tobias,Grünwedel,https://www.linkedin.com/in/tobias-gruenwedel,,Loomwerk,Vertriebsleiter DACH,27 Oct 2026
Isla,Drummond-Rae,https://www.linkedin.com/in/isla-drummond-rae,,Tidewright,Engineer,09 Nov 2026
Nobody,Known,https://www.linkedin.com/in/nobody-known-here,,Nowhere Ltd,Ghost,01 Oct 2026
`

function exportIn(home: string): string {
  const file = join(home, "Connections.csv")
  writeFileSync(file, connections)
  return file
}

/** The newest leads of the sample, for work that is to be interrupted. */
function sampleOf(rows: number, home: string): string {
  const sample = readFileSync(new URL("../../src/rehearsal/sample/Connections.csv", import.meta.url), "utf8")
  const file = join(home, "sample.csv")
  writeFileSync(
    file,
    sample
      .split("\n")
      .slice(0, 4 + rows)
      .join("\n"),
  )
  return file
}

describe("giant start --once on a LinkedIn export", () => {
  const home = newHome()
  let summary: Record<string, unknown>

  beforeAll(async () => {
    summary = await giantJson(["start", exportIn(home), "--once", "--home", home])
  })

  test("the summary agrees with the database", () => {
    const [counted] = rowsOf(
      home,
      `SELECT (SELECT count(*) FROM leads) AS leads, (SELECT count(*) FROM leads WHERE enriched_at IS NOT NULL) AS enriched,
       (SELECT count(*) FROM facts) AS facts, (SELECT count(*) FROM runs) AS runs,
       (SELECT sum(input_tokens + output_tokens) FROM runs) AS tokens, (SELECT count(*) FROM tasks WHERE state = 'waiting') AS waiting`,
    )
    expect(summary).toMatchObject({
      rows_read: 5,
      leads_made: 4,
      duplicates: 1,
      failed: 0,
      cost_usd: 0,
      ...pick(counted),
    })
    expect(summary.enriched).toBe(3)
    expect(Number(summary.facts)).toBeGreaterThan(15)
    expect(JSON.stringify(summary.waiting_why)).toContain("The replica web has no page")

    function pick(row: Record<string, unknown> | undefined) {
      const { enriched, facts, runs, tokens, waiting } = row ?? {}
      return { enriched, facts, runs, tokens, waiting }
    }
  })

  test("every observed fact's quote stands in its evidence, word for word", () => {
    const facts = rowsOf(
      home,
      "SELECT facts.id, quote, text FROM facts LEFT JOIN evidence ON evidence.id = evidence_id WHERE basis = 'observed'",
    )
    expect(facts.length).toBeGreaterThan(15)
    for (const { quote, text } of facts) expect(String(text)).toContain(quote)
  })

  test("a lead that the replica does not know waits, with nothing invented", () => {
    const [lead] = rowsOf(
      home,
      "SELECT leads.*, state FROM leads JOIN tasks ON lead_id = leads.id WHERE name = 'Nobody Known'",
    )
    expect(lead).toMatchObject({ title: "Ghost", state: "waiting", enriched_at: null, location: null })
  })

  test("history tells who did what", async () => {
    const told = await giant(["history", "isla.drummond-rae@tidewright.example", "--home", home])
    expect(told.out).toContain("agent:enricher run")
    expect(told.out).toContain("title: Engineer -> Chief Technology Officer")
    expect(told.out).toContain("[observed]")
    expect(told.out).toContain("Connections.csv")
  })

  test("'show me the latest leads' is a table after one request to the model", async () => {
    const answer = await giantJson(["ask", "show me the latest leads", "--home", home])
    expect(answer.outcome).toBe("done")
    expect(answer.answer.map((lead: { name: string }) => lead.name)).toContain("Amara Oduya-Mensah")
    expect(rowsOf(home, `SELECT requests, model FROM runs WHERE id = ${answer.run}`)).toEqual([
      { requests: 1, model: "rehearsal" },
    ])
  })

  test("undo of every run puts every row back as the import left it, and undone again brings it back", async () => {
    const state = () => rowsOf(home, "SELECT * FROM leads ORDER BY id")
    const worked = state()
    const runs = rowsOf(home, "SELECT run_id FROM changesets WHERE kind = 'run' ORDER BY id DESC").map((row) =>
      String(row.run_id),
    )
    const undone: number[] = []
    for (const run of runs) undone.push((await giantJson(["undo", run, "--home", home], giantHere)).undoneBy)
    expect(rowsOf(home, "SELECT count(*) AS n FROM facts")).toEqual([{ n: 0 }])
    expect(
      rowsOf(home, "SELECT count(*) AS n FROM leads WHERE enriched_at IS NOT NULL OR location IS NOT NULL"),
    ).toEqual([{ n: 0 }])
    for (const changeset of undone.reverse())
      await giantJson(["undo", `changeset:${changeset}`, "--home", home], giantHere)
    expect(state()).toEqual(worked)
  })

  test("a second start has nothing left to do", async () => {
    const again = await giantJson(["start", exportIn(home), "--once", "--home", home])
    expect(again).toMatchObject({ rows_read: 5, leads_made: 0, duplicates: 5, enriched: 0, runs: 0, facts: 0 })
  })
})

test("a kill -9 in the middle loses nothing, and after a new start every task is done once", async () => {
  const home = newHome()
  const first = startGiant(["start", sampleOf(5, home), "--once", "--rehearse", "--parallel", "2", "--home", home])
  await first.until(() => rowsAlready(home, "SELECT id FROM tasks WHERE state = 'done'") > 0)
  const factsBefore = rowsOf(home, "SELECT id, entity_id, field, value FROM facts")
  first.child.kill("SIGKILL")
  await first.ended
  expect(rowsOf(home, "PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }])
  const summary = await giantJson(["start", "--once", "--rehearse", "--home", home])
  expect(summary).toMatchObject({ leads_made: 0, failed: 0 })
  expect(rowsOf(home, "SELECT id FROM tasks WHERE state NOT IN ('done', 'waiting')")).toEqual([])
  expect(rowsOf(home, "SELECT task_id FROM runs WHERE outcome = 'done' GROUP BY task_id HAVING count(*) > 1")).toEqual(
    [],
  )
  expect(rowsOf(home, "SELECT id, entity_id, field, value FROM facts")).toEqual(expect.arrayContaining(factsBefore))
  const twice = "SELECT field FROM facts WHERE state = 'current' GROUP BY entity, entity_id, field HAVING count(*) > 1"
  expect(rowsOf(home, twice)).toEqual([])
})

test("Ctrl-C ends it cleanly, and a second start goes on where it was", async () => {
  const home = newHome()
  const first = startGiant(["start", sampleOf(5, home), "--rehearse", "--parallel", "2", "--home", home])
  await first.until(() => rowsAlready(home, "SELECT id FROM tasks WHERE state = 'done'") > 0)
  first.child.kill("SIGINT")
  const ended = await first.ended
  expect(ended.signal).toBeNull()
  expect(ended.out).toMatch(/leads? enriched with/)
  expect(rowsOf(home, "SELECT id FROM tasks WHERE state = 'leased'")).toEqual([])
  expect(rowsOf(home, "SELECT id FROM runs WHERE ended_at IS NULL")).toEqual([])
  const left = rowsAlready(home, "SELECT id FROM tasks WHERE state = 'open'")
  expect(left).toBeGreaterThan(0)
  expect(await giantJson(["start", "--once", "--rehearse", "--home", home])).toMatchObject({ failed: 0, leads_made: 0 })
  expect(rowsAlready(home, "SELECT id FROM tasks WHERE state = 'open'")).toBe(0)
})

test("two starts in one home: the second says who is at work", async () => {
  const home = newHome()
  const first = startGiant(["start", "--rehearse", "--home", home])
  await first.saw(/Viewer: http/)
  const second = await giant(["start", "--rehearse", "--home", home])
  expect(second.code).toBe(1)
  expect(second.err).toContain("at work in this home already")
  first.child.kill("SIGTERM")
  await first.ended
})
