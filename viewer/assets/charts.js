const still = matchMedia("(prefers-reduced-motion: reduce)")
const dark = matchMedia("(prefers-color-scheme: dark)")
const drawn = new Map()
let library = null

export function followCharts() {
  drawCharts()
  dark.addEventListener("change", () => {
    for (const chart of drawn.values()) chart.destroy()
    drawn.clear()
    drawCharts()
  })
}

/** Draws what the page has numbers for, with a library that is loaded only where there is something to draw. */
export async function drawCharts() {
  const places = [...document.querySelectorAll("[data-chart]")]
  if (places.length === 0) return
  library ??= load()
  await library
  for (const [place, chart] of drawn) {
    if (place.isConnected) continue
    chart.destroy()
    drawn.delete(place)
  }
  for (const place of places) if (!drawn.has(place)) drawn.set(place, drawChart(place))
}

function load() {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = new URL("chart.js", import.meta.url)
    script.addEventListener("load", resolve)
    script.addEventListener("error", reject)
    document.head.append(script)
  })
}

function drawChart(place) {
  const { kind, labels, series, unit } = JSON.parse(place.dataset.chart)
  const ink = colour(place, "var(--ink-faint)")
  const line = colour(place, "var(--line)")
  const hues = ["var(--accent)", "var(--good)", "var(--warn)"].map((name) => colour(place, name))
  const font = { family: getComputedStyle(place).fontFamily, size: 11 }
  const say = (value) =>
    unit === "usd" ? `$${value.toLocaleString(undefined, { maximumFractionDigits: 4 })}` : value.toLocaleString()
  return new globalThis.Chart(place.querySelector("canvas"), {
    type: kind,
    data: {
      labels,
      datasets: series.map(({ name, values }, at) => ({
        label: name,
        data: values,
        backgroundColor: kind === "bar" ? hues[at] : "transparent",
        borderColor: hues[at],
        borderWidth: kind === "bar" ? 0 : 2,
        borderRadius: 3,
        maxBarThickness: 26,
        pointRadius: labels.length > 30 ? 0 : 2.5,
        tension: 0.25,
        spanGaps: true,
      })),
    },
    options: {
      animation: still.matches ? false : { duration: 350 },
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      plugins: {
        legend: {
          display: series.length > 1,
          position: "bottom",
          labels: { color: ink, font, boxWidth: 10, boxHeight: 10 },
        },
        tooltip: { callbacks: { label: ({ dataset, raw }) => `${dataset.label}: ${raw === null ? "–" : say(raw)}` } },
      },
      scales: {
        x: {
          grid: { display: false },
          border: { color: line },
          ticks: { color: ink, font, maxRotation: 0, autoSkipPadding: 14, callback: (_, at) => shortDay(labels[at]) },
        },
        y: {
          beginAtZero: true,
          grid: { color: line },
          border: { display: false },
          ticks: { color: ink, font, maxTicksLimit: 5, precision: unit === "usd" ? undefined : 0, callback: say },
        },
      },
    },
  })
}

/** What a colour of the style sheet comes to in the light that is on. */
function colour(place, name) {
  const probe = document.createElement("span")
  probe.style.color = name
  place.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" })

function shortDay(label) {
  const at = new Date(label)
  return Number.isNaN(at.getTime()) ? label : day.format(at)
}
