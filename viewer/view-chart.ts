import type { ViewRow } from "../src/views/asking.ts"
import { fieldName, number } from "./elements.ts"
import { type Html, html } from "./html.ts"

const width = 800
const height = 220
const foot = 26
const most = 60

/** Numbers over names or days, as bars or a line. The numbers themselves stand below it. */
export function viewChart(
  part: { kind: "bar" | "line"; x: string; y: string; title?: string | undefined },
  rows: ViewRow[],
): Html {
  const points = rows
    .slice(0, most)
    .map((row) => ({ name: String(row[part.x] ?? "–"), value: Number(row[part.y]) || 0 }))
  if (points.length === 0) return html`<p class="quiet">Nothing to draw yet.</p>`
  const words = `${part.title ?? fieldName(part.y)}: ${points.map(({ name, value }) => `${name} ${number(value)}`).join(", ")}`
  return html`<figure class="view-chart"><svg role="img" aria-label="${words.slice(0, 500)}" viewBox="0 0 ${width} ${height}">${
    part.kind === "bar" ? bars(points) : line(points)
  }</svg><details><summary>${points.length === 1 ? "1 number" : `${points.length} numbers`}</summary><table class="plain"><thead><tr><th scope="col">${fieldName(part.x)}</th><th scope="col">${fieldName(part.y)}</th></tr></thead>
<tbody>${points.map(({ name, value }) => html`<tr><td>${name}</td><td>${number(value)}</td></tr>`)}</tbody></table></details></figure>`
}

type Point = { name: string; value: number }

function bars(points: Point[]): Html[] {
  const { y } = scaleOf(points)
  const step = width / points.length
  const wide = Math.min(64, step * 0.68)
  return points.map(({ name, value }, at) => {
    const middle = at * step + step / 2
    const tall = Math.max(2, Math.abs(y(value) - y(0)))
    return html`<g><title>${name}: ${number(value)}</title><rect class="filled" x="${middle - wide / 2}" y="${Math.min(y(value), y(0))}" width="${wide}" height="${tall}" rx="3"/>
${points.length <= 16 ? html`<text class="of" x="${middle}" y="${Math.min(y(value), y(0)) - 6}">${number(value)}</text>` : ""}${label(points, at, middle, step)}</g>`
  })
}

function line(points: Point[]): Html {
  const { y } = scaleOf(points)
  const step = width / points.length
  const at = points.map(({ value }, nth) => ({ x: nth * step + step / 2, y: y(value) }))
  return html`<polyline class="drawn" points="${at.map((one) => `${one.x},${one.y}`).join(" ")}"/>${points.map(
    ({ name, value }, nth) =>
      html`<g><title>${name}: ${number(value)}</title><circle class="filled" cx="${at[nth]?.x}" cy="${at[nth]?.y}" r="3.5"/>${label(points, nth, at[nth]?.x ?? 0, step)}</g>`,
  )}`
}

function scaleOf(points: Point[]) {
  const values = points.map(({ value }) => value)
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)]
  const span = high - low || 1
  const top = 18
  return { y: (value: number) => Math.round(top + ((high - value) / span) * (height - foot - top)) }
}

const letterWidth = 7.5
const longestName = 16

/** As many names as can be read beside each other; on a phone half as many. */
function label(points: Point[], at: number, x: number, step: number): Html {
  const letters = Math.min(longestName, Math.max(...points.map(({ name }) => name.length)))
  const every = Math.ceil((letters * letterWidth + 8) / step)
  if (at % every !== 0) return html``
  const name = points[at]?.name ?? ""
  const text = name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name
  return html`<text class="name"${(at / every) % 2 === 1 ? html` data-extra` : ""} x="${x}" y="${height - 8}">${text}</text>`
}
