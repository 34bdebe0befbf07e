import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { z } from "zod"
import { openStore, type Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { sealOf } from "../../src/outreach/seal.ts"
import { giveUpLostSends, settleUnknown } from "../../src/outreach/send.ts"
import { importedLead } from "../leads/fixture.ts"

type Checked = { delivered: number; unknown: number; killed: number; wrong: string[] }

const leads = 6
const mostRounds = 20
const ada = { actor: "human:ada", kind: "draft" }

/** Lets two processes edit, approve, suppress, send and die for some rounds, and for more until so many messages have arrived; says what
 * of it should never have happened. */
export async function runOrders(seed: number, rounds: number, steps: number, least = 0): Promise<Checked> {
  const folder = mkdtempSync(join(tmpdir(), "giant-orders-"))
  const [database, world] = [join(folder, "giant.db"), join(folder, "world.jsonl")]
  const store = openStore(database)
  const checked: Checked = { delivered: 0, unknown: 0, killed: 0, wrong: [] }
  try {
    await addPeople(store)
    for (let round = 0; round < rounds || (arrivedIn(world).length < least && round < mostRounds); round++) {
      const ends = await Promise.all(
        [0, 1].map((nth) => runHand({ database, world, seed: seed * 1_000 + round * 2 + nth, steps, leads })),
      )
      checked.killed += ends.filter((end) => end === "SIGKILL").length
      checked.wrong.push(...ends.filter((end) => end !== "SIGKILL" && end !== "0"))
      checked.unknown += (await giveUpLostSends(store, new Date())).length
      await tellTheTruth(store, arrivedIn(world))
    }
    const arrived = arrivedIn(world)
    checked.delivered = arrived.length
    checked.wrong.push(...(await whatIsWrong(store, arrived)))
    return checked
  } finally {
    await store.close()
    rmSync(folder, { recursive: true })
  }
}

const arrivedSchema = z.object({
  sendId: z.number(),
  channel: z.enum(["linkedin-message", "linkedin-note", "x-message", "email"]),
  account: z.string().nullable(),
  recipient: z.string(),
  subject: z.string().nullable(),
  body: z.string(),
})
type Arrived = z.output<typeof arrivedSchema>

function arrivedIn(world: string): Arrived[] {
  if (!existsSync(world)) return []
  const lines = readFileSync(world, "utf8").split("\n").filter(Boolean)
  return lines.map((line) => arrivedSchema.parse(JSON.parse(line)))
}

/** A person looks whether what nobody knows of has arrived. */
async function tellTheTruth(store: Store, arrived: Arrived[]): Promise<void> {
  const sends = await store.read((db) => db.select().from(tables.sends))
  for (const { id, draftId, outcome } of sends) {
    if (outcome !== "unknown") continue
    const wasSent = arrived.some(({ sendId }) => sendId === id)
    await settleUnknown(store, ada, draftId, wasSent, new Date())
  }
}

/** Nothing twice, unapproved, altered, expired, or to somebody who was suppressed before it began. */
async function whatIsWrong(store: Store, arrived: Arrived[]): Promise<string[]> {
  const [sends, approvals, changes, identities] = await store.read((db) =>
    Promise.all([
      db.select().from(tables.sends),
      db.select().from(tables.approvals),
      db.select().from(tables.changes),
      db.select().from(tables.identities),
    ]),
  )
  const wrong: string[] = []
  const seen = new Set<number>()
  for (const one of arrived) {
    const send = sends.find(({ id }) => id === one.sendId)
    const approval = approvals.find(({ id }) => id === send?.approvalId)
    if (!send || !approval) {
      wrong.push(`send ${one.sendId} has no approval`)
      continue
    }
    if (seen.has(send.draftId)) wrong.push(`draft ${send.draftId} arrived twice`)
    seen.add(send.draftId)
    if (sealOf(one) !== approval.seal) wrong.push(`send ${send.id} is not what was approved`)
    if (!approval.person.startsWith("human:")) wrong.push(`send ${send.id} was approved by ${approval.person}`)
    if (approval.voidedAt !== null) wrong.push(`send ${send.id} used a void approval`)
    if (approval.expiresAt <= send.startedAt) wrong.push(`send ${send.id} used an expired approval`)
    const began = changes.find(
      ({ tableName, rowId, op }) => tableName === "sends" && rowId === send.id && op === "insert",
    )
    const own = identities.filter(({ leadId }) => leadId === send.leadId).map(({ value }) => value)
    const suppressed = changes.some(
      ({ id, tableName, op, after }) =>
        tableName === "suppressions" && op === "insert" && id < (began?.id ?? 0) && own.includes(String(after?.value)),
    )
    if (suppressed) wrong.push(`send ${send.id} went to somebody who was suppressed`)
  }
  const uses = sends.map(({ approvalId }) => approvalId)
  if (new Set(uses).size !== uses.length) wrong.push("an approval was used twice")
  return wrong
}

async function addPeople(store: Store): Promise<void> {
  for (let nth = 1; nth <= leads; nth++) {
    await importedLead(store, {
      name: `Person ${nth}`,
      email: `person${nth}@team${nth}.example`,
      linkedinUrl: `https://www.linkedin.com/in/person-${nth}`,
      xHandle: `person${nth}`,
    })
  }
  const createdAt = new Date().toISOString()
  await store.change(ada, (db) =>
    db.insert(tables.accounts).values([
      { site: "linkedin", name: "linkedin:team", createdAt },
      { site: "x", name: "x:team", createdAt },
    ]),
  )
}

/** Runs one process to its end, and says how it ended. */
async function runHand(order: object): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "hand.ts"), JSON.stringify(order)], {
    stdio: ["ignore", "ignore", "pipe"],
  })
  let words = ""
  child.stderr.on("data", (text: Buffer) => {
    words += text
  })
  const [code, signal]: (number | string | null)[] = await once(child, "close")
  return signal === "SIGKILL" ? "SIGKILL" : code === 0 ? "0" : words
}
