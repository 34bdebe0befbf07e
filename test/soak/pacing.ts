import { spawnSync } from "node:child_process"
import { join, resolve } from "node:path"

/** 300 profiles, ten agents, two processes and a challenge in the middle, at the pace of an account. The suite reads fewer. */
const root = resolve(import.meta.dirname, "../..")
const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
const ran = spawnSync(process.execPath, [vitest, "run", "test/browser/pacing.test.ts"], {
  cwd: root,
  env: { ...process.env, GIANT_READINGS: "300" },
  stdio: "inherit",
})
process.exitCode = ran.status ?? 1
