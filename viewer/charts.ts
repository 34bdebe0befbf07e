import { levelOf } from "../src/game/points.ts"
import { type Html, html } from "./html.ts"

/** A share from 0 to 1 as a bar, with its words for those who cannot see it. */
export function bar(share: number, words: string): Html {
  const width = Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10
  return html`<svg class="meter" role="img" aria-label="${words}" width="100%" height="8"><title>${words}</title><rect class="track" width="100%" height="8" rx="4"/>${width > 0 ? html`<rect class="filled" width="${width}%" height="8" rx="4"/>` : ""}</svg>`
}

/** Numbers over time: `null` where there is none. */
export type ChartNumbers = {
  kind: "bar" | "line"
  labels: string[]
  series: { name: string; values: (number | null)[] }[]
  unit?: "usd"
}

/** A chart that the page's script draws; what it shows stands beside it as a table, for everybody. */
export function timeChart(words: string, numbers: ChartNumbers): Html {
  return html`<div class="chart" data-chart="${JSON.stringify(numbers)}"><canvas role="img" aria-label="${words}"></canvas></div>`
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
