import type { Author, Store } from "../../src/db/store.ts"
import { type Draft, tables } from "../../src/db/tables.ts"
import { learn } from "../../src/leads/learn.ts"
import { approveDraft, type Deciding, withSender } from "../../src/outreach/approve.ts"
import { makeDraft, type Words } from "../../src/outreach/draft.ts"
import { sealOf } from "../../src/outreach/seal.ts"
import type { Courier, Delivery, Parcel } from "../../src/outreach/send.ts"
import { emptyStore, importedLead, later, profilePage } from "../leads/fixture.ts"

export const ada: Author = { actor: "human:ada", kind: "draft" }
export const writer: Author = { actor: "agent:writer", kind: "draft" }
export const noon = new Date("2026-11-03T12:00:00.000Z")
export const deciding: Deciding = { homeKey: () => "k".repeat(64), mailFrom: "Ada <ada@team.example>" }
const url = "https://www.linkedin.com/in/ines-vance"

/** A lead with a proved title, and the team's LinkedIn and X accounts. */
export async function leadToWriteTo(): Promise<{ store: Store; lead: number }> {
  const store = emptyStore()
  const lead = await importedLead(store, {
    name: "Ines Vance",
    company: "Larkspur Robotics",
    email: "ines@larkspur.example",
    linkedinUrl: url,
    xHandle: "inesvance",
  })
  await store.change(ada, (db) =>
    db.insert(tables.accounts).values([
      { site: "linkedin", name: "linkedin:team", createdAt: noon.toISOString() },
      { site: "x", name: "x:team", createdAt: noon.toISOString() },
    ]),
  )
  const evidence = await profilePage(store, {
    url,
    text: "Ines Vance\nHead of Robotics",
    fields: { title: "Head of Robotics" },
    quotes: { title: "Head of Robotics" },
  })
  await learn(
    store,
    { actor: "agent:enricher", kind: "edit" },
    { entity: "lead", id: lead },
    [{ field: "title", value: "Head of Robotics", evidence }],
    later,
  )
  return { store, lead }
}

export const message: Words = {
  channel: "linkedin-message",
  body: "You are Head of Robotics.\n\nDo robots fill in your CRM?\n\nAda",
  claims: [{ text: "You are Head of Robotics", fact: "title" }],
}

export async function draftFor(store: Store, lead: number, words: Words = message): Promise<Draft> {
  const drafted = await makeDraft(store, writer, lead, words, noon)
  if (drafted.kind === "refused") throw new Error(drafted.reason)
  return drafted.draft
}

/** What a person would see, and say yes to. */
export async function approve(store: Store, draft: Draft, now = noon) {
  const seal = sealOf(await store.read((db) => withSender(db, draft, deciding.mailFrom)))
  return approveDraft(store, ada, draft.id, seal, deciding, now)
}

/** A courier that keeps what it was given. */
export function keepingCourier(answer: (parcel: Parcel) => Delivery = () => ({ kind: "sent", evidenceId: null })) {
  const delivered: Parcel[] = []
  const courier: Courier = {
    whyNot: async () => null,
    async deliver(parcel) {
      delivered.push(parcel)
      return answer(parcel)
    },
  }
  return { delivered, courier }
}

export const sending = { ...deciding, clock: () => noon, signal: new AbortController().signal }
