import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { findChromium, type Machine, NoBrowserFound, thisMachine } from "../../src/browser/chromium.ts"
import { testChromium } from "../chromium.ts"

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chromium-"))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const bare: Machine = { ...thisMachine, env: { ...thisMachine.env, PATH: "", ANTHROPIC_API_KEY: "sk-secret" } }

test("the setting comes first", async () => {
  const { executablePath } = await testChromium()
  expect(await findChromium({ setting: executablePath, cacheDir: folder })).toMatchObject({
    executablePath,
    kind: "setting",
  })
})

test("a setting that names nothing is an error that names it", async () => {
  const found = findChromium({ setting: "/no/such/chrome", cacheDir: folder })
  await expect(found).rejects.toThrow(NoBrowserFound)
  await expect(found).rejects.toThrow("GIANT_CHROME names /no/such/chrome, which does not exist.")
})

test("a setting that is no browser is an error too", async () => {
  const stub = await script("stub", "echo not a browser; exit 3")
  await expect(findChromium({ setting: stub, cacheDir: folder })).rejects.toThrow(
    `GIANT_CHROME names ${stub}, which does`,
  )
})

test("an installed browser is taken if it starts, and passed over if it does not", async () => {
  const { executablePath } = await testChromium()
  await script("google-chrome", "echo please install the snap; exit 1")
  const chromium = await script("chromium", `exec ${executablePath} "$@"`)
  expect(await findChromium({ setting: null, cacheDir: folder }, { ...bare, env: { PATH: folder } })).toMatchObject({
    executablePath: chromium,
    kind: "installed",
  })
})

test("several at once unpack the bundled one, and all of them can start it", async () => {
  const cacheDir = join(folder, "cache")
  const found = await Promise.all([1, 2].map(() => findChromium({ setting: null, cacheDir }, bare)))
  expect(new Set(found.map(({ executablePath }) => executablePath)).size).toBe(1)
  expect(found[0]?.kind).toBe("bundled")
  expect(await readdir(cacheDir), "nothing is left lying about").toHaveLength(1)
  expect((await stat(cacheDir)).mode & 0o077).toBe(0)
})

test("a machine for which nothing is bundled is told what to install", async () => {
  const found = findChromium({ setting: null, cacheDir: folder }, { ...bare, arch: "arm64" })
  await expect(found).rejects.toMatchObject({
    code: "no_browser_found",
    hint: expect.stringContaining("Install Chrome"),
  })
})

test("the browser gets none of the keys that this process holds, and none of the bundle's unsafe flags", async () => {
  const { env, args } = await findChromium({ setting: null, cacheDir: join(folder, "cache") }, bare)
  expect(Object.keys(env)).not.toContain("ANTHROPIC_API_KEY")
  expect(args.join(" ")).not.toMatch(/web-security|single-process|site-isolation|no-sandbox|ignore-certificate/)
})

test("root is told that the sandbox is off", async () => {
  const { sandbox } = await testChromium()
  if (thisMachine.isRoot) expect(sandbox).toEqual({ kind: "off", why: "it does not work for root" })
  else expect(["on", "off"]).toContain(sandbox.kind)
})

async function script(name: string, body: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, name)
  await writeFile(path, `#!/bin/sh\n${body}\n`)
  await chmod(path, 0o755)
  return path
}
