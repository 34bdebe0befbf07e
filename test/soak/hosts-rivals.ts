import { spawn } from "node:child_process"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { sum } from "drizzle-orm"
import { z } from "zod"
import { openStore, type Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { addIdentity } from "../../src/leads/owners.ts"
import { approveDraft, withSender } from "../../src/outreach/approve.ts"
import { makeDraft } from "../../src/outreach/draft.ts"
import { sealOf } from "../../src/outreach/seal.ts"
import { addTask } from "../harness/add-task.ts"
import { network } from "./hosts-network.ts"
import { clockAside, people } from "./hosts-work.ts"

const tasks = 300
const messages = 60
const dayUsd = 2
const limit = { loads: 10, windowMs: 1_000 }

const gotShape = z.object({
  loads: z.array(z.string()),
  tasks: z.array(z.number()),
  sends: z.array(z.number()),
  requests: z.number(),
  refused: z.number(),
})

/** Three machines at once want all of the day's budget, of an account's loads, of the tasks and of the approvals. Says what went beyond
 * what there is. */
export async function rivalsKeepTo(url: string): Promise<string[]> {
  const store = openStore(url)
  try {
    await store.change({ actor: "system", kind: "account" }, (db) =>
      db.insert(tables.accounts).values([
        { site: "web", name: "web:rivals", createdAt: store.now().toISOString() },
        { site: "x", name: "x:team", createdAt: store.now().toISOString() },
      ]),
    )
    for (let lead = 1; lead <= tasks; lead += 1) await addTask(store, { kind: "soak", leadId: lead }, store.now())
    const drafts = await approvedDrafts(store)
    const got = await Promise.all(people.map((person) => rival(person, url, drafts)))
    const wrong = await judge(store, got)
    const counted = got.map((one) => [one.tasks.length, one.sends.length, one.loads.length, one.requests].join("/"))
    console.log(`rivals: tasks/sends/loads/requests of each ${counted.join(", ")}`)
    return wrong
  } finally {
    await store.close()
  }
}

async function judge(store: Store, got: z.output<typeof gotShape>[]): Promise<string[]> {
  const wrong: string[] = []
  const all = <T>(pick: (one: z.output<typeof gotShape>) => T[]) => got.flatMap(pick)
  const once = (what: string, seen: number[], wanted: number) => {
    if (seen.length !== wanted || new Set(seen).size !== wanted) {
      wrong.push(`${seen.length} ${what} were got, ${new Set(seen).size} of them different, of ${wanted}.`)
    }
  }
  once(
    "tasks",
    all((one) => one.tasks),
    tasks,
  )
  once(
    "approvals",
    all((one) => one.sends),
    messages,
  )
  const [spent] = await store.read((db) => db.select({ usd: sum(tables.runs.costUsd) }).from(tables.runs))
  const usd = Number(spent?.usd ?? 0)
  console.log(`rivals: spent ${usd.toFixed(4)} of ${dayUsd} USD`)
  if (usd > dayUsd + 1e-9) wrong.push(`${usd} USD were set aside of ${dayUsd}.`)
  if (usd < dayUsd * 0.9) wrong.push(`Only ${usd} USD of ${dayUsd} were set aside.`)
  const loads = await store.read((db) => db.select({ at: tables.spends.at }).from(tables.spends))
  const most = mostWithin(
    loads.map(({ at }) => Date.parse(at)),
    limit.windowMs,
  )
  console.log(`rivals: ${loads.length} loads, at most ${most} of ${limit.loads} within ${limit.windowMs} ms`)
  if (most > limit.loads) wrong.push(`${most} loads were made within a window of ${limit.loads}.`)
  if (loads.length !== all((one) => one.loads).length) wrong.push("Not every load stands in the ledger once.")
  return wrong
}

/** How many of the times lie within a window of that length, where they lie closest. */
export function mostWithin(times: number[], windowMs: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  let first = 0
  let most = 0
  sorted.forEach((at, last) => {
    while (at - (sorted[first] ?? 0) >= windowMs) first += 1
    most = Math.max(most, last - first + 1)
  })
  return most
}

async function rival(person: string, url: string, drafts: number[]) {
  const [command = "", ...before] = network.on(person)
  const script = join(import.meta.dirname, "hosts-rival.ts")
  const args = [...before, process.execPath, ...process.execArgv, script, url, person, String(dayUsd)]
  const child = spawn(command, [...args, JSON.stringify(drafts)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...clockAside(person) },
  })
  return gotShape.parse(JSON.parse(await text(child.stdout)))
}

/** Messages that a person has said yes to, each to a lead of its own. */
async function approvedDrafts(store: Store): Promise<number[]> {
  const ids: number[] = []
  const deciding = { homeKey: () => "k".repeat(64), mailFrom: null }
  for (let number = 1; number <= messages; number += 1) {
    const at = store.now().toISOString()
    const xHandle = `rival${number}`
    const lead = await store.change({ actor: "import", kind: "import" }, async (db) => {
      const values = { name: `Rival ${number}`, xHandle, createdAt: at, updatedAt: at }
      const [made] = await db.insert(tables.leads).values(values).returning()
      if (!made) throw new Error("No lead was made.")
      await addIdentity(db, "lead", made.id, "x", xHandle, at)
      return made
    })
    const words = { channel: "x-message", body: `Hello, number ${number}.`, claims: [] } as const
    const made = await makeDraft(store, { actor: "human:ada", kind: "draft" }, lead.id, words, store.now())
    if (made.kind === "refused") throw new Error(made.reason)
    const seal = sealOf(await store.read((db) => withSender(db, made.draft, deciding.mailFrom)))
    const author = { actor: "human:ada", kind: "approve" }
    const approved = await approveDraft(store, author, made.draft.id, seal, deciding, store.now())
    if (approved.kind !== "approved") throw new Error(JSON.stringify(approved))
    ids.push(made.draft.id)
  }
  return ids
}
