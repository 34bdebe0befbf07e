import { fork } from "node:child_process"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { takeLock } from "../../src/db/lock.ts"

const newPath = () => join(mkdtempSync(join(tmpdir(), "giant-lock-")), "host.lock")

test("a lock is had once, and again after it was released", () => {
  const path = newPath()
  const lock = takeLock(path)
  expect(lock).not.toBeNull()
  expect(takeLock(path)).toBeNull()
  lock?.release()
  const again = takeLock(path)
  expect(again).not.toBeNull()
  again?.release()
})

test("a process that is killed gives its lock back", async () => {
  const path = newPath()
  const holder = fork(fileURLToPath(new URL("lock-holder.ts", import.meta.url)), [path])
  await new Promise((resolve) => holder.once("message", resolve))
  expect(takeLock(path)).toBeNull()
  const ended = new Promise((resolve) => holder.once("close", resolve))
  holder.kill("SIGKILL")
  await ended
  const lock = takeLock(path)
  expect(lock).not.toBeNull()
  lock?.release()
})
