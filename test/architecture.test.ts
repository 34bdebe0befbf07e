import { readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { expect, test } from "vitest"

const root = resolve(import.meta.dirname, "..")

/** Which rooms of src a room may import. `types` may be imported by anybody as types only. */
const mayImport: Record<string, string[]> = {
  config: [],
  db: [],
  sandbox: [],
  leads: ["db"],
  outreach: ["db", "leads"],
  game: ["db", "leads"],
  browser: ["db"],
  sources: ["db"],
  views: ["db"],
  memory: ["db"],
  team: ["db"],
  actions: [
    "db",
    "leads",
    "outreach",
    "browser",
    "sources",
    "views",
    "memory",
    "sandbox",
    "recipes/recipe",
    "recipes/proposals",
  ],
  harness: ["db", "actions/define"],
  recipes: ["db", "leads", "actions", "sandbox", "harness/transcript", "harness/presence"],
  conversation: ["db", "leads", "actions", "harness"],
  rehearsal: [],
  mcp: ["db", "actions", "harness", "conversation"],
  viewer: [
    "db",
    "leads",
    "game",
    "team",
    "outreach",
    "views",
    "memory",
    "recipes/recipe",
    "recipes/proposals",
    "recipes/schedule",
    "recipes/trial-report",
    "recipes/trials",
    "harness",
    "conversation",
  ],
  cli: ["*"],
  main: ["*"],
}

/** The one room in which each outside package may be imported. */
const doors: Record<string, string> = {
  "@anthropic-ai/sdk": "harness",
  playwright: "browser",
  "@sparticuz/chromium": "browser",
  cheerio: "browser",
  hono: "viewer",
  "@hono/node-server": "viewer",
  "better-sqlite3": "db",
  pg: "db",
  "quickjs-wasi": "sandbox",
  selfsigned: "rehearsal",
  commander: "cli",
  nodemailer: "outreach",
  imapflow: "outreach",
  "@modelcontextprotocol/sdk": "mcp",
  croner: "recipes",
}

const files = ["src", "viewer"]
  .flatMap((folder) => listFiles(join(root, folder)))
  .filter((file) => file.endsWith(".ts"))
const imports = files.flatMap((file) =>
  [...readFileSync(file, "utf8").matchAll(/^(?:import|export)\s[^;'"]*?from\s+"([^"]+)"|import\("([^"]+)"\)/gms)].map(
    (match) => ({
      file: relative(root, file),
      target: match[1] ?? match[2] ?? "",
      room: roomOf(file),
    }),
  ),
)

test("each room imports only the rooms below it", () => {
  const wrong = imports
    .filter(({ target }) => target.startsWith("."))
    .flatMap(({ file, target, room }) => {
      const path = resolve(root, dirname(file), target)
      const other = roomOf(path)
      const allowed = mayImport[room] ?? []
      const isAllowed =
        room === other ||
        allowed.includes("*") ||
        allowed.includes(other) ||
        allowed.some((one) => path.includes(`src/${one}.`))
      return isAllowed ? [] : [`${file} imports ${relative(root, path)}`]
    })
  expect(wrong).toEqual([])
})

test("each outside package has one door", () => {
  const wrong = imports
    .filter(({ target }) => !target.startsWith("."))
    .flatMap(({ file, target, room }) => {
      const name = Object.keys(doors).find((one) => target === one || target.startsWith(`${one}/`))
      return name && doors[name] !== room ? [`${file} imports ${target}`] : []
    })
  expect(wrong).toEqual([])
})

test("markup is made by viewer/html.ts alone", () => {
  const others = imports.filter(({ target }) => target === "hono/html" || target === "hono/jsx")
  expect(others.map(({ file }) => file)).toEqual([])
})

test("only harness/model.ts knows the model's SDK", () => {
  const knowing = imports.filter(({ target }) => target.startsWith("@anthropic-ai/sdk")).map(({ file }) => file)
  expect([...new Set(knowing)]).toEqual(["src/harness/model.ts"])
})

test("AGENTS.md says why each dependency is there", () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const text = readFileSync(join(root, "AGENTS.md"), "utf8")
  const missing = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !text.includes(`\`${name}\``))
  expect(missing).toEqual([])
})

test("AGENTS.md names every room", () => {
  const text = readFileSync(join(root, "AGENTS.md"), "utf8")
  const rooms = readdirSync(join(root, "src")).filter((name) => statSync(join(root, "src", name)).isDirectory())
  expect(rooms.filter((room) => !text.includes(`${room}/`))).toEqual([])
})

function roomOf(path: string): string {
  const parts = relative(root, resolve(root, path)).split("/")
  if (parts[0] === "viewer") return "viewer"
  return (parts[1] ?? "").replace(/\.(ts|js)$/, "")
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? listFiles(join(folder, entry.name)) : [join(folder, entry.name)],
  )
}
