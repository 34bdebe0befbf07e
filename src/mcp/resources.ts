import { and, eq } from "drizzle-orm"
import { tables } from "../db/tables.ts"
import type { McpDeps, McpPerson, McpSession } from "./session.ts"

/** A thing of the CRM that a client may read by its address. Whatever comes out of the database passes the gate, as a tool's call. */
export type Place = { uri: string; name: string; description: string }

export const places: Place[] = [
  { uri: "giant://leads", name: "Latest leads", description: "The 50 newest leads" },
  { uri: "giant://views", name: "Views", description: "The person's views and those that are shared" },
]

export const templates = [
  { uriTemplate: "giant://leads/{id}", name: "Lead", description: "A lead with its facts and latest notes" },
  { uriTemplate: "giant://views/{id}", name: "View", description: "A view with what it shows and may do" },
  { uriTemplate: "giant://questions/{id}", name: "Question", description: "What became of what waits for a person" },
]

export class NoSuchResource extends Error {
  readonly code = -32002
}

/** The text of a resource, as JSON. Throws NoSuchResource. */
export async function readResource(
  deps: McpDeps,
  session: McpSession,
  { person }: McpPerson,
  uri: string,
  signal: AbortSignal,
): Promise<string> {
  const { kind, id } = placeOf(uri)
  if (kind === "questions") return questionText(deps, person, id ?? 0)
  const [name, input] =
    id === null
      ? ([`${kind}_find`, kind === "leads" ? { query: { limit: 50 } } : {}] as const)
      : ([`${kind}_get`, { id }] as const)
  const { text, isError, value } = await session.call(name, input, { isPlain: true, signal })
  if (isError) throw new NoSuchResource(text)
  return JSON.stringify(value)
}

/** What an address names. Throws NoSuchResource. */
export function placeOf(uri: string): { kind: "leads" | "views" | "questions"; id: number | null } {
  const [, kind, id] = /^giant:\/\/(leads|views|questions)(?:\/(\d{1,12}))?$/.exec(uri) ?? []
  if (kind === "leads" || kind === "views") return { kind, id: id === undefined ? null : Number(id) }
  if (kind === "questions" && id !== undefined) return { kind, id: Number(id) }
  throw new NoSuchResource(`There is no ${uri}.`)
}

async function questionText({ store, viewer }: McpDeps, person: string, id: number): Promise<string> {
  const { questions, runs } = tables
  const [found] = await store.read((db) =>
    db
      .select({ answer: questions.answer, outcome: questions.outcome, calls: questions.calls })
      .from(questions)
      .innerJoin(runs, eq(runs.id, questions.runId))
      .where(and(eq(questions.id, id), eq(runs.person, person))),
  )
  if (!found) throw new NoSuchResource(`There is no question ${id}.`)
  return JSON.stringify({ ...found, answer: found.answer ?? "open", decide: `${await viewer()}/questions/${id}` })
}
