import { Hono } from "hono"
import { html } from "hono/html"
import { levelOf, type Player } from "../../src/game/points.ts"
import type { Quest } from "../../src/game/quests.ts"
import { readStats, type Stats } from "../../src/game/stats.ts"
import { bar, cairn, columnChart } from "../charts.ts"
import { actorName, fieldName, initials, modelName, money, number, status, time } from "../elements.ts"
import type { Html, PageEnv } from "../layout.ts"
import type { Reading } from "../table-routes.ts"

/** The game: what the team has built, what is worth doing next, and what it cost. */
export function statsRoutes({ store, frame }: Reading, clock: () => Date): Hono<PageEnv> {
  const app = new Hono<PageEnv>()
  app.get("/stats", async (c) => frame(c, { title: "Stats", at: "/stats" }, statsPage(await readStats(store, clock()))))
  app.get("/stats.json", async (c) => c.json(await readStats(store, clock())))
  return app
}

function statsPage(stats: Stats): Html {
  return html`<article class="stats">
${summit(stats)}
<section class="wide"><h2>Quests</h2>${questList(stats)}</section>
<section><h2>The board</h2>${board(stats.board)}</section>
<section><h2>How much is known</h2>${coverage(stats)}</section>
<section><h2>From new to won</h2>${funnel(stats)}</section>
<section><h2>Fourteen days</h2>${columnChart(
    "Values learned on each day",
    stats.days.map(({ day, facts }) => ({ label: day, value: facts })),
  )}
<details><summary>As numbers</summary><table class="plain"><thead><tr><th scope="col">Day</th><th scope="col">Values learned</th><th scope="col">Runs</th></tr></thead>
<tbody>${stats.days.map(({ day, facts, runs }) => html`<tr><th scope="row">${day}</th><td>${number(facts)}</td><td>${number(runs)}</td></tr>`)}</tbody></table></details></section>
<section><h2>What values rest on</h2>${bases(stats)}</section>
<section><h2>What it cost</h2>${cost(stats)}</section>
${undone(stats.undone)}
</article>`
}

function summit({ board, leads, companies }: Stats): Html {
  const points = board.reduce((sum, player) => sum + player.points, 0)
  const week = board.reduce((sum, player) => sum + player.week, 0)
  const { name, from, next } = levelOf(points)
  return html`<header class="summit">${cairn(points)}
<div><p class="quiet">Together you are a</p><h1>${name}</h1>
<p>${next ? html`<b>${number(next.from - points)}</b> points to ${next.name}.` : "There is nothing above. Enjoy the view."} ${week > 0 ? html`<b>${number(week)}</b> came in this week.` : "The week is young; the mountain waits."}</p>
${next ? bar((points - from) / (next.from - from), `${number(points)} of ${number(next.from)} points`) : ""}</div>
<dl class="figures"><div><dt>Points</dt><dd>${number(points)}</dd></div><div><dt>Leads</dt><dd>${number(leads)}</dd></div><div><dt>Companies</dt><dd>${number(companies)}</dd></div></dl></header>`
}

function questList({ quests, leads }: Stats): Html {
  if (leads === 0)
    return html`<p class="lead-in">The first quest: bring somebody in. <code>giant import FILE.csv</code>, or <code>npm start</code> to see it play by itself.</p>`
  if (quests.length === 0) return html`<p class="lead-in">No gaps left. Close the laptop; you have earned it.</p>`
  return html`<ul class="quests">${quests.map(quest)}</ul>`
}

function quest({ title, minutes, points, path, command }: Quest): Html {
  return html`<li><p class="points">+${number(points)}</p><h3><a href="${path}">${title}</a></h3>
<p class="quiet">about ${number(minutes)} ${minutes === 1 ? "minute" : "minutes"}</p><p><code>${command}</code></p></li>`
}

function board(players: Player[]): Html {
  if (players.length === 0)
    return html`<p class="quiet">Nobody has scored yet. A proved value is worth a point, an email address five.</p>`
  return html`<table class="plain"><thead><tr><th scope="col">Who</th><th scope="col">This week</th><th scope="col">All time</th><th scope="col">Level</th></tr></thead>
<tbody>${players.map(
    (
      player,
    ) => html`<tr><th scope="row">${initials(actorName(player.actor))}${actorName(player.actor)} <span class="quiet">${player.actor.startsWith("agent:") ? "agent" : ""}</span></th>
<td>${number(player.week)}</td><td>${number(player.points)} <span class="quiet">${earned(player)}</span></td><td>${player.level.name}</td></tr>`,
  )}</tbody></table>
<p class="quiet">Only what stands counts: what is undone or replaced gives its points back. Days off cost nothing.</p>`
}

function earned({ values, stages }: Player): string {
  const amount = (count: number, thing: string) =>
    count === 0 ? [] : [`${number(count)} ${thing}${count === 1 ? "" : "s"}`]
  return [...amount(values, "value"), ...amount(stages, "stage")].join(", ")
}

function coverage({ coverage, leads }: Stats): Html {
  return html`<table class="bars"><tbody>${coverage.map(({ field, known }) => {
    const share = leads === 0 ? 0 : known / leads
    return html`<tr><th scope="row">${known < leads ? html`<a href="/?missing=${field}">${fieldName(field)}</a>` : fieldName(field)}</th><td>${bar(share, `${number(known)} of ${number(leads)}`)}</td><td>${Math.floor(share * 100)} %</td></tr>`
  })}</tbody></table>`
}

function funnel({ funnel }: Stats): Html {
  const most = Math.max(1, ...funnel.map(({ leads }) => leads))
  return html`<table class="bars"><tbody>${funnel.map(
    ({ status: name, leads }) =>
      html`<tr><th scope="row"><a href="/?status=${name}">${status(name)}</a></th><td>${bar(leads / most, `${number(leads)} leads`)}</td><td>${number(leads)}</td></tr>`,
  )}</tbody></table>`
}

function bases({ bases }: Stats): Html {
  const all = bases.reduce((sum, { facts }) => sum + facts, 0)
  if (all === 0) return html`<p class="quiet">No values with a source yet. Agents will bring some.</p>`
  return html`<table class="bars"><tbody>${bases.map(
    ({ basis, facts }) =>
      html`<tr><th scope="row"><span class="basis" data-basis="${basis}">${basis}</span></th><td>${bar(facts / all, `${number(facts)} values`)}</td><td>${number(facts)}</td></tr>`,
  )}</tbody></table>`
}

function cost({ work, models }: Stats): Html {
  return html`<dl class="figures"><div><dt>Spent</dt><dd>${money(work.costUsd)}</dd></div><div><dt>Runs</dt><dd>${number(work.runs)}</dd></div>
<div><dt>Tokens in</dt><dd>${number(work.tokensIn)}</dd></div><div><dt>Tokens out</dt><dd>${number(work.tokensOut)}</dd></div></dl>
${
  models.length === 0
    ? ""
    : html`<table class="plain"><thead><tr><th scope="col">Model</th><th scope="col">Runs</th><th scope="col">Tokens</th><th scope="col">Cost</th></tr></thead>
<tbody>${models.map((row) => html`<tr><th scope="row">${modelName(row.model)}</th><td>${number(row.runs)}</td><td>${number(row.tokens)}</td><td>${money(row.costUsd)}</td></tr>`)}</tbody></table>`
}`
}

function undone(undos: Stats["undone"]): Html {
  if (undos.length === 0) return html``
  return html`<section><h2>Second thoughts</h2><p class="quiet">What was taken back. That is what undo is for.</p><ul class="work">${undos.map(
    (undo) =>
      html`<li><b>${actorName(undo.actor)}</b> took back changeset ${undo.undoes} of ${actorName(undo.of)}: ${number(undo.changes)} ${undo.changes === 1 ? "row" : "rows"} <span class="quiet">${time(undo.at)}</span></li>`,
  )}</ul></section>`
}
