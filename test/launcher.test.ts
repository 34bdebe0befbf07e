import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { expect, test } from "vitest"
import { newHome } from "./cli/giant.ts"

const root = resolve(import.meta.dirname, "..")

test("what is published works without the sources", () => {
  const folder = mkdtempSync(join(tmpdir(), "giant-packed-"))
  const compiler = join(root, "node_modules/typescript/bin/tsc")
  execFileSync(process.execPath, [
    compiler,
    "-p",
    join(root, "tsconfig.build.json"),
    "--outDir",
    join(folder, "dist"),
    "--noCheck",
  ])
  for (const name of ["agents", "migrations", "viewer/assets", "src/rehearsal/sample"]) {
    cpSync(join(root, name), join(folder, "dist", name), { recursive: true })
  }
  cpSync(join(root, "src/launcher.js"), join(folder, "src/launcher.js"))
  cpSync(join(root, "package.json"), join(folder, "package.json"))
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
  const run = (args: string[]) =>
    spawnSync(process.execPath, [join(folder, "src/launcher.js"), ...args], { encoding: "utf8", cwd: folder })

  const home = newHome()
  expect(run(["leads", "--home", home]).stdout).toContain("No leads match")
  const asked = run(["ask", "show me the latest leads", "--rehearse", "--home", home, "--json"])
  expect(JSON.parse(asked.stdout)).toMatchObject({ outcome: "done", answer: [] })
  expect(JSON.parse(run(["sql", "SELECT 1 AS one", "--home", home, "--json"]).stdout).rows).toEqual([{ one: 1 }])
})
