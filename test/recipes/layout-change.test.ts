import { and, eq } from "drizzle-orm"
import { afterAll, beforeAll, expect, test } from "vitest"
import { catalogue } from "../../src/actions/catalogue.ts"
import type { Action } from "../../src/actions/define.ts"
import { openGate } from "../../src/actions/gate.ts"
import type { Services } from "../../src/actions/services.ts"
import type { Reader } from "../../src/browser/reader.ts"
import { tables } from "../../src/db/tables.ts"
import { acceptRecipe, proposeRecipe, trialCounts } from "../../src/recipes/proposals.ts"
import { findRecipe } from "../../src/recipes/recipe.ts"
import { type Replay, replay } from "../../src/recipes/replay.ts"
import { tryVersion } from "../../src/recipes/trial.ts"
import { profilePage } from "../../src/rehearsal/web/linkedin/profile.ts"
import { people } from "../../src/rehearsal/web/people.ts"
import { everything, machines, openBench } from "../actions/bench.ts"
import { openReadingRoom, type ReadingRoom } from "../browser/reading-room.ts"
import { importedLead } from "../leads/fixture.ts"

const shared = machines()
const folders = [new URL("../../agents/recipes", import.meta.url).pathname]
const ada = { actor: "human:ada", kind: "recipe" }
const signal = new AbortController().signal
const clock = () => new Date()

let room: ReadingRoom
let reader: Reader

beforeAll(async () => {
  room = await openReadingRoom()
  reader = await room.reader()
})
afterAll(() => room.close())

async function run(
  one: Omit<Replay, "person" | "taskId" | "signal">,
  actions: readonly Action<Services>[] = catalogue,
) {
  const { context } = await openBench(shared, { store: room.store })
  return replay(
    {
      ...{ store: room.store, sandbox: shared.sandbox, catalogue, clock },
      gate({ runId, recipe, heard: { settle, handOver } }) {
        const grant = { ...everything, actions: [...recipe.actions, "recipes.handOver"], leadId: one.leadId }
        const services = { ...context.services, read: reader.read, handOver }
        const author = { actor: "agent:recipe:enrich", kind: "run", runId }
        return openGate(actions, grant, { ...context, runId, author, services, settle, clock })
      },
    },
    { person: "human:ada", taskId: null, signal, ...one },
  )
}

test("when a page changes its layout the recipe hands over and keeps nothing wrong, and an accepted next version takes over", async () => {
  const { store } = room
  const lead = (slug: string, name: string, xHandle: string) =>
    importedLead(store, { name, linkedinUrl: `https://www.linkedin.com/in/${slug}`, xHandle })
  const tobias = await lead("tobias-gruenwedel", "Tobias Grünwedel", "gruenwedel_t")
  const isla = await lead("isla-drummond-rae", "Isla Drummond-Rae", "isla_slackwater")
  const enrich = async (id: number) =>
    run({ recipe: await findRecipe(store, folders, "enrich"), input: { lead: id }, leadId: id })

  expect(await enrich(tobias)).toMatchObject({ kind: "done" })

  // From here on the profile's cards carry other keys.
  const person = people.find(({ slug }) => slug === "isla-drummond-rae")
  const page = person ? profilePage(person).text : ""
  room.put(
    "https://www.linkedin.com/in/isla-drummond-rae/",
    `<!DOCTYPE html>${page.replaceAll("sdui.profile.card.ref", "sdui.tiles.v2.")}`,
  )
  expect(await enrich(isla)).toMatchObject({
    kind: "handed-over",
    reason: expect.stringContaining("The LinkedIn profile was not recognised"),
  })
  const learned = await factsOf(isla)
  expect(learned.map(({ field }) => field)).not.toContain("title")
  expect(learned.every(({ basis }) => basis === "observed")).toBe(true)

  // What an agent found out: the bio says the title too.
  const before = await findRecipe(store, folders, "enrich")
  const next = before.script.replace(
    /( +)if \(doubts\.length > 0\)/,
    `$1const bio = known.bio
$1const said = typeof bio === "object" && bio ? /^(C[ETFO]O)\\b/.exec(String((bio as { text: string }).text)) : null
$1if (said && doubts.length > 0 && doubts.every((doubt) => doubt.startsWith("The LinkedIn profile was not recognised"))) {
$1  const { text, evidence } = bio as { text: string; evidence: number }
$1  learned += await keep([{ field: "title", value: said[1] ?? "", evidence, quote: text }], (facts) => leads.learn(id, facts))
$1  return await tasks.done("Learned from X; the LinkedIn page was not recognised.")
$1}
$&`,
  )
  const withBio = next.replace(
    /(const account = await look\("X profile".*\n)/,
    "$1    known.bio = { text: account.fields.bio, evidence: account.evidence }\n",
  )
  const { from: _, version: __, ...kept } = before
  const proposed = await proposeRecipe(store, folders, ada, { ...kept, script: withBio, reason: null }, clock())
  expect(proposed.version).toBe(2)
  expect(await enrich(isla)).toMatchObject({ kind: "handed-over" })

  const replayOne = (one: Replay, actions: readonly Action<Services>[]) => run(one, actions)
  const options = { person: "human:ada", leads: 10, signal }
  const trial = await tryVersion({ store, clock, catalogue, replay: replayOne }, proposed, options)
  expect(trialCounts(trial).differ).toEqual([])
  expect(trialCounts(trial).agree).toBeGreaterThan(8)
  expect(await acceptRecipe(store, ada, proposed.id, clock())).toMatchObject({ kind: "done" })

  expect(await enrich(isla)).toMatchObject({ kind: "done", outcome: expect.stringContaining("Learned from X") })
  expect((await factsOf(isla)).find(({ field }) => field === "title")).toMatchObject({
    ...{ value: "CTO", basis: "observed", quote: expect.stringContaining("CTO @tidewright") },
  })

  function factsOf(id: number) {
    const { facts } = tables
    return store.read((db) =>
      db
        .select()
        .from(facts)
        .where(and(eq(facts.entity, "lead"), eq(facts.entityId, id))),
    )
  }
})
