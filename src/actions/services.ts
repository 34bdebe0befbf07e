import type { PageName, Reading } from "../browser/reading.ts"
import type { SnapshotTaken } from "../browser/snapshot.ts"
import type { Json } from "../db/json.ts"
import type { Configured } from "../sources/configured.ts"
import type { MailResolver } from "../sources/mail-domain.ts"
import type { Pay, TakeCall } from "../sources/waterfall.ts"
import type { Checking } from "../views/check.ts"
import { defineAction } from "./define.ts"

/** What the actions reach beside the database; the executable wires it. */
export type Services = {
  /** Reads one page through its adapter: from fresh evidence, else by the lane of the account. */
  read(url: string, options: ReadOptions): Promise<Read>
  /** The outline of a page that was read, with handles on its links and controls. Nothing is loaded. */
  snapshot(evidenceId: number): Promise<SnapshotTaken>
  /** Data beside the browser. */
  sources: SourceDesk
  /** SELECT on a connection of its own that can do nothing else. */
  query(text: string): Promise<QueryResult>
  /** Hands a question to another agent, at the cost of the run that asks. */
  ask(asked: { agent: string; question: string; usd: number | null }): Promise<AgentAnswer>
  /** Folders of skills, the team's own first. */
  skillFolders: string[]
  /** Folders of recipes, the team's own first. */
  recipeFolders?: string[]
  /** Hears what a recipe leaves to an agent; only a recipe's run has it. */
  handOver?: (reason: string, known: Json) => void
  /** Tries interfaces before anybody sees them. */
  views: Checking
}

/** Where sources are asked: each at its rate, and paid for by the run. `resolver` is null in rehearsal. */
export type SourceDesk = Configured & { takeCall: TakeCall; pay: Pay; resolver: MailResolver | null }

/** `as`: as a page of which kind it is read, where its address allows several. */
export type ReadOptions = { runId: number; owner: string | null; signal: AbortSignal; as?: PageName }

/** parked: not now. The task can be taken up again at `until`, or when a person has cleared the account (null). */
export type Read =
  | { kind: "read"; reading: Reading; evidenceId: number }
  | { kind: "parked"; reason: string; until: string | null }
  | { kind: "refused"; reason: string }

/** waits: its run stopped to ask a person. ended: it came to no end of its own. refused: nothing was asked. */
export type AgentAnswer =
  | { kind: "answered" | "waits" | "ended"; run: number; text: string; shown: Json | null }
  | { kind: "refused"; reason: string }

export type QueryResult =
  | { kind: "rows"; columns: string[]; rows: Record<string, string | number | null>[]; isCut: boolean }
  | { kind: "refused"; reason: string }

export const action = defineAction<Services>()
