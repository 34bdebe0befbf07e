import { type Browser, chromium, type Page } from "playwright"
import type { Chromium } from "./chromium.ts"

/** A page to try: what is served for it, and the rows that its queries have. */
type Trial = {
  document: string
  headers: Record<string, string>
  rows: Record<string, { rows: object[]; versions: string[] }>
}
/** Loads pages in a browser of its own, where nothing is reached. */
type HtmlTrials = { try(trial: Trial): Promise<string[]>; close(): Promise<void> }

const host = "http://host.localhost/"
const frame = "http://frame.localhost/"
/** In milliseconds. */
const longest = 3_000
const settling = 150
const mostProblems = 8

/** Opens the place where free HTML is tried. The browser starts with the first trial, and stays. */
export function openHtmlTrials(find: () => Promise<Chromium>): HtmlTrials {
  let started: Promise<Browser> | null = null
  async function launch(): Promise<Browser> {
    const { executablePath, args, env, sandbox } = await find()
    return chromium.launch({ executablePath, args, env, chromiumSandbox: sandbox.kind === "on" })
  }
  return {
    async try(trial) {
      started ??= launch()
      const browser = await started
      const context = await browser.newContext({ viewport: { width: 1_000, height: 700 } })
      try {
        return await loadOnce(await context.newPage(), trial)
      } finally {
        await context.close()
      }
    },
    async close() {
      await (await started)?.close()
    },
  }
}

/** What went wrong while it loaded; empty if nothing. */
async function loadOnce(page: Page, trial: Trial): Promise<string[]> {
  const problems = new Set<string>()
  page.on("console", (message) => message.type() === "error" && problems.add(message.text()))
  page.on("pageerror", (error) => problems.add(error.message))
  await page.route("**/*", (route) => {
    const url = route.request().url()
    if (url === host) return route.fulfill({ contentType: "text/html", body: hostPage(trial.rows) })
    if (url === frame) return route.fulfill({ headers: trial.headers, body: trial.document })
    problems.add(`It asks for ${url}; nothing is loaded in a view.`)
    return route.abort("blockedbyclient")
  })
  await page.goto(host, { timeout: longest, waitUntil: "commit" })
  const isReady = await settled(page.waitForFunction("globalThis.isReady === true", null, { timeout: longest }))
  await new Promise((resolve) => setTimeout(resolve, settling))
  const shown = await shownBy(page)
  if (!isReady && shown !== "nothing") problems.add("Its scripts did not come to their end.")
  if (shown === "no answer") problems.add("It does not answer: perhaps a loop never ends.")
  if (shown === "nothing" && problems.size === 0) problems.add("It shows nothing.")
  return [...problems].slice(0, mostProblems).map((problem) => problem.slice(0, 400))
}

async function shownBy(page: Page): Promise<"something" | "nothing" | "no answer"> {
  const inner = page.frames().find((one) => one.url() === frame)
  if (!inner) return "nothing"
  const looked = inner.evaluate(
    () => document.body.innerText.trim() !== "" || document.querySelector("canvas, svg, img, input") !== null,
  )
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), 1_000))
  const answer = await Promise.race([looked.catch(() => null), late])
  if (answer === null) return "no answer"
  return answer ? "something" : "nothing"
}

async function settled(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => true,
    () => false,
  )
}

/** A host that gives rows and refuses the rest, as the viewer would without a person. */
function hostPage(rows: Trial["rows"]): string {
  const data = JSON.stringify(rows).replaceAll("<", "\\u003c")
  return `<!doctype html><iframe sandbox="allow-scripts" src="${frame}" width="980" height="680"></iframe>
<script>const rows = ${data}; (${trialHost})(rows)</script>`
}

/** Runs in the host page; it can use nothing from outside itself. */
function trialHost(rows: Trial["rows"]): void {
  addEventListener("message", ({ data, ports }) => {
    const [port] = ports
    if (!port || data?.method !== "ui/initialize") return
    const answer = (id: unknown, result: object) => port.postMessage({ jsonrpc: "2.0", id, result })
    port.onmessage = ({ data: { id, method, params } }) => {
      if (method === "ui/notifications/initialized") Object.assign(globalThis, { isReady: true })
      if (method === "tools/call" && params.name === "rows") {
        const found = rows[params.arguments.query]
        if (found) return answer(id, { structuredContent: found })
        return answer(id, { isError: true, content: [{ text: `There is no query ${params.arguments.query}.` }] })
      }
      if (id !== undefined) answer(id, { structuredContent: {} })
    }
    answer(data.id, { hostContext: { state: {} } })
  })
}
