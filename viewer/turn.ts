import type { Context } from "hono"
import type { Shown } from "../src/conversation/answers.ts"
import { isBrokenOff } from "../src/conversation/history.ts"
import type { ReadTurn } from "../src/conversation/reading.ts"
import type { Json, JsonObject } from "../src/db/json.ts"
import { csrfField } from "./deed.ts"
import { fieldName, money, number, shownValue, status, time } from "./elements.ts"
import { type Html, html } from "./html.ts"
import type { PageEnv } from "./layout.ts"
import { prose } from "./prose.ts"
import { questionCard } from "./question.ts"

/** One question of a person and what came of it. `isHere`: it is at work in this process, so that it can be stopped. */
export function turnItem(c: Context<PageEnv>, turn: ReadTurn, isHere: boolean): Html {
  const { run, said, steps, answer, shown, question } = turn
  const state = run.endedAt === null ? "working" : (run.outcome ?? "done")
  return html`<li class="turn" id="run-${run.id}" data-run="${run.id}" data-state="${state}">
<h2 class="asked"><span class="unseen">You asked: </span>${run.prompt}</h2>
${state === "working" ? workingPart(c, turn, isHere) : html`${stepList(steps)}<div class="answered">${said.map(prose)}${question ? questionCard(c, question, `/ask/${run.id}`) : shown ? answerPart(shown, answer?.path ?? null) : ""}</div>${endPart(c, turn)}`}</li>`
}

function workingPart(c: Context<PageEnv>, { run, said, steps }: ReadTurn, isHere: boolean): Html {
  return html`<ol class="steps" data-live-steps>${steps.map((step) => html`<li>${step}</li>`)}</ol>
<div class="answered" data-live-text aria-live="polite">${said.map(prose)}</div>
<div class="working"><p><span class="pulse"></span><span data-live-status role="status">working ...</span></p>
${isHere ? actForm(c, `/do/ask/${run.id}/stop`, "Stop", "stop") : ""}</div>`
}

function stepList(steps: string[]): Html {
  if (steps.length === 0) return html``
  return html`<details class="steps"><summary>${steps.length === 1 ? "1 step" : `${steps.length} steps`}</summary><ol>${steps.map((step) => html`<li>${step}</li>`)}</ol></details>`
}

function endPart(c: Context<PageEnv>, { run, changes }: ReadTurn): Html {
  const tokens = run.inputTokens + run.outputTokens
  const why =
    run.outcome !== "done" && run.outcome !== "waiting" && run.summary
      ? html`<p class="stopped">${run.summary}</p>`
      : ""
  return html`${why}<footer class="receipt quiet"><span><a href="/runs/${run.id}">run ${run.id}</a> · ${number(run.requests)} ${run.requests === 1 ? "request" : "requests"} · ${number(tokens)} tokens · ${money(run.costUsd)}</span>
${changes === "standing" ? actForm(c, `/do/ask/${run.id}/undo`, "Undo what it changed", "undo") : ""}${changes === "undone" ? html`<span data-undone>Undone.</span>` : ""}
${isBrokenOff(run) ? actForm(c, `/do/ask/${run.id}/continue`, "Go on", "continue") : ""}</footer>`
}

function actForm(c: Context<PageEnv>, path: string, words: string, name: string): Html {
  return html`<form method="post" action="${path}" data-act="${name}">${csrfField(c)}<button class="small">${words}</button></form>`
}

function answerPart(shown: Shown, path: string | null): Html {
  if (shown.kind === "view") {
    return html`<p><a class="opens" href="/views/${shown.id}">${shown.title}</a></p>`
  }
  if (shown.kind === "question") return html`<p>It waited for a person: ${shown.waitsFor}</p>`
  if (shown.kind === "value") {
    return typeof shown.value === "string"
      ? prose(shown.value)
      : html`<pre>${JSON.stringify(shown.value, null, 2)}</pre>`
  }
  if (shown.rows.length === 0) return html`<p>Nothing matches.</p>`
  const rows = shown.rows.slice(0, mostDrawn)
  const columns = shown.kind === "leads" ? ofLeads : shown.kind === "companies" ? ofCompanies : null
  const place = shown.kind === "leads" ? "/leads" : shown.kind === "companies" ? "/companies" : null
  const more = shown.rows.length - rows.length
  return html`${rowTable(rows, columns, place)}<p class="quiet">${shown.rows.length === 1 ? "1 row" : `${shown.rows.length} rows`}${more > 0 ? `, the first ${mostDrawn} are shown` : ""}${path ? html` · <a data-same href="${path}">Open this table</a>` : ""}</p>`
}

/** Rows of an answer that a conversation draws; the table has all of them. */
const mostDrawn = 100
const ofLeads = ["name", "title", "company", "email", "location", "status", "score"]
const ofCompanies = ["name", "domain", "industry", "size", "location"]

function rowTable(rows: JsonObject[], wanted: string[] | null, place: string | null): Html {
  const all = wanted ?? [...new Set(rows.flatMap((row) => Object.keys(row)))].slice(0, 20)
  const columns = all.filter((column) => rows.some((row) => row[column] !== null && row[column] !== ""))
  const cell = (row: JsonObject, column: string, at: number): Html => {
    const value = row[column] ?? null
    return at === 0 && place && typeof row.id === "number"
      ? html`<a href="${place}/${row.id}">${value === null || value === "" ? `No. ${row.id}` : String(value)}</a>`
      : cellOf(column, value)
  }
  return html`<div class="answer-table" tabindex="0" role="region" aria-label="Answer"><table><thead><tr>${columns.map((column) => html`<th scope="col">${fieldName(snakeCase(column))}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${columns.map((column, at) => html`<td>${cell(row, column, at)}</td>`)}</tr>`)}</tbody></table></div>`
}

function cellOf(column: string, value: Json): Html {
  if (column === "status" && typeof value === "string") return status(value)
  if (/(_at|At)$/.test(column) && typeof value === "string" && value !== "") return time(value)
  return shownValue(value)
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
