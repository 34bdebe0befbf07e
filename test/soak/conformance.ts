import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createServer, type IncomingHttpHeaders, request } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { z } from "zod"
import { mcpDepsOf } from "../../src/cli/mcp-host.ts"
import { systemClock } from "../../src/harness/clock.ts"
import { openMcpOverHttp } from "../../src/mcp/http.ts"
import { createMcpServer } from "../../src/mcp/server.ts"
import { makeToken } from "../../src/team/sessions.ts"
import { putUser } from "../../src/team/users.ts"
import { serveViewer } from "../../viewer/serve.ts"
import { openServed } from "../mcp/client.ts"
import { suiteServer } from "../mcp/suite/server.ts"
import { suiteTools } from "../mcp/suite/tools.ts"

// The protocol's own conformance suite against the viewer's /mcp, every server scenario: `node test/soak/conformance.ts [SCENARIO]`.
// The suite is fetched by npm into a temporary folder; it is no dependency.
const suite = "@modelcontextprotocol/conformance@0.1.16"

/** Where a scenario runs. ours: our server as it is, tools: our server with the suite's tools behind its sessions, carried: the
 * suite's own server, carried by our sessions over HTTP, with why ours has no such thing. */
type Place = "ours" | "tools" | { carried: string }

const onlyText = { carried: "actions answer in text" }
const noQuestion = { carried: "a client is asked nothing: its answer is no person's" }
const ownPlaces = { carried: "resources are giant://, as JSON" }
const ownJobs = { carried: "the prompts are this product's jobs, in text" }

const places: Record<string, Place> = {
  "server-initialize": "ours",
  "logging-set-level": "ours",
  ping: "ours",
  "completion-complete": "ours",
  "tools-list": "ours",
  "tools-call-simple-text": "tools",
  "tools-call-image": onlyText,
  "tools-call-audio": onlyText,
  "tools-call-embedded-resource": onlyText,
  "tools-call-mixed-content": onlyText,
  "tools-call-with-logging": "tools",
  "tools-call-error": "tools",
  "tools-call-with-progress": "tools",
  "tools-call-sampling": { carried: "its model is not borrowed" },
  "tools-call-elicitation": noQuestion,
  "json-schema-2020-12": "tools",
  "elicitation-sep1034-defaults": noQuestion,
  "server-sse-polling": {
    carried: "no action closes its own stream; asked under the version that its session agreed on",
  },
  "server-sse-multiple-streams": "ours",
  "elicitation-sep1330-enums": noQuestion,
  "resources-list": "ours",
  "resources-read-text": ownPlaces,
  "resources-read-binary": ownPlaces,
  "resources-templates-read": ownPlaces,
  "resources-subscribe": ownPlaces,
  "resources-unsubscribe": ownPlaces,
  "prompts-list": "ours",
  "prompts-get-simple": ownJobs,
  "prompts-get-with-args": ownJobs,
  "prompts-get-embedded-resource": ownJobs,
  "prompts-get-with-image": ownJobs,
  "dns-rebinding-protection": "ours",
}

const checks = z.array(z.object({ status: z.string(), name: z.string(), errorMessage: z.string().optional() }))

const folder = mkdtempSync(join(tmpdir(), "giant-conformance-"))
execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", folder, suite], {
  stdio: "inherit",
})
const program = join(folder, "node_modules/@modelcontextprotocol/conformance/dist/index.js")

const served = await openServed()
const put = await putUser(
  served.store,
  { actor: "human:ada", kind: "users" },
  { name: "Ada", role: "member" },
  new Date(),
)
if (put.kind === "refused") throw new Error(put.reason)
const token = await makeToken(served.store, put.user.id, new Date())
const deps = mcpDepsOf(served.host, async () => "http://127.0.0.1")
const withTools = { ...deps, tools: (run: Parameters<typeof deps.tools>[0]) => [...deps.tools(run), ...suiteTools] }
const doors = {
  ours: await door((person, options) => createMcpServer(deps, person, options)),
  tools: await door((person, options) => createMcpServer(withTools, person, options)),
  carried: await door(suiteServer),
}

const wanted = process.argv[2]
const rows = []
for (const [scenario, place] of Object.entries(places)) {
  if (wanted !== undefined && scenario !== wanted) continue
  const [where, why] = typeof place === "string" ? [place, ""] : (["carried", place.carried] as const)
  const found = await result(scenario, `${doors[where].url}/mcp`)
  const bad = found.filter(({ status }) => status === "FAILURE" || status === "WARNING")
  const passed = found.filter(({ status }) => status === "SUCCESS").length
  const verdict = bad.length === 0 && passed > 0 ? "passed" : "FAILED"
  const said = bad.map(({ name, errorMessage }) => `${name}: ${errorMessage ?? ""}`).join("; ")
  rows.push({ scenario, verdict, checks: passed, where, why: said || why })
}
const widths = { scenario: 30, verdict: 7, checks: 6, where: 8 }
const line = (row: Record<keyof typeof widths, string | number>, why: string) =>
  console.log(
    [
      ...(["scenario", "verdict", "checks", "where"] as const).map((key) => String(row[key]).padEnd(widths[key])),
      why,
    ].join("  "),
  )
line({ scenario: "scenario", verdict: "verdict", checks: "checks", where: "where" }, "why")
for (const row of rows) line(row, row.why)
const failed = rows.filter(({ verdict }) => verdict === "FAILED").length
console.log(`${rows.length - failed} of ${rows.length} scenarios passed.`)
for (const { close } of Object.values(doors)) await close()
await served.close()
rmSync(folder, { recursive: true })
process.exitCode = failed > 0 ? 1 : 0

/** A viewer with this server at /mcp, behind a proxy that shows the token, because the suite has none. */
async function door(serve: Parameters<typeof openMcpOverHttp>[0]): Promise<{ url: string; close(): Promise<void> }> {
  const mcp = openMcpOverHttp(serve, systemClock)
  let port = 0
  const proxy = createServer((asked, answer) => {
    const headers: IncomingHttpHeaders = { ...asked.headers, authorization: `Bearer ${token}` }
    // The suite tries what a newer version brought under an older one's name, for which the protocol's own server leaves it out.
    if (headers["mcp-protocol-version"] === "2025-03-26") headers["mcp-protocol-version"] = "2025-11-25"
    const passed = request({ host: "127.0.0.1", port, path: asked.url, method: asked.method, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers)
      given.pipe(answer)
    })
    answer.once("close", () => passed.destroy())
    passed.once("error", () => answer.destroy())
    asked.pipe(passed)
  })
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening))
  // Node's own type of an address is wider for sockets that are files.
  const host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const viewer = await serveViewer({ store: served.store, clock: () => new Date(), port: 0, mcp, alsoHost: [host] })
  port = viewer.port
  return {
    url: `http://${host}`,
    async close() {
      proxy.close()
      proxy.closeAllConnections()
      await viewer.close()
      await mcp.close()
    },
  }
}

async function result(scenario: string, url: string): Promise<z.output<typeof checks>> {
  const out = join(folder, "results", scenario)
  const child = spawn(process.execPath, [program, "server", "--url", url, "--scenario", scenario, "-o", out], {
    stdio: "ignore",
  })
  await new Promise((ended) => child.once("close", ended))
  const [file] = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith("checks.json"))
  return file === undefined ? [] : checks.parse(JSON.parse(readFileSync(join(out, file), "utf8")))
}
