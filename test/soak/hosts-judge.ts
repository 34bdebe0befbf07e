import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { asc, eq } from "drizzle-orm"
import { z } from "zod"
import { defaultLimits, limitWords } from "../../src/browser/ledger.ts"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { mostWithin } from "./hosts-rivals.ts"

/** What was done to the hosts, in the right time, and what was seen of them meanwhile. */
export type Happened = {
  each: number
  folder: string
  /** By how many milliseconds the clock of each machine is wrong. */
  aside: Record<string, number>
  dayUsd: number
  mostUsd: number
  mostRuns: number
  killedAt: number
  pulled: { from: number; to: number }
  restartedAt: number
}

/** How much faster than life the clock of pacing runs in rehearsal. */
const scale = 3_600
/** A host that hears nothing of the database stops within so many milliseconds. */
const stopsWithin = 35_000
const disasters = 3

/** What is wrong with what three hosts did, by the database and by what their webs were asked. */
export async function verdict(store: Store, people: string[], happened: Happened): Promise<string[]> {
  const asked = people.flatMap((person) => readLog(happened.folder, person))
  return [
    ...everythingHappened(happened),
    ...(await everyLeadOnce(store, people, happened)),
    ...(await everyLoadWithinLimits(store, people)),
    ...(await everyLaneAlone(store, people, asked, happened)),
    ...budgetKept(happened),
  ]
}

function everythingHappened({ killedAt, pulled, restartedAt, mostRuns }: Happened): string[] {
  const isWhole = killedAt > 0 && pulled.to > pulled.from && restartedAt > 0 && mostRuns > 0
  return isWhole ? [] : ["It ended before a host was killed, one cut off, and the database restarted."]
}

async function everyLeadOnce(store: Store, people: string[], { each }: Happened): Promise<string[]> {
  const wrong: string[] = []
  const { tasks, runs, facts, leads, evidence } = tables
  const total = each * people.length
  const rows = await store.read((db) => db.select().from(tasks))
  const undone = rows.filter(({ state }) => state !== "done")
  console.log(`${rows.length - undone.length} of ${rows.length} tasks done, ${total} leads`)
  if (rows.length !== total) wrong.push(`There are ${rows.length} tasks for ${total} leads.`)
  for (const { id, state, outcome } of undone.slice(0, 5)) wrong.push(`Task ${id} is ${state}: ${outcome}`)

  if (undone.length > 0) {
    for (const { id, state, notBefore, outcome } of undone)
      console.log(`  task ${id} ${state} until ${notBefore}: ${outcome}`)
    for (const host of await store.read((db) => db.select().from(tables.hosts)))
      console.log(`  ${JSON.stringify(host)}`)
    console.log(`  now ${store.now().toISOString()}`)
  }

  const ran = await store.read((db) => db.select().from(runs))
  const ended = Map.groupBy(ran, ({ outcome }) => outcome ?? "open")
  console.log(`runs: ${[...ended].map(([outcome, some]) => `${some.length} ${outcome}`).join(", ")}`)
  if (ended.has("open")) wrong.push(`${ended.get("open")?.length} runs never ended.`)
  const done = Map.groupBy(ended.get("done") ?? [], ({ taskId }) => taskId)
  for (const [task, some] of done) if (some.length > 1) wrong.push(`Task ${task} was done ${some.length} times.`)
  const undoneRuns = rows.filter(({ id, state }) => state === "done" && !done.has(id))
  for (const { id, outcome } of undoneRuns.slice(0, 5)) wrong.push(`Task ${id} is done without a run: ${outcome}`)

  const known = await store.read((db) => db.select().from(facts).where(eq(facts.entity, "lead")))
  const current = Map.groupBy(
    known.filter(({ state }) => state === "current"),
    ({ entityId, field }) => `${field} of lead ${entityId}`,
  )
  for (const [what, some] of current)
    if (some.length > 1) wrong.push(`There are ${some.length} current facts for the ${what}.`)
  const learned = Map.groupBy(known, ({ entityId, field, value, evidenceId }) =>
    JSON.stringify([entityId, field, value, evidenceId]),
  )
  for (const [what, some] of learned) if (some.length > 1) wrong.push(`Learned ${some.length} times: ${what}`)
  const allLeads = await store.read((db) => db.select().from(leads))
  const untitled = allLeads.filter(({ title }) => title === null)
  if (untitled.length > 0) wrong.push(`${untitled.length} leads have no title.`)
  for (const { id } of untitled) wrong.push(`Lead ${id}: ${rows.find(({ leadId }) => leadId === id)?.outcome}`)
  for (const { id, summary } of ended.get("failed") ?? []) console.log(`  run ${id} failed: ${summary}`)

  const pages = await store.read((db) => db.select().from(evidence).where(eq(evidence.kind, "linkedin.profile")))
  const byPage = Map.groupBy(pages, ({ url }) => url)
  console.log(`${pages.length} LinkedIn profiles kept as evidence, ${byPage.size} different`)
  for (const [url, some] of byPage) if (some.length > 1) wrong.push(`${url} is kept ${some.length} times.`)
  return wrong
}

async function everyLoadWithinLimits(store: Store, people: string[]): Promise<string[]> {
  const wrong: string[] = []
  const { spends } = tables
  const rows = await store.read((db) => db.select().from(spends).orderBy(asc(spends.at)))
  const byAccount = Map.groupBy(rows, ({ account }) => account)
  for (const [account, loads] of byAccount) {
    const places = new Set(loads.map(({ place }) => place))
    const [site = "", owner = ""] = account.split(":")
    console.log(`${account}: ${loads.length} loads from ${[...places].join(", ")}`)
    if (site === "web") continue
    if (!people.includes(owner)) wrong.push(`${account} is nobody's account.`)
    if (places.size !== 1 || !places.has(`home-of-${owner}`))
      wrong.push(`${account} was used at ${[...places].join(", ")}.`)
    for (const limit of defaultLimits[site === "x" ? "x" : "linkedin"]) {
      const counted = loads.filter(({ kind }) => kind !== "rest" && (limit.page === undefined || limit.page === kind))
      const times = counted.map(({ at }) => Date.parse(at))
      const most = mostWithin(times, limit.windowMs / scale)
      if (most > limit.loads) wrong.push(`${account} made ${most} loads within its ${limitWords(limit)}.`)
    }
  }
  return wrong
}

type Asked = { person: string; from: number; to: number; host: string; path: string }

async function everyLaneAlone(store: Store, people: string[], asked: Asked[], happened: Happened): Promise<string[]> {
  const wrong: string[] = []
  const profiles = asked.filter(({ host, path }) => host === "www.linkedin.com" && path.startsWith("/in/"))
  const byPath = Map.groupBy(profiles, ({ path }) => path.replace(/\/$/, ""))
  const again = [...byPath].filter(([, loads]) => loads.length > 1)
  console.log(
    `the webs were asked for ${profiles.length} profiles, ${byPath.size} different, ${again.length} more than once`,
  )
  const kept = await store.read((db) =>
    db.select().from(tables.evidence).where(eq(tables.evidence.kind, "linkedin.profile")),
  )
  // A page whose reading was broken off before it could be kept is read again; one that was kept never is.
  for (const [path, loads] of again) {
    const last = loads.toSorted((a, b) => a.from - b.from).at(-1)
    const page = kept.find(({ url }) => pathOf(url) === path)
    const seenAt = Date.parse(page?.capturedAt ?? "") - (happened.aside[last?.person ?? ""] ?? 0)
    const isFromLast = last !== undefined && seenAt > last.from - 1_000
    console.log(`  ${path} was loaded at ${loads.map(({ from }) => from)}, and kept at ${seenAt}`)
    if (!isFromLast) wrong.push(`${path} was loaded again although it had been kept: ${JSON.stringify(loads)}`)
  }
  // A lane loads one page at a time, so a disaster breaks off one at most.
  if (again.length > people.length * disasters) wrong.push(`${again.length} pages were loaded more than once.`)
  for (const { person, path, from } of profiles) {
    if (!path.startsWith(`/in/${person}-`)) wrong.push(`${path} was loaded on the machine of ${person}.`)
    const { pulled } = happened
    if (person === "cleo" && from > pulled.from + stopsWithin && from < pulled.to) {
      wrong.push(`${path} was loaded ${from - pulled.from} ms after the cable was pulled.`)
    }
  }
  for (const [person, own] of Map.groupBy(profiles, (one) => one.person)) {
    const inOrder = own.toSorted((a, b) => a.from - b.from)
    const overlaps = inOrder.filter(({ from }, index) => from < (inOrder[index - 1]?.to ?? 0))
    if (overlaps.length > 0) wrong.push(`${overlaps.length} pages of ${person}'s account were loaded side by side.`)
  }
  const unseen = kept.filter(({ url }) => !byPath.has(pathOf(url)))
  if (unseen.length > 0)
    wrong.push(`${unseen.length} profiles are kept that no web was asked for, such as ${unseen[0]?.url}`)
  return wrong
}

function pathOf(url: string): string {
  return new URL(url).pathname.replace(/\/$/, "")
}

function budgetKept({ mostUsd, mostRuns, dayUsd }: Happened): string[] {
  console.log(`at most ${mostRuns} agents at once; ${mostUsd.toFixed(3)} USD of ${dayUsd}`)
  return mostUsd > dayUsd ? [`${mostUsd} USD were spent of ${dayUsd}.`] : []
}

const lineShape = z.object({ from: z.number(), to: z.number(), host: z.string(), path: z.string() })

function readLog(folder: string, person: string): Asked[] {
  const path = join(folder, `${person}.log`)
  if (!existsSync(path)) return []
  return readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => ({ person, ...lineShape.parse(JSON.parse(line)) }))
}
