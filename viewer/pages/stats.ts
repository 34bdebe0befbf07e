import { Hono } from "hono"
import type { Badge } from "../../src/game/badges.ts"
import { levelOf, type Player } from "../../src/game/points.ts"
import type { Quest } from "../../src/game/quests.ts"
import { readStats, type Stats } from "../../src/game/stats.ts"
import { bar, cairn, medal, timeChart } from "../charts.ts"
import { actorName, fieldName, initials, number, status, time } from "../elements.ts"
import { TooSlow } from "../errors.ts"
import { isSmall, positionText } from "../events.ts"
import { type Html, html } from "../html.ts"
import type { PageEnv } from "../layout.ts"
import { keepSlow, type SlowAnswer, waiting } from "../slow-reading.ts"
import type { Reading } from "../table-routes.ts"
import { cost, costOverTime, recipes, tokensOverTime } from "./stats-cost.ts"

/** How long counting everything may take, in milliseconds. */
const patience = 120_000

/** The game: what the team has built, what is worth doing next, and what it cost. Where there are millions of rows, the numbers are
 * counted aside and kept until something happened. */
export function statsRoutes({ store, aside, frame }: Reading, clock: () => Date): Hono<PageEnv> {
  const app = new Hono<PageEnv>()
  const slow = keepSlow(clock, async () => {
    const answer = await aside.read("stats", { now: clock().toISOString() }, patience)
    if (answer.kind === "failed") throw new Error(answer.why)
    if (answer.kind === "too slow") throw new TooSlow(patience)
    return answer.value
  })
  const here = async (): Promise<SlowAnswer<Stats>> => ({ value: await readStats(store, clock()), at: clock() })

  app.get("/stats", async (c) => {
    const position = c.get("position")
    const known = isSmall(position) ? await here() : slow.known(positionText(position))
    const words = "There is much to count: it takes some seconds, and then it is there at once."
    const content = known ? statsPage(known.value, known.at) : waiting("Counting", words, "/stats.json")
    return frame(c, { title: "Stats", at: "/stats" }, content)
  })
  app.get("/stats.json", async (c) => {
    const position = c.get("position")
    const { value, at } = await (isSmall(position) ? here() : slow.read(positionText(position)))
    return c.json({ ...value, at: at.toISOString() })
  })
  return app
}

function statsPage(stats: Stats, at: Date): Html {
  return html`<article class="stats">
${summit(stats)}
<section class="wide"><h2>Quests</h2>${questList(stats)}</section>
<section><h2>The board</h2>${board(stats.board)}</section>
<section><h2>This week</h2>${season(stats)}</section>
<section class="wide"><h2>Badges</h2>${badgeList(stats.badges)}</section>
<section><h2>How much is known</h2>${coverage(stats)}</section>
<section><h2>From new to won</h2>${funnel(stats)}</section>
<section><h2>How fresh it is</h2>${freshness(stats)}</section>
<section><h2>What values rest on</h2>${bases(stats)}${precision(stats.precision)}</section>
<section class="wide"><h2>Twelve weeks</h2>${activity(stats)}</section>
<section><h2>Messages</h2>${outreach(stats)}</section>
<section><h2>What it cost</h2>${cost(stats)}</section>
<section><h2>Cost over time</h2>${costOverTime(stats)}</section>
<section><h2>Tokens over time</h2>${tokensOverTime(stats)}</section>
${recipes(stats.recipes)}
${undone(stats.undone)}
<p class="quiet counted">Counted ${time(at.toISOString())} from what stands in the database, and never kept: undo gives points back.</p>
</article>`
}

function summit({ board, leads, companies, badges }: Stats): Html {
  const points = board.reduce((sum, player) => sum + player.points, 0)
  const week = board.reduce((sum, player) => sum + player.week, 0)
  const { name, from, next } = levelOf(points)
  const earned = badges.filter(({ isEarned }) => isEarned).map((badge) => badge.name)
  return html`<header class="summit" data-level="${name}" data-earned="${JSON.stringify(earned)}">${cairn(points)}
<div><p class="cheer" id="cheer" role="status"></p><p class="quiet">Together you are a</p><h1>${name}</h1>
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

function quest({ title, minutes, points, path, ask, command }: Quest): Html {
  return html`<li><p class="points">${points > 0 ? `+${number(points)}` : "Clears the way"}</p><h3><a href="${path}">${title}</a></h3>
<p class="quiet">about ${duration(minutes)}</p>
<p class="do">${ask === null ? html`<a class="tool" href="${path}">Go there</a>` : html`<a class="tool" href="/ask?q=${encodeURIComponent(ask)}">Have it done</a>`} <code>${command}</code></p></li>`
}

function duration(minutes: number): string {
  if (minutes >= 120) return `${number(Math.round(minutes / 60))} hours`
  return minutes === 1 ? "1 minute" : `${number(minutes)} minutes`
}

function board(players: Player[]): Html {
  if (players.length === 0)
    return html`<p class="quiet">Nobody has scored yet. A proved value is worth a point, an email address five.</p>`
  return html`<table class="plain"><thead><tr><th scope="col">Who</th><th scope="col">This week</th><th scope="col">Best week</th><th scope="col">All time</th><th scope="col">Level</th></tr></thead>
<tbody>${players.map(
    (
      player,
    ) => html`<tr><th scope="row">${initials(actorName(player.actor))}${actorName(player.actor)} <span class="quiet">${player.actor.startsWith("agent:") ? "agent" : ""}</span></th>
<td>${number(player.week)}</td><td>${number(player.best.points)}${player.week > 0 && player.week === player.best.points ? html` <span class="best">best yet</span>` : ""}</td><td>${number(player.points)} <span class="quiet">${earned(player)}</span></td><td>${player.level.name}</td></tr>`,
  )}</tbody></table>
<p class="quiet">Only what stands counts: what is undone or replaced gives its points back. Days off cost nothing.</p>`
}

function earned({ values, stages, merges, drafts, decisions }: Player): string {
  const amount = (count: number, thing: string) =>
    count === 0 ? [] : [`${number(count)} ${thing}${count === 1 ? "" : "s"}`]
  return [
    ...amount(values, "value"),
    ...amount(stages, "stage"),
    ...amount(merges, "merge"),
    ...amount(drafts, "draft"),
    ...amount(decisions, "decision"),
  ].join(", ")
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

function season({ season: { weeks, goal, best } }: Stats): Html {
  const points = weeks.at(-1)?.points ?? 0
  const words =
    points >= goal
      ? `The goal of ${number(goal)} is reached.`
      : `${number(goal - points)} more to this week's goal of ${number(goal)}.`
  return html`<p class="lead-in">${words}</p>${bar(points / goal, `${number(points)} of ${number(goal)} points`)}
${timeChart("Points by week", { kind: "bar", labels: weeks.map(({ monday }) => monday), series: [{ name: "Points", values: weeks.map((week) => week.points) }] })}
<p class="quiet">Best week so far: ${number(best.points)} points, from ${best.monday}.</p>
<details><summary>As numbers</summary><table class="plain"><thead><tr><th scope="col">Week from</th><th scope="col">Points</th></tr></thead>
<tbody>${weeks.map(({ monday, points }) => html`<tr><th scope="row">${monday}</th><td>${number(points)}</td></tr>`)}</tbody></table></details>`
}

function badgeList(badges: Badge[]): Html {
  return html`<ul class="badges">${badges.map(
    ({ name, means, have, need, isEarned }) =>
      html`<li${isEarned ? html` class="earned"` : ""}>${medal()}<div><h3>${name}</h3><p class="quiet">${means}</p>
${isEarned ? html`<p class="best">Earned</p>` : bar(have / need, `${number(have)} of ${number(need)}`)}</div></li>`,
  )}</ul>`
}

const ageWords: Record<string, string> = {
  "30 days": "Within 30 days",
  "90 days": "Within 90 days",
  older: "Longer ago",
  never: "Never enriched",
}

function freshness({ freshness, leads }: Stats): Html {
  return html`<table class="bars"><tbody>${freshness.map(
    ({ age, leads: count }) =>
      html`<tr><th scope="row">${age === "never" ? html`<a href="/?enriched_at=">${ageWords[age]}</a>` : ageWords[age]}</th><td>${bar(leads === 0 ? 0 : count / leads, `${number(count)} leads`)}</td><td>${number(count)}</td></tr>`,
  )}</tbody></table>`
}

function precision(rows: Stats["precision"]): Html {
  if (rows.length === 0) return html`<p class="quiet">No value was checked again yet.</p>`
  const sources = [...Map.groupBy(rows, ({ source }) => source)].map(([source, some]) => ({
    source,
    checked: some.reduce((sum, { checked }) => sum + checked, 0),
    right: some.reduce((sum, { right }) => sum + right, 0),
  }))
  return html`<h3>Checked again, by source</h3><table class="bars"><tbody>${sources.map(
    ({ source, checked, right }) =>
      html`<tr><th scope="row">${source}</th><td>${bar(right / checked, `${number(right)} of ${number(checked)} right`)}</td><td>${Math.floor((right / checked) * 100)} %</td></tr>`,
  )}</tbody></table>`
}

function activity({ days }: Stats): Html {
  return html`${timeChart("Values and leads by day of twelve weeks", {
    kind: "bar",
    labels: days.map(({ day }) => day),
    series: [
      { name: "Values learned", values: days.map(({ facts }) => facts) },
      { name: "Leads", values: days.map(({ leads }) => leads) },
    ],
  })}
<details><summary>As numbers</summary><table class="plain"><thead><tr><th scope="col">Day</th><th scope="col">Values learned</th><th scope="col">Leads</th><th scope="col">Runs</th></tr></thead>
<tbody>${days
    .filter(({ facts, runs }) => facts > 0 || runs > 0)
    .map(
      ({ day, facts, leads, runs }) =>
        html`<tr><th scope="row">${day}</th><td>${number(facts)}</td><td>${number(leads)}</td><td>${number(runs)}</td></tr>`,
    )}</tbody></table></details>`
}

function outreach({ outreach: { written, waiting, accepted, sent, replied, bounced } }: Stats): Html {
  if (written === 0) return html`<p class="quiet">No message was drafted yet. Nothing leaves before you approve it.</p>`
  const rows = [
    ["Drafted", written, "/drafts"],
    ["Waiting for you", waiting, "/drafts?state=draft"],
    ["Accepted", accepted, "/drafts?state=approved"],
    ["Sent", sent, "/drafts?state=sent"],
    ["Leads who replied", replied, "/?status=replied"],
    ["Came back", bounced, "/drafts?state=rejected"],
  ] as const
  return html`<table class="bars"><tbody>${rows.map(
    ([words, count, path]) =>
      html`<tr><th scope="row"><a href="${path}">${words}</a></th><td>${bar(count / written, `${number(count)} of ${number(written)}`)}</td><td>${number(count)}</td></tr>`,
  )}</tbody></table>`
}

function undone(undos: Stats["undone"]): Html {
  if (undos.length === 0) return html``
  return html`<section><h2>Second thoughts</h2><p class="quiet">What was taken back. That is what undo is for.</p><ul class="work">${undos.map(
    (undo) =>
      html`<li><b>${actorName(undo.actor)}</b> took back changeset ${undo.undoes} of ${actorName(undo.of)}: ${number(undo.changes)} ${undo.changes === 1 ? "row" : "rows"}${undo.why ? html` (${undo.why})` : ""} <span class="quiet">${time(undo.at)}</span></li>`,
  )}</ul></section>`
}
