import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { openHost } from "../../src/cli/host.ts"
import { sharedHostLock, takeHost } from "../../src/cli/host-lock.ts"
import type { Io } from "../../src/cli/io.ts"
import { openOutreach } from "../../src/cli/outreach.ts"
import { readEnvironment } from "../../src/config.ts"
import { openSample } from "../viewer/sample.ts"

const folder = () => mkdtempSync(join(tmpdir(), "giant-lock-"))

test("a home is held as long as anybody here needs it, and by one process at a time", () => {
  const home = folder()
  const hold = sharedHostLock(home, null)
  const [one, two] = [hold(), hold()]
  const busy = expect.objectContaining({ code: "home_busy" })
  expect(() => takeHost(home)).toThrow(busy)
  one.release()
  one.release()
  expect(() => takeHost(home)).toThrow(busy)
  two.release()
  const other = takeHost(home)
  expect(hold).toThrow(busy)
  other.release()
  hold().release()
  const own = takeHost(home)
  sharedHostLock(home, own)().release()
  expect(() => takeHost(home)).toThrow(busy)
  own.release()
})

test("a host that opened for a question reads and sends nothing while another process has the browser", async () => {
  const { store, close } = openSample()
  const signal = new AbortController().signal
  const io: Io = {
    environment: readEnvironment({}),
    ...{ out: () => {}, err: () => {}, isTerminal: false, isInteractive: false, width: 100, ask: async () => "" },
    clock: () => new Date(),
    signal,
  }
  const path = store.home
  const home = { path, settings: { web: "replica" as const }, store, person: "human:ada" }
  const host = await openHost(io, home, { model: { kind: "none" }, web: "replica", because: null }, { dayUsd: 0 })
  const other = takeHost(path)
  const url = "https://www.linkedin.com/in/isla-drummond-rae"
  await expect(host.reader.read(url, { runId: null, owner: null, signal })).rejects.toMatchObject({ code: "home_busy" })
  const ada = { actor: "human:ada", kind: "send" }
  const sent = await openOutreach(io, home, async () => host).send(ada, [1])
  expect(sent).toMatchObject([{ kind: "not begun", reason: expect.stringContaining("in another process") }])
  other.release()
  await host.close()
  await close()
})
