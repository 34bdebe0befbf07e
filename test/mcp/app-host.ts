import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import type { Browser, FrameLocator, Page } from "playwright"

/** A host of MCP Apps as the extension of 2026-01-26 describes it: a frame without an origin, under a policy made of what the resource
 * declares, which speaks JSON-RPC and gets at tools that are offered to apps alone. */
export type AppHost = {
  page: Page
  view: FrameLocator
  /** Methods that the view called, in order. */
  heard: string[]
  /** Addresses that it asked to be opened. */
  links: string[]
  /** Whatever was asked of the network, and whatever a reader would call broken. */
  trouble: string[]
  close(): Promise<void>
}

/** Calls the tool as a model would, and shows its view. */
export async function showApp(browser: Browser, client: Client, name: string, input: object): Promise<AppHost> {
  const { tools } = await client.listTools()
  const ui = (tool: string) => tools.find((one) => one.name === tool)?._meta?.ui as Ui | undefined
  const { contents } = await client.readResource({ uri: ui(name)?.resourceUri ?? "" })
  const [document] = contents
  if (!document || !("text" in document) || document.mimeType !== "text/html;profile=mcp-app") {
    throw new Error("There is no such document.")
  }
  const result = await client.callTool({ name, arguments: { ...input } })
  const heard: string[] = []
  const links: string[] = []
  const trouble: string[] = []
  const page = await browser.newPage({ viewport: { width: 700, height: 700 } })
  page.on("console", (message) => message.type() === "error" && trouble.push(message.text()))
  page.on("pageerror", (error) => trouble.push(error.message))
  page.on("request", (request) => /^https?:/.test(request.url()) && trouble.push(`asked ${request.url()}`))
  await page.exposeFunction("told", (method: string, params: { url?: string }) => {
    heard.push(method)
    if (method === "ui/open-link") links.push(params.url ?? "")
  })
  await page.exposeFunction("callTool", (asked: { name: string; arguments: Record<string, unknown> }) => {
    if (!ui(asked.name)?.visibility?.includes("app")) throw new Error(`${asked.name} is not for apps.`)
    return client.callTool(asked)
  })
  await page.setContent("<!doctype html><title>Host</title><body></body>")
  await page.evaluate(hostPage, { html: withPolicy(document.text), input, result })
  return { page, view: page.frameLocator("iframe"), heard, links, trouble, close: () => page.close() }
}

type Ui = { resourceUri?: string; visibility?: string[] }

/** What the extension demands of hosts, for a view that declares no domains. */
function withPolicy(html: string): string {
  const policy =
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'none'; frame-src 'none'; object-src 'none'; base-uri 'self'"
  return html.replace("<head>", `<head><meta http-equiv="content-security-policy" content="${policy}">`)
}

/** Runs in the host's page. */
function hostPage({ html, input, result }: { html: string; input: object; result: object }): void {
  type Message = { jsonrpc?: string; id?: number; method?: string; params?: Record<string, unknown> }
  const told: (method: string, params: object) => void = Reflect.get(globalThis, "told")
  const callTool: (asked: object) => Promise<object> = Reflect.get(globalThis, "callTool")
  const frame = document.createElement("iframe")
  frame.setAttribute("sandbox", "allow-scripts")
  frame.style.cssText = "width: 640px; height: 400px"
  const post = (message: object) => frame.contentWindow?.postMessage({ jsonrpc: "2.0", ...message }, "*")
  addEventListener("message", async ({ source, data }: MessageEvent<Message>) => {
    if (source !== frame.contentWindow || data?.jsonrpc !== "2.0") return
    const { id, method = "", params = {} } = data
    if (method !== "") told(method, params)
    if (method === "ui/initialize") {
      const hostContext = {
        theme: "dark",
        displayMode: "inline",
        containerDimensions: { width: 640, maxHeight: 2_000 },
      }
      const hostInfo = { name: "test-host", version: "1" }
      return post({
        id,
        result: {
          protocolVersion: "2026-01-26",
          hostInfo,
          hostCapabilities: { serverTools: {}, openLinks: {} },
          hostContext,
        },
      })
    }
    if (method === "ui/notifications/initialized") {
      post({ method: "ui/notifications/tool-input", params: { arguments: input } })
      return post({ method: "ui/notifications/tool-result", params: result })
    }
    if (method === "ui/notifications/size-changed") {
      frame.style.height = `${params.height}px`
      return
    }
    if (method === "tools/call") {
      const answer = await callTool(params).then(
        (result) => ({ result }),
        (error: Error) => ({ error: { code: -32_000, message: error.message } }),
      )
      return post({ id, ...answer })
    }
    if (id !== undefined && method !== "") post({ id, result: {} })
  })
  frame.srcdoc = html
  document.body.append(frame)
}
