import type { Reading } from "../browser/reading.ts"
import { defineAction } from "./define.ts"

/** What the actions reach beside the database; the executable wires it. */
export type Services = {
  /** Reads one page through its adapter: from fresh evidence, else by the lane of the account. */
  read(url: string, options: { runId: number; owner: string | null; signal: AbortSignal }): Promise<Read>
  /** SELECT on a connection of its own that can do nothing else. */
  query(text: string): Promise<QueryResult>
  /** Folders of skills, the team's own first. */
  skillFolders: string[]
}

/** parked: not now. The task can be taken up again at `until`, or when a person has cleared the account (null). */
export type Read =
  | { kind: "read"; reading: Reading; evidenceId: number }
  | { kind: "parked"; reason: string; until: string | null }
  | { kind: "refused"; reason: string }

export type QueryResult =
  | { kind: "rows"; columns: string[]; rows: Record<string, string | number | null>[]; isCut: boolean }
  | { kind: "refused"; reason: string }

export const action = defineAction<Services>()
