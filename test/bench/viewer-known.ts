import { eq } from "drizzle-orm"
import { journalInserted } from "../../src/db/journal.ts"
import { openWriter } from "../../src/db/sqlite.ts"
import { openStore } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { learnFromProfile, startRun } from "../viewer/sample.ts"

/** A lead about which much is known, so that its page has something to show. */
export async function makeKnown(path: string, id: number) {
  const store = openStore(path)
  const noted = await store.read((db) => db.$count(tables.timeline, eq(tables.timeline.leadId, id)))
  const [lead] = await store.read((db) => db.select().from(tables.leads).where(eq(tables.leads.id, id)))
  if (noted === 0 && lead) {
    const at = "2026-11-01T09:00:00.000Z"
    const run = await startRun(store, { startedAt: at, endedAt: at, outcome: "done", leadId: id })
    for (const [nth, title] of ["Buyer", "Head of Buying", "Chief Buyer"].entries()) {
      const said = { title, location: "Porto, Portugal", headline: `${title} and sailor`, x_handle: `@lead${id}` }
      await learnFromProfile(store, lead, run, said, `2026-11-0${nth + 2}T09:00:00.000Z`)
    }
    await store.change({ actor: "human:ada", kind: "edit" }, (db) =>
      db
        .insert(tables.timeline)
        .values({ leadId: id, kind: "note", text: "Met at the fair.", actor: "human:ada", at, createdAt: at }),
    )
  }
  await store.close()
}

/** What agents left behind who worked every tenth lead: a task, a run, a page as evidence, five facts and, for half of them, a draft. */
export function makeWorked(path: string, count: number) {
  const writer = openWriter(path)
  const worked = Math.floor(count / 10)
  if (worked > 0 && Number(writer.prepare("SELECT count(*) FROM tasks").pluck().get()) < worked) {
    writer.pragma("synchronous = OFF")
    writer.pragma("cache_size = -262144")
    writer.exec("BEGIN IMMEDIATE")
    const before = (table: string) => Number(writer.prepare(`SELECT coalesce(max(id), 0) FROM ${table}`).pluck().get())
    const [facts, drafts] = [before("facts"), before("drafts")]
    const changeset = writer
      .prepare("INSERT INTO changesets (actor, kind, created_at) VALUES ('agent:enricher', 'run', ?)")
      .run("2026-02-01T00:00:00.000Z").lastInsertRowid
    writer.prepare("UPDATE journal_context SET changeset_id = ?, is_bulk = 1").run(changeset)
    const [run, page] = [before("runs"), before("evidence")]
    const each = (first = 0) =>
      `WITH RECURSIVE done(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM done WHERE n < ${worked})
        SELECT n, n * 10 AS lead, n + ${run} AS run, n + ${page} AS page,
          strftime('%Y-%m-%dT%H:%M:%fZ', 1769904000 + n * 20, 'unixepoch') AS at FROM done WHERE n > ${first}`
    writer.exec(`
INSERT INTO runs (id, agent, model, prompt, outcome, summary, input_tokens, output_tokens, cost_usd, requests, task_id, lead_id, person,
  started_at, ended_at)
  SELECT run, 'enricher', 'rehearsal', 'Enrich lead ' || lead, CASE n % 20 WHEN 0 THEN 'failed' WHEN 1 THEN 'waiting' ELSE 'done' END,
    'Learned five facts.', 4000 + n % 900, 300 + n % 70, 0.004, 2, n, lead, 'human:ada', at, at FROM (${each()});
INSERT INTO tasks (kind, lead_id, state, attempts, not_before, outcome, run_id, created_at, updated_at)
  SELECT 'enrich', lead, CASE n % 20 WHEN 0 THEN 'failed' WHEN 1 THEN 'waiting' WHEN 2 THEN 'open' ELSE 'done' END, 1, at, 'five facts',
    run, at, at FROM (${each()});
INSERT INTO evidence (id, url, kind, title, text, sha256, captured_at, outcome, reading, run_id)
  SELECT page, 'https://www.linkedin.com/in/lead-' || lead, 'linkedin.profile', 'Lead ' || lead || ' | LinkedIn',
    'Lead ' || lead || char(10) || 'Head of something' || char(10) || 'Porto, Portugal', printf('%064d', n), at, 'found', '{}', run
  FROM (${each()});
INSERT INTO facts (entity, entity_id, field, value, basis, state, evidence_id, quote, run_id, created_at)
  SELECT 'lead', lead, field.value, json_quote(CASE field.key WHEN 0 THEN leads.title WHEN 1 THEN leads.location ELSE 'Value ' || n END),
    CASE WHEN field.key = 4 THEN 'inferred' ELSE 'observed' END, CASE WHEN n % 30 = 0 THEN 'suggested' ELSE 'current' END, page,
    'Words that say it', run, at
  FROM (${each()}) JOIN leads ON leads.id = lead
    CROSS JOIN json_each('["title","location","headline","about","country"]') AS field;
INSERT INTO drafts (lead_id, channel, recipient, subject, body, state, author, run_id, created_at, updated_at)
  SELECT lead, 'email', 'lead' || lead || '@example.com', 'A word about ' || n, 'Hello, this is about lead ' || lead || '.',
    CASE n % 5 WHEN 0 THEN 'draft' WHEN 1 THEN 'rejected' WHEN 2 THEN 'approved' ELSE 'sent' END, 'agent:drafter', run, at, at
  FROM (${each(Math.floor(worked / 2))});`)
    writer.prepare(journalInserted("facts")).run(facts + 1, before("facts"))
    writer.prepare(journalInserted("drafts")).run(drafts + 1, before("drafts"))
    writer.exec("UPDATE journal_context SET changeset_id = NULL, is_bulk = 0")
    writer.exec("COMMIT")
    writer.pragma("wal_checkpoint(TRUNCATE)")
  }
  writer.close()
}
