import { appendFileSync } from "node:fs"
import { eq } from "drizzle-orm"
import { serveReadings } from "../../src/browser/elsewhere.ts"
import { openPresence } from "../../src/browser/hosts.ts"
import { openStore } from "../../src/db/store.ts"
import { type Task, tables } from "../../src/db/tables.ts"
import { clockOf } from "../../src/harness/clock.ts"
import { openRateGate } from "../../src/harness/rate-gate.ts"
import { giveBackLeases, type TaskResult } from "../../src/harness/tasks.ts"
import { workTasks } from "../../src/harness/workers.ts"
import { readerWithoutBrowser } from "./fake-lane.ts"

/** A machine that works leads, and reads with its own account for others, until it is killed. */
const [, , path = "", name = "", log = ""] = process.argv
const store = openStore(path)
const clock = clockOf(store)
const place = { id: name, machine: name, folder: `/home/${name}` }
const presence = await openPresence(store, place, "replica")
const reader = readerWithoutBrowser(store, { place, host: presence.id }, (address) =>
  appendFileSync(log, `${name} ${address}\n`),
)
const signal = new AbortController().signal
void serveReadings(store, presence, reader, signal)
await giveBackLeases(
  store,
  presence.fallen.map((host) => `host ${host}`),
)
await workTasks(
  {
    ...{ store, clock, random: Math.random, dayUsd: 0, person: `human:${name}` },
    ...{ gate: openRateGate({ clock, random: Math.random, peers: presence }), reach: presence.reach },
    worker: `host ${presence.id}`,
    prepare,
  },
  { parallel: 4, signal, until: "forever" },
)

async function prepare(task: Task, stopped: AbortSignal): Promise<TaskResult> {
  const { leads } = tables
  const [lead] = await store.read((db) =>
    db
      .select()
      .from(leads)
      .where(eq(leads.id, task.leadId ?? 0)),
  )
  const url = `https://x.com/${lead?.xHandle}`
  const read = await reader.read(url, { runId: null, owner: lead?.owner ?? null, signal: stopped })
  if (read.kind !== "read") return { kind: "waiting", outcome: read.reason, until: store.now().toISOString() }
  return { kind: "done", outcome: `${read.reading.kind} by ${name}` }
}
