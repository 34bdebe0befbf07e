import { and, desc, eq, isNull, lt, type SQL } from "drizzle-orm"
import { Hono } from "hono"
import { html } from "hono/html"
import { z } from "zod"
import type { Store } from "../../src/db/store.ts"
import { type Json, type Run, runOutcomes, tables } from "../../src/db/tables.ts"
import { changed } from "../address.ts"
import { csvAnswer } from "../csv.ts"
import { fieldName, modelName, money, number, time } from "../elements.ts"
import { BadAddress } from "../errors.ts"
import type { Frame, Html, PageEnv } from "../layout.ts"

const { runs } = tables
const query = z.object({
  outcome: z.enum([...runOutcomes, "running"], { error: () => `is running, ${runOutcomes.join(", ")}.` }).optional(),
  after: z.coerce
    .number({ error: () => "is the number of a run." })
    .int()
    .positive()
    .optional(),
  limit: z.coerce
    .number({ error: () => "is a number from 1 to 500." })
    .int()
    .min(1)
    .max(500)
    .default(50),
})
const columns = [
  "id",
  "agent",
  "model",
  "prompt",
  "outcome",
  "summary",
  "inputTokens",
  "outputTokens",
  "cachedTokens",
  "costUsd",
  "requests",
  "parentId",
  "taskId",
  "leadId",
  "person",
  "startedAt",
  "endedAt",
] as const
const heads = [
  ["run", "Run"],
  ["prompt", "What it was asked"],
  ["model", "Model"],
  ["status", "Outcome"],
  ["tokens", "Tokens"],
  ["cost", "Cost"],
  ["started_at", "Started"],
] as const

/** What agents did, newest first. */
export function runsRoutes(store: Store, frame: Frame): Hono<PageEnv> {
  const app = new Hono<PageEnv>()
  app.get("/runs", async (c) => {
    const asked = parse(c.req.query())
    const { rows, next } = await findRuns(store, asked)
    const parameters = new URL(c.req.url).searchParams
    parameters.delete("part")
    const outcomes = ["running", "done", "waiting", "failed"]
    const listing = html`<div class="chips" role="group" aria-label="Filters">${[null, ...outcomes].map((outcome) => {
      const on = (asked.outcome ?? null) === outcome
      return html`<a class="chip${on ? " on" : ""}" data-go data-key="outcome-${outcome ?? "all"}" href="${changed("/runs", parameters, { outcome })}"${on ? html` aria-current="true"` : ""}>${fieldName(outcome ?? "all")}</a>`
    })}</div><div class="tools"><a class="tool" href="${changed("/runs.csv", parameters, {})}" download>CSV</a></div>
${rows.length === 0 ? emptyRuns(asked.outcome) : runsTable(rows)}
${next === null ? "" : html`<nav class="pager" aria-label="More rows"><span></span><a data-go data-key="next" href="${changed("/runs", parameters, { after: String(next) })}">Older →</a></nav>`}`
    if (c.req.query("part") === "table") return c.html(listing)
    const content = html`<section class="listing" aria-label="Runs"><div id="listing" data-path="/runs" data-live="runs">${listing}</div></section>`
    return frame(c, { title: "Runs", at: "/runs" }, content)
  })
  app.get("/runs.json", async (c) => c.json(await findRuns(store, parse(c.req.query()))))
  app.get("/runs.csv", (c) => csvAnswer("runs", [...columns], csvPages(store, parse(c.req.query()))))
  return app
}

function parse(parameters: Record<string, string>) {
  const parsed = query.safeParse(parameters)
  if (!parsed.success) throw new BadAddress(parsed.error)
  return parsed.data
}

async function findRuns(
  store: Store,
  { outcome, after, limit }: z.output<typeof query>,
): Promise<{ rows: Run[]; next: number | null }> {
  const where: SQL[] = []
  if (outcome === "running") where.push(isNull(runs.endedAt))
  else if (outcome !== undefined) where.push(eq(runs.outcome, outcome))
  if (after !== undefined) where.push(lt(runs.id, after))
  const found = await store.read(async (db) =>
    db
      .select()
      .from(runs)
      .where(and(...where))
      .orderBy(desc(runs.id))
      .limit(limit + 1),
  )
  const rows = found.slice(0, limit)
  return { rows, next: found.length > limit ? (rows.at(-1)?.id ?? null) : null }
}

async function* csvPages(store: Store, asked: z.output<typeof query>): AsyncGenerator<Json[][]> {
  let after = asked.after
  for (;;) {
    const { rows, next } = await findRuns(store, { ...asked, limit: 500, after })
    yield rows.map((run) => columns.map((column) => run[column]))
    if (next === null) return
    after = next
  }
}

function runsTable(rows: Run[]): Html {
  return html`<div class="scroll" tabindex="-1"><table class="rows"><colgroup>${heads.map(([column]) => html`<col data-column="${column}">`)}</colgroup>
<thead><tr>${heads.map(([column, words]) => html`<th scope="col" data-column="${column}">${words}</th>`)}</tr></thead>
<tbody>${rows.map(
    (
      run,
    ) => html`<tr data-id="${run.id}"><th scope="row" data-column="run"><a class="open" href="/runs/${run.id}">${run.agent} ${run.id}</a></th>
<td data-column="prompt">${run.prompt}</td><td data-column="model">${modelName(run.model)}</td>
<td data-column="status"><span class="state" data-state="${run.outcome ?? "running"}">${run.outcome ?? "running"}</span></td>
<td data-column="tokens">${number(run.inputTokens + run.outputTokens)}</td><td data-column="cost">${money(run.costUsd)}</td>
<td data-column="started_at">${time(run.startedAt)}</td></tr>`,
  )}</tbody></table></div>`
}

function emptyRuns(outcome: string | undefined): Html {
  return outcome === undefined
    ? html`<section class="empty"><h2>No agent has worked here yet</h2><p>Put some to work: <code>giant start</code>, or ask for something: <code>giant ask "..."</code></p></section>`
    : html`<section class="empty"><h2>No run is ${outcome}</h2><p><a data-go data-key="all" href="/runs">Show all runs</a></p></section>`
}
