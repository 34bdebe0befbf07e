import { createHash } from "node:crypto"
import { sql } from "drizzle-orm"
import type { Json } from "../../src/db/json.ts"
import { tables } from "../../src/db/tables.ts"
import { tellApart } from "../../src/leads/distinctions.ts"
import { editValue } from "../../src/leads/edit.ts"
import { forgetLead } from "../../src/leads/forget.ts"
import { importLeads } from "../../src/leads/import/import.ts"
import type { ImportedLead } from "../../src/leads/import/lead-file.ts"
import { learn } from "../../src/leads/learn.ts"
import { mergeCompanies, mergeLeads } from "../../src/leads/merge.ts"
import { addReminder } from "../../src/leads/reminders.ts"
import { acceptSuggestion, amendSuggestion, rejectSuggestion } from "../../src/leads/suggestions.ts"
import { addToTimeline, setStatus } from "../../src/leads/timeline.ts"
import { stranger } from "../engine.ts"
import { ada, anyOf, companies, forgetKey, names, places, titles, type World } from "./history-world.ts"

export async function importSome({ store, random, now }: World): Promise<void> {
  const rows = Array.from({ length: 1 + random.below(4) }, (_, line) => {
    const who = random.below(names.length)
    const lead: ImportedLead = {
      name: names[who] ?? null,
      title: random.pick([...titles, null]),
      company: random.pick([...companies, null]),
      companyDomain: random.pick(["northwind.example", "fjord.example", null, null]),
      emails: random.pick([[`p${who}@mail.example`], [`p${who}.${random.below(3)}@mail.example`], []]),
      phones: random.pick([[`+1555010${who}`], []]),
      linkedinUrl: random.pick([`https://www.linkedin.com/in/person-${who}`, null]),
      companyLinkedinUrl: null,
      companyIndustry: null,
      companySize: null,
      xHandle: random.pick([`person${who}`, null]),
      website: null,
      location: random.pick([...places, null]),
      status: random.pick(["qualified", null] as const),
      value: random.pick([1200.5, 0.1, null]),
      owner: null,
      notes: random.pick(["Met at the fair", null]),
      connectedOn: null,
      doNotContact: false,
      custom: random.pick<Record<string, string>>([{}, { Segment: "A" }, { Segment: "B", Shoe: "42" }]),
    }
    return { kind: "lead" as const, line: line + 2, lead }
  })
  await importLeads(
    store,
    (async function* () {
      yield rows
    })(),
    { actor: "human:ada", source: "file", note: "leads.csv", clock: () => now },
  )
}

export async function learnSome(world: World): Promise<void> {
  const { store, random, now } = world
  const lead = await anyOf(store, random, "leads")
  if (lead === null) return
  const title = random.pick(titles)
  const company = random.pick(companies)
  const text = `${title} at ${company}, ${random.pick(places)}\u00a0area`
  const url = `https://www.linkedin.com/in/person-${random.below(names.length)}`
  const capturedAt = new Date(now.getTime() - random.below(5) * 600_000).toISOString()
  const [page] = await store.write((db) =>
    db
      .insert(tables.evidence)
      .values({
        url,
        finalUrl: url,
        kind: "linkedin.profile",
        text,
        sha256: createHash("sha256").update(text).digest("hex"),
        capturedAt,
        outcome: "found",
        reading: { fields: { title, company }, quotes: { title: text.split(",")[0] ?? "", company: text } },
      })
      .returning({ id: tables.evidence.id }),
  )
  const evidence = page?.id ?? 0
  // A run goes on now and then after others wrote in between.
  if (world.runs === 0 || random.below(2) === 0) world.runs += 1
  const runId = Math.max(1, world.runs - random.below(2))
  const claims = [
    { field: "title", value: title, evidence },
    { field: "company", value: company, evidence },
    { field: "headline", value: text, evidence, quote: text },
    { field: "location", value: random.pick(places), reason: "a guess" },
    { field: "email", value: `p${random.below(names.length)}@work.example`, reason: "a pattern" },
  ]
  const some = claims.filter(() => random.below(2) === 0)
  await learn(store, { actor: "agent:enricher", kind: "run", runId }, { entity: "lead", id: lead }, some, now)
}

export async function tellSomeApart({ store, random, now }: World): Promise<void> {
  const [one, other] = [await anyOf(store, random, "leads"), await anyOf(store, random, "leads")]
  if (one !== null && other !== null) await tellApart(store, ada, "lead", one, other, now)
}

export async function editSome({ store, random, now }: World): Promise<void> {
  const lead = await anyOf(store, random, "leads")
  if (lead === null) return
  const edit: { field: string; value: Json } = random.pick([
    { field: "title", value: random.pick(titles) },
    { field: "title", value: null },
    { field: "company", value: random.pick(companies) },
    { field: "email", value: `p${random.below(names.length)}@mail.example` },
    { field: "email", value: null },
    { field: "headline", value: random.pick(titles) },
    { field: "headline", value: null },
    { field: "status", value: random.pick(["qualified", "won"]) },
    { field: "value", value: random.pick(["12,500 EUR", 0.3]) },
  ])
  await editValue(store, ada, { entity: "lead", id: lead }, edit, now)
}

/** Another program on the same file, which knows nothing of changesets. */
export async function editOutside({ store, random }: World): Promise<void> {
  const lead = await anyOf(store, random, "leads")
  if (lead === null) return
  await stranger(store, `UPDATE leads SET title = '${random.pick(titles)} (outside)' WHERE id = ${lead}`)
}

export async function decide({ store, random, now }: World): Promise<void> {
  const found = await store.rows<{ id: number }>(sql`SELECT id FROM facts WHERE state = 'suggested' ORDER BY id`)
  if (found.length === 0) return
  const { id } = random.pick(found)
  const way = random.below(3)
  if (way === 0) await acceptSuggestion(store, ada, id, now)
  else if (way === 1) await rejectSuggestion(store, ada, id)
  else await amendSuggestion(store, ada, id, random.pick(titles), now)
}

export async function mergeSome({ store, random, now }: World): Promise<void> {
  const [keep, drop] = [await anyOf(store, random, "leads"), await anyOf(store, random, "leads")]
  if (keep !== null && drop !== null) await mergeLeads(store, { actor: "human:ada", kind: "merge" }, keep, drop, now)
}

export async function mergeSomeCompanies({ store, random, now }: World): Promise<void> {
  const [keep, drop] = [await anyOf(store, random, "companies"), await anyOf(store, random, "companies")]
  if (keep !== null && drop !== null)
    await mergeCompanies(store, { actor: "human:ada", kind: "merge" }, keep, drop, now)
}

export async function tellSome({ store, random, now }: World): Promise<void> {
  const lead = await anyOf(store, random, "leads")
  if (lead === null) return
  if (random.below(2) === 0) await addToTimeline(store, ada, lead, { kind: "note", text: "Called" }, now)
  else await addReminder(store, ada, lead, { text: "Call", person: "human:ada", dueAt: now }, now)
}

export async function moveSome({ store, random, now }: World): Promise<void> {
  const lead = await anyOf(store, random, "leads")
  if (lead !== null) await setStatus(store, ada, lead, random.pick(["new", "contacted", "lost"] as const), now)
}

export async function forgetSome({ store, home, random, now, broken }: World): Promise<void> {
  if (random.below(4) > 0) return
  const lead = await anyOf(store, random, "leads")
  if (lead === null) return
  const forgotten = await forgetLead(store, { actor: "human:ada" }, lead, { homeKey: forgetKey, home, now })
  if (forgotten.kind === "refused") throw broken(`lead ${lead} could not be forgotten: ${forgotten.reason}`)
}
