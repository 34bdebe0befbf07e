import { chromium } from "playwright"
import { findChromium } from "./src/browser/chromium.ts"
import { startReplica } from "./src/rehearsal/replica.ts"
import { adapterFor } from "./src/browser/sites/route.ts"
import { people } from "./src/rehearsal/web/people.ts"
import { companies } from "./src/rehearsal/web/companies.ts"
const r = await startReplica({ overlay: null })
const c = await findChromium({ setting: null, cacheDir: "/tmp/replica-chromium" })
const browser = await chromium.launch({ executablePath: c.executablePath, env: c.env, chromiumSandbox: c.sandbox.kind==="on", args: [...c.args.filter(a=>!a.startsWith("--host-resolver")), `--host-resolver-rules=MAP * 127.0.0.1:${r.port}`, `--ignore-certificate-errors-spki-list=${r.spki}`] })
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
const errors: string[] = []
page.on("pageerror", e => errors.push(String(e))); page.on("console", m => { if (m.type()==="error") errors.push(m.text()+" "+page.url()) })
const want = process.argv[2] ?? "all"
const urls = want === "all" ? [...people.map(p=>`https://www.linkedin.com/in/${encodeURIComponent(p.slug)}/`), ...people.flatMap(p=>p.x?[`https://x.com/${p.x.handle}`]:[]), ...companies.flatMap(c=>["","about","team","contact"].map(s=>`https://${c.domain}/${s}`)), ...companies.map(c=>`https://www.linkedin.com/company/${c.slug}/`)] : process.argv.slice(2)
for (const url of urls) {
  const a = adapterFor(url)
  const response = await page.goto(url).catch(e => { errors.push(String(e)); return null })
  if (a) for (const lazy of a.ready.lazy) {
    const p = page.locator(lazy.placeholder).first()
    if (await p.count()) { await p.scrollIntoViewIfNeeded(); await page.waitForSelector(lazy.filled, {timeout: 2000, state:"attached"}).catch(()=>console.log("NOT FILLED", lazy.filled)) }
  }
  const html = await page.content()
  if (want !== "all") await page.screenshot({ path: `/tmp/shot-${urls.indexOf(url)}.png` })
  if (!a) { console.log(url, response?.status(), "no adapter"); continue }
  const reading = a.parse({ url, finalUrl: page.url(), status: response?.status() ?? 0, html, capturedAt: "2026-11-20T00:00:00Z" })
  console.log(url, response?.status(), reading.kind, reading.reason ?? "", JSON.stringify(reading.fields).slice(0, want==="all"?700:4000))
}
console.log(errors)
await browser.close(); await r.close()
