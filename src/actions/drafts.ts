import { z } from "zod"
import { channels, draftStates } from "../db/tables/outreach.ts"
import { remarksOn } from "../outreach/channels.ts"
import { claimsOf } from "../outreach/claims.ts"
import { type Drafted, draftIn, makeDraft, reviseDraft } from "../outreach/draft.ts"
import { findDrafts } from "../outreach/find.ts"
import { text } from "./answers.ts"
import { type ActionContext, ActionRefused } from "./define.ts"
import { action } from "./services.ts"

const id = z.int().positive()
const channel = z.enum(channels).meta({ id: "Channel" })

/** Words of the message, and the field of the lead (`title`) or its company (`company.industry`) that they rest on. */
const claim = z
  .strictObject({ text: z.string().min(1).max(1_000), fact: z.string().max(100).nullish() })
  .meta({ id: "Claim" })

const words = {
  body: z.string().max(60_000),
  subject: text.optional(),
  claims: z.array(claim).max(50).optional(),
  /** One of the lead's own addresses; left out, the usual one. */
  to: text.optional(),
}
const message = z.strictObject({ channel, ...words }).meta({ id: "Message" })
const change = z.strictObject({ channel: channel.optional(), ...words, body: words.body.optional() })

/** `unproved`: claims that rest on no fact. */
const drafted = z
  .object({ id, recipient: z.string(), unproved: z.array(z.string()), remarks: z.array(z.string()) })
  .meta({ id: "Drafted" })
const draft = z
  .object({
    id,
    lead: id,
    channel,
    recipient: z.string(),
    subject: text,
    body: z.string(),
    claims: z.array(z.object({ text: z.string(), standing: z.string() })),
    state: z.enum(draftStates),
    reason: text,
    author: z.string(),
    createdAt: z.string(),
  })
  .meta({ id: "Draft" })
type DraftAnswer = z.input<typeof draft>

/** Messages as agents may have to do with them: they propose. Approving and sending is for people, and is no action at all. */
export const draftActions = [
  action({
    name: "drafts.make",
    effect: "write",
    summary:
      "Proposes a message to a lead for a person to approve and send; each claim names the field that it rests on (title, company.industry)",
    example:
      'await drafts.make(17, { channel: "linkedin-message", body: "You run data at Acme.\\n\\nAda", claims: [{ text: "run data at Acme", fact: "title" }] })',
    parameters: { lead: id, message },
    returns: drafted,
    whenTainted: "allowed",
    taints: false,
    subjects: ({ lead }) => [{ entity: "lead", id: lead }],
    fields: () => [],
    run: async ({ store, author, clock }, { lead, message }) =>
      answer(store, await makeDraft(store, author, lead, message, clock())),
  }),
  action({
    name: "drafts.find",
    effect: "read",
    summary: "Drafts, newest first: draft waits for a person, rejected says why, sent went out",
    example: 'return show(await drafts.find({ state: "rejected" }))',
    parameters: {
      query: z
        .strictObject({
          lead: id.optional(),
          state: z.enum(draftStates).optional(),
          channel: channel.optional(),
          limit: z.int().min(1).max(500).optional(),
        })
        .optional(),
    },
    returns: z.array(draft),
    run: async ({ store }, { query: { lead, ...query } = {} }) => {
      const found = await findDrafts(store, { ...query, leadId: lead })
      return Promise.all(found.map(({ draft: { id } }) => readDraft(store, id)))
    },
  }),
  action({
    name: "drafts.get",
    effect: "read",
    summary: "One draft with what each of its claims rests on",
    example: "return await drafts.get(3)",
    parameters: { id },
    returns: draft,
    run: ({ store }, { id }) => readDraft(store, id),
  }),
  action({
    name: "drafts.revise",
    effect: "write",
    summary: "Changes a draft that waits, unless a person wrote or approved it as it stands",
    example: 'await drafts.revise(3, { body: "Shorter.", claims: [] })',
    parameters: { id, change },
    returns: drafted,
    whenTainted: "allowed",
    taints: false,
    fields: () => [],
    run: async ({ store, author, clock }, { id, change }) => {
      const { to, subject, body, claims, channel } = change
      return answer(store, await reviseDraft(store, author, id, { to, subject, body, claims, channel }, clock()))
    },
  }),
]

type Store = ActionContext["store"]

async function answer(store: Store, drafted: Drafted) {
  if (drafted.kind === "refused") throw new ActionRefused(drafted.reason)
  const { draft } = drafted
  const claims = await store.read((db) => claimsOf(db, draft))
  return {
    id: draft.id,
    recipient: draft.recipient,
    unproved: claims.filter(({ standing }) => standing === "none" || standing === "inferred").map(({ text }) => text),
    remarks: remarksOn(draft.channel, draft),
  }
}

async function readDraft(store: Store, id: number): Promise<DraftAnswer> {
  return store.read(async (db) => {
    const {
      leadId: lead,
      channel,
      recipient,
      subject,
      body,
      state,
      reason,
      author,
      createdAt,
      ...rest
    } = await draftIn(db, id)
    const claims = await claimsOf(db, { leadId: lead, claims: rest.claims })
    return {
      ...{ id, lead, channel, recipient, subject, body, state, reason, author, createdAt },
      claims: claims.map(({ text, standing }) => ({ text, standing })),
    }
  })
}
