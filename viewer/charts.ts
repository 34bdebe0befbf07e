import { html } from "hono/html"
import { levelOf } from "../src/game/points.ts"
import type { Html } from "./layout.ts"

/** A share from 0 to 1 as a bar, with its words for those who cannot see it. */
export function bar(share: number, words: string): Html {
  const width = Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10
  return html`<svg class="meter" role="img" aria-label="${words}" width="100%" height="8"><title>${words}</title><rect class="track" width="100%" height="8" rx="4"/>${width > 0 ? html`<rect class="filled" width="${width}%" height="8" rx="4"/>` : ""}</svg>`
}

const columnWidth = 28
const chartHeight = 120

/** Columns over time. The numbers stand beside it in a table. */
export function columnChart(words: string, columns: { label: string; value: number }[]): Html {
  const most = Math.max(1, ...columns.map(({ value }) => value))
  const width = columns.length * columnWidth
  return html`<svg class="columns" role="img" aria-label="${words}" viewBox="0 0 ${width} ${chartHeight + 20}">${columns.map(
    ({ label, value }, at) => {
      const height = value === 0 ? 2 : Math.max(4, Math.round((value / most) * (chartHeight - 16)))
      return html`<g><title>${label}: ${value}</title><rect class="${value === 0 ? "track" : "filled"}" x="${at * columnWidth + 4}" y="${chartHeight - height}" width="${columnWidth - 8}" height="${height}" rx="3"/>
${value > 0 ? html`<text x="${at * columnWidth + columnWidth / 2}" y="${chartHeight - height - 4}">${value}</text>` : ""}<text class="day" x="${at * columnWidth + columnWidth / 2}" y="${chartHeight + 14}">${Number(label.slice(8))}</text></g>`
    },
  )}</svg>`
}

const square = 13
const steps = 4

/** Days as squares, a column for each week from Monday on, darker where there was more. */
export function dayGrid(words: string, days: { day: string; value: number }[]): Html {
  const most = Math.max(1, ...days.map(({ value }) => value))
  const before = days[0] ? (new Date(days[0].day).getUTCDay() + 6) % 7 : 0
  const weeks = Math.ceil((days.length + before) / 7)
  return html`<svg class="days" role="img" aria-label="${words}" viewBox="0 0 ${weeks * square} ${7 * square}">${days.map(
    ({ day, value }, at) => {
      const place = at + before
      const step = value === 0 ? 0 : Math.ceil((value / most) * steps)
      return html`<rect data-step="${step}" x="${Math.floor(place / 7) * square + 1}" y="${(place % 7) * square + 1}" width="${square - 2}" height="${square - 2}" rx="2.5"><title>${day}: ${value}</title></rect>`
    },
  )}</svg>`
}

/** A round mark with a small peak on it. */
export function medal(): Html {
  return html`<svg class="medal" viewBox="0 0 36 36" width="36" height="36" aria-hidden="true"><circle cx="18" cy="18" r="16"/><path d="M8 25l7-11 4 6 3-4 6 9z"/></svg>`
}

const stones = [
  { name: "Pebble", width: 26 },
  { name: "Stone", width: 36 },
  { name: "Boulder", width: 48 },
  { name: "Hill", width: 60 },
  { name: "Mountain", width: 72 },
  { name: "Small Giant", width: 84 },
  { name: "Giant", width: 96 },
]

/** A pile of stones, one for each level reached, the newest at the bottom. */
export function cairn(points: number): Html {
  const reached = stones.findIndex(({ name }) => name === levelOf(points).name)
  const pile = stones.slice(0, reached + 1)
  return html`<svg class="cairn" viewBox="0 0 110 150" width="110" height="150" aria-hidden="true">${pile.map(
    ({ width }, at) => {
      const y = 138 - (pile.length - 1 - at) * 19
      const lean = (at % 2 === 0 ? 1 : -1) * Math.min(4, at + 1)
      return html`<ellipse class="stone" data-hue="${at}" cx="${55 + lean}" cy="${y}" rx="${width / 2}" ry="10"/>`
    },
  )}<path class="ground" d="M4 148.5h102"/></svg>`
}
