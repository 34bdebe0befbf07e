import { eq } from "drizzle-orm"
import { z } from "zod"
import { tables } from "../db/tables.ts"
import { knownOf } from "../sources/known.ts"
import { checkMailDomain, type MailVerdict } from "../sources/mail-domain.ts"
import { colleaguesOf, guessMail } from "../sources/mail-patterns.ts"
import type { Source } from "../sources/source.ts"
import { trackRecord } from "../sources/track-record.ts"
import { type Flow, waterfall } from "../sources/waterfall.ts"
import { claim, text } from "./answers.ts"
import { type ActionContext, ActionRefused } from "./define.ts"
import { action, type Services } from "./services.ts"

/** How sure a value has to be where nobody says it. */
const usualThreshold = 0.6

const flow = z
  .object({
    facts: z.array(claim),
    missing: z.array(z.object({ field: z.string(), reason: z.string() })),
    asked: z.array(z.object({ source: z.string(), came: z.string(), costUsd: z.number() })),
    costUsd: z.number(),
    evidence: z.int().nullable(),
  })
  .meta({ id: "Flow" })

const sourceShape = z
  .object({
    name: z.string(),
    fields: z.array(z.string()),
    priceUsd: z.number(),
    precision: z.number().nullable(),
    asks: z.boolean(),
    reason: text,
  })
  .meta({ id: "Source" })

const guess = z
  .object({
    guesses: z.array(z.object({ email: z.string(), pattern: z.string(), seen: z.int(), of: z.int() })),
    domain: z.enum(["valid domain", "no mail", "unknown"]),
    reason: z.string(),
  })
  .meta({ id: "MailGuesses" })

const lead = z.int().positive()
const fields = z.array(z.string().max(60)).min(1).max(20)

/** Data beside the browser. What a source says is learned as it is: each value has its evidence and quote. */
export const sourceActions = [
  action({
    name: "sources.waterfall",
    effect: "browse",
    summary:
      "Asks sources for a lead's empty fields, the cheapest first, until each has a value at least so `sure` (0 to 1)",
    example: 'const flow = await sources.waterfall(7, ["linkedin_url", "title"])\nawait leads.learn(7, flow.facts)',
    parameters: { lead, fields, sure: z.number().min(0).max(1).optional() },
    returns: flow,
    taints: ({ asked }) => asked.length > 0,
    run: (context, { lead, fields, sure = usualThreshold }) =>
      ask(context, lead, context.services.sources.sources, fields, sure),
  }),
  action({
    name: "sources.ask",
    effect: "browse",
    summary: "Asks one source for whatever it knows of a lead that is not known yet",
    example: 'await leads.learn(7, (await sources.ask("gravatar", 7)).facts)',
    parameters: { source: z.string().max(100), lead },
    returns: flow,
    taints: ({ asked }) => asked.length > 0,
    run: (context, { source, lead }) => {
      const named = sourceNamed(context, source)
      return ask(context, lead, [named], named.fields, 0)
    },
  }),
  action({
    name: "sources.list",
    effect: "read",
    summary: "The sources: what each may know, its price for a question, and how often it was right",
    example: "return show(await sources.list())",
    parameters: {},
    returns: z.array(sourceShape),
    taints: false,
    run: listSources,
  }),
  action({
    name: "sources.mail",
    effect: "browse",
    summary:
      "Guesses a lead's address from colleagues' addresses; whether the domain takes mail, never whether the mailbox exists",
    example:
      'const { guesses, reason } = await sources.mail(7)\nif (guesses[0]) await leads.learn(7, [{ field: "email", value: guesses[0].email, reason }])',
    parameters: { lead },
    returns: guess,
    run: guessAddress,
  }),
]

async function ask(
  context: ActionContext<Services>,
  leadId: number,
  sources: readonly Source[],
  fields: readonly string[],
  threshold: number,
): Promise<z.input<typeof flow>> {
  const { store, runId, signal, clock, services } = context
  const known = await knownOfOwn(context, leadId)
  const { takeCall, pay } = services.sources
  const came = await waterfall(
    { store, sources, takeCall, pay, clock },
    known,
    fields.map((field) => ({ field, threshold })),
    { budgetUsd: Number.POSITIVE_INFINITY, runId, signal },
  )
  const { missing, asked, costUsd } = came
  const facts = came.values.map(({ field, value, quote, evidenceId }) => ({
    field,
    value,
    quote,
    evidence: evidenceId,
  }))
  return { facts, missing, asked, costUsd, evidence: addressEvidence(came) }
}

/** The answer whose addresses may be opened next. */
function addressEvidence({ values }: Flow): number | null {
  const leading = values.find(({ field }) => ["linkedin_url", "x_handle", "website"].includes(field)) ?? values[0]
  return leading?.evidenceId ?? null
}

async function knownOfOwn(context: ActionContext<Services>, leadId: number) {
  if (context.leadId !== null && context.leadId !== leadId) {
    throw new ActionRefused(`This run works on lead ${context.leadId} alone, and not on lead ${leadId}.`)
  }
  const known = await knownOf(context.store, leadId)
  if (!known) throw new ActionRefused(`There is no lead ${leadId}.`)
  return known
}

function sourceNamed({ services }: ActionContext<Services>, name: string): Source {
  const { sources, off } = services.sources
  const found = sources.find((one) => one.name === name)
  if (found) return found
  const why = off.find((one) => one.name === name)
  if (why) throw new ActionRefused(`${name} cannot be asked: ${why.reason}`)
  throw new ActionRefused(`There is no source ${name}. There are: ${sources.map((one) => one.name).join(", ")}.`)
}

async function listSources({ store, services }: ActionContext<Services>): Promise<z.input<typeof sourceShape>[]> {
  const { sources, off } = services.sources
  const on = sources.map(async (source) => {
    const { precision } = await trackRecord(store, source)
    const { name, priceUsd } = source
    return { name, fields: [...source.fields], priceUsd, precision, asks: true, reason: null }
  })
  const others = off.map(({ name, reason }) => ({
    name,
    fields: [],
    priceUsd: 0,
    precision: null,
    asks: false,
    reason,
  }))
  return [...(await Promise.all(on)), ...others]
}

async function guessAddress(context: ActionContext<Services>, { lead: leadId }: { lead: number }) {
  const known = await knownOfOwn(context, leadId)
  const { domain, name } = known
  if (!domain || !name) throw new ActionRefused("A guess needs the lead's name and the domain of its company.")
  const { store, services } = context
  const { leads } = tables
  const [row] = await store.read((db) => db.select({ id: leads.companyId }).from(leads).where(eq(leads.id, leadId)))
  const companyId = row?.id ?? null
  const colleagues = companyId === null ? [] : await colleaguesOf(store, companyId)
  const guesses = guessMail(name, domain, colleagues)
  const verdict: MailVerdict = await checkMailDomain(domain, services.sources.resolver)
  const [first] = guesses
  const made = first
    ? `Like ${first.seen} of ${first.of} known addresses of ${domain} (${first.pattern}); not verified.`
    : "No colleague's address is known to guess from."
  return { guesses, domain: verdict.kind, reason: `${made} ${verdict.reason}` }
}
