import { appendFileSync } from "node:fs"
import { z } from "zod"
import { openStore, type Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { suppressLead } from "../../src/leads/suppress.ts"
import { approveDraft, withdrawApproval, withSender } from "../../src/outreach/approve.ts"
import { DraftNotFound, makeDraft, rejectDraft, reopenDraft, reviseDraft } from "../../src/outreach/draft.ts"
import { sealOf } from "../../src/outreach/seal.ts"
import { type Courier, markAsSent, sendDraft } from "../../src/outreach/send.ts"
import { chanceOf } from "./chance.ts"

/** One of two processes that do with drafts whatever comes to mind. What leaves is appended to a file that stands for the world;
 * at any moment the process may be killed. */
const order = z
  .object({ database: z.string(), world: z.string(), seed: z.number(), steps: z.number(), leads: z.number() })
  .parse(JSON.parse(process.argv[2] ?? ""))

const chance = chanceOf(order.seed)
const store: Store = openStore(order.database)
const ada = { actor: "human:ada", kind: "draft" }
const writer = { actor: "agent:writer", kind: "draft" }
const deciding = { homeKey: () => "k".repeat(64), mailFrom: "ada@team.example" }
const signal = new AbortController().signal
/** Days may pass between two steps, so that approvals expire. */
let later = 0
const clock = () => new Date(Date.now() + later)

const courier: Courier = {
  whyNot: async () => null,
  async deliver({ sendId, channel, account, recipient, subject, body }) {
    if (chance.one(12)) die()
    if (chance.one(10)) return { kind: "refused", reason: "The composer shows somebody else." }
    appendFileSync(order.world, `${JSON.stringify({ sendId, channel, account, recipient, subject, body })}\n`)
    if (chance.one(12)) die()
    if (chance.one(10)) return { kind: "unknown", reason: "The site showed nothing." }
    return { kind: "sent", evidenceId: null }
  },
}

const deeds = [
  () => makeDraft(store, writer, 1 + chance.below(order.leads), words(), clock()),
  () => makeDraft(store, ada, 1 + chance.below(order.leads), words(), clock()),
  async () =>
    reviseDraft(store, chance.one(2) ? writer : ada, await someDraft(), { body: `Body ${chance.below(99)}` }, clock()),
  async () => approve(await someDraft()),
  async () => approve(await someDraft()),
  async () => approve(await someDraft()),
  async () => withdrawApproval(store, ada, await someDraft(), clock()),
  async () => rejectDraft(store, ada, await someDraft(), "no", clock()),
  async () => reopenDraft(store, ada, await someDraft(), clock()),
  async () =>
    sendDraft(store, chance.one(9) ? writer : ada, await someDraft(), courier, { ...deciding, clock, signal }),
  async () => sendDraft(store, ada, await someDraft(), courier, { ...deciding, clock, signal }),
  async () => sendDraft(store, ada, await someDraft(), courier, { ...deciding, clock, signal }),
  async () => (chance.one(6) ? markAsSent(store, ada, await someDraft(), deciding, clock) : null),
  async () => (chance.one(4) ? suppressLead(store, ada, 1 + chance.below(order.leads), "asked", clock()) : null),
  // Somebody works on the file with a tool of their own.
  async () =>
    chance.one(3)
      ? store.change({ actor: "outside", kind: "edit" }, async (db) =>
          db.update(tables.drafts).set({ body: "Altered" }),
        )
      : null,
  async () => {
    if (chance.one(4)) later += chance.below(3) * 24 * 3_600_000
  },
]

for (let step = 0; step < order.steps; step++) {
  try {
    await chance.of(deeds)()
  } catch (error) {
    if (!(error instanceof DraftNotFound)) throw error
  }
}
await store.close()

function words() {
  const channel = chance.of(["linkedin-message", "x-message", "email"] as const)
  const subject = channel === "email" ? `Subject ${chance.below(9)}` : null
  return { channel, subject, body: `Body ${chance.below(99)}` }
}

async function someDraft(): Promise<number> {
  const drafts = await store.read((db) => db.select({ id: tables.drafts.id }).from(tables.drafts))
  return drafts.length === 0 ? 1 : chance.of(drafts).id
}

async function approve(id: number) {
  const [draft] = (await store.read((db) => db.select().from(tables.drafts))).filter((one) => one.id === id)
  if (!draft) return
  const seal = sealOf(await store.read((db) => withSender(db, draft, deciding.mailFrom)))
  // An agent tries it too, and so does whoever has an old seal.
  await approveDraft(store, chance.one(8) ? writer : ada, id, chance.one(8) ? "0".repeat(64) : seal, deciding, clock())
}

function die(): void {
  process.kill(process.pid, "SIGKILL")
}
