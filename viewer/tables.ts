import { type SQL, type SQLWrapper, sql } from "drizzle-orm"
import { jsonWhole, jsonWholeText } from "../src/db/json.ts"
import type { Store } from "../src/db/store.ts"
import { bases, factStates } from "../src/db/tables/facts.ts"
import { channels, draftStates } from "../src/db/tables/outreach.ts"
import { runOutcomes } from "../src/db/tables/runs.ts"
import { taskStates } from "../src/db/tables/work.ts"
import { tables as stored } from "../src/db/tables.ts"
import { holds } from "../src/db/text.ts"
import { isQuickToFind, leadIds, leadListing, leadLists, leadRows } from "../src/leads/find.ts"
import { companyTable } from "../src/leads/find-companies.ts"
import {
  fullColumn,
  type Listing,
  type ListQuery,
  type Page,
  plainColumn,
  type Row,
  textColumn,
} from "../src/leads/listing.ts"
import { findIds, findLists, findRows } from "../src/leads/listing-rows.ts"
import type { Person } from "./access.ts"
import { isChangeSeen } from "./own-changes.ts"
import { isRunSeen, seenBy } from "./own-runs.ts"

/** One table as people look at it. */
export type Table = {
  /** Where it stands, and what its files are called: `/tasks`, `tasks.csv`. */
  path: string
  file: string
  title: string
  listing: Listing
  /** The columns that are shown unless others are asked for; the first names the row. */
  usual: string[]
  /** What the search looks through; null where there is no search. */
  searched: string | null
  /** The column whose values are offered as filters with their counts. */
  chips: { column: string; values: readonly string[] } | null
  /** Where a row has a page of its own. */
  page: ((row: Row) => string) | null
  /** The column with the lead that opens beside the table; null where none does. */
  opens: "id" | "lead_id" | null
  /** Whether every change of its rows is one of the journal. */
  isJournalled: boolean
  /** As whom its rows are asked for; null for who sees them all. */
  seenBy(person: Person): string | null
  /** What stands there while there is nothing. */
  empty: { words: string; command: string | null }
  find(store: Store, query: ListQuery, columns: string[]): Promise<Page<Row>>
  /** The same page, for files. */
  lists(store: Store, query: ListQuery, columns: string[]): ReturnType<typeof findLists>
  /** The ids of all its rows, in their order. */
  ids(store: Store, query: ListQuery): Promise<number[]>
  /** Whether an index answers this at once, whatever the number of rows. */
  isQuick(query: ListQuery): boolean
}

const { runs, tasks, facts, evidence, changes, changesets, drafts } = stored
const leads: Table = {
  path: "/",
  file: "leads",
  title: "Leads",
  listing: leadListing,
  usual: ["name", "title", "company", "email", "location", "status", "score", "updated_at"],
  searched: "Search names, titles, companies, emails, places",
  chips: { column: "status", values: leadListing.columns.status?.choices ?? [] },
  page: ({ id }) => `/leads/${id}`,
  opens: "id",
  isJournalled: true,
  seenBy: () => null,
  empty: { words: "No leads yet", command: "giant import FILE.csv" },
  find: leadRows,
  lists: leadLists,
  ids: leadIds,
  isQuick: isQuickToFind,
}

const companies: Table = {
  path: "/companies",
  file: "companies",
  title: "Companies",
  listing: companyTable,
  usual: ["name", "domain", "industry", "size", "location", "leads", "updated_at"],
  searched: "Search names and domains",
  chips: null,
  page: ({ id }) => `/companies/${id}`,
  opens: null,
  isJournalled: true,
  seenBy: () => null,
  empty: { words: "No companies yet", command: "giant import FILE.csv" },
  ...readingOf(companyTable),
  isQuick: ({ words, sort, conditions }) =>
    !words && conditions.length === 0 && ["id", "created_at", "name", "industry", "size", "location"].includes(sort),
}

const outcome = sql`coalesce(${runs.outcome}, 'running')`

/** What agents did. */
const runTable = log({
  path: "/runs",
  title: "Runs",
  usual: ["id", "agent", "prompt", "model", "outcome", "input_tokens", "output_tokens", "cost_usd", "started_at"],
  searched: "Search prompts and summaries",
  chips: { column: "outcome", values: ["running", ...runOutcomes] },
  page: ({ id }) => `/runs/${id}`,
  opens: null,
  isJournalled: false,
  seenBy,
  empty: { words: "No agent has worked here yet", command: "giant start" },
  words: [sql`${runs.prompt}`, sql`${runs.summary}`],
  listing: {
    from: sql`${runs}`,
    id: sql`${runs.id}`,
    shown: isRunSeen,
    columns: {
      id: fullColumn("number", runs.id),
      agent: fullColumn("text", runs.agent),
      prompt: fullColumn("text", runs.prompt),
      model: fullColumn("text", runs.model),
      outcome: fullColumn("text", outcome, ["running", ...runOutcomes]),
      summary: textColumn(runs.summary),
      input_tokens: fullColumn("number", runs.inputTokens),
      output_tokens: fullColumn("number", runs.outputTokens),
      cached_tokens: fullColumn("number", runs.cachedTokens),
      cost_usd: fullColumn("number", runs.costUsd),
      requests: fullColumn("number", runs.requests),
      lead_id: plainColumn("number", runs.leadId),
      task_id: plainColumn("number", runs.taskId),
      parent_id: plainColumn("number", runs.parentId),
      person: fullColumn("text", runs.person),
      started_at: fullColumn("time", runs.startedAt),
      ended_at: plainColumn("time", runs.endedAt),
    },
  },
})

/** What agents have to do. */
const taskTable = log({
  path: "/tasks",
  title: "Tasks",
  usual: ["id", "kind", "lead_id", "state", "outcome", "attempts", "not_before", "updated_at"],
  searched: null,
  chips: { column: "state", values: taskStates },
  page: null,
  opens: null,
  isJournalled: false,
  empty: { words: "No tasks yet", command: "giant enrich" },
  words: [],
  listing: {
    from: sql`${tasks}`,
    id: sql`${tasks.id}`,
    columns: {
      id: fullColumn("number", tasks.id),
      kind: fullColumn("text", tasks.kind),
      lead_id: plainColumn("number", tasks.leadId),
      state: fullColumn("text", tasks.state, taskStates),
      outcome: textColumn(tasks.outcome),
      priority: fullColumn("number", tasks.priority),
      attempts: fullColumn("number", tasks.attempts),
      leased_by: textColumn(tasks.leasedBy),
      run_id: plainColumn("number", tasks.runId),
      not_before: fullColumn("time", tasks.notBefore),
      lease_until: plainColumn("time", tasks.leaseUntil),
      created_at: fullColumn("time", tasks.createdAt),
      updated_at: fullColumn("time", tasks.updatedAt),
    },
  },
})

const reader = stored.leads.name

/** What agents would like to say to whom. */
const draftTable = log({
  path: "/drafts",
  title: "Drafts",
  usual: ["lead", "channel", "subject", "body", "state", "recipient", "author", "created_at"],
  searched: "Search names, subjects and texts",
  chips: { column: "state", values: draftStates },
  page: ({ lead_id }) => `/leads/${lead_id}`,
  opens: "lead_id",
  isJournalled: true,
  empty: { words: "No drafts yet", command: 'giant ask "draft a first message to every qualified lead"' },
  words: [sql`${reader}`, sql`${drafts.subject}`, sql`${drafts.body}`],
  listing: {
    from: sql`${drafts} LEFT JOIN ${stored.leads} ON ${stored.leads.id} = ${drafts.leadId}`,
    id: sql`${drafts.id}`,
    columns: {
      id: fullColumn("number", drafts.id),
      lead: textColumn(reader),
      channel: fullColumn("text", drafts.channel, channels),
      subject: textColumn(drafts.subject),
      body: fullColumn("text", drafts.body),
      state: fullColumn("text", drafts.state, draftStates),
      recipient: fullColumn("text", drafts.recipient),
      account: textColumn(drafts.account),
      reason: textColumn(drafts.reason),
      author: fullColumn("text", drafts.author),
      lead_id: fullColumn("number", drafts.leadId),
      run_id: plainColumn("number", drafts.runId),
      snoozed_until: plainColumn("time", drafts.snoozedUntil),
      created_at: fullColumn("time", drafts.createdAt),
      updated_at: fullColumn("time", drafts.updatedAt),
    },
  },
})

/** Why each value stands where it stands. */
const factTable = log({
  path: "/facts",
  title: "Facts",
  usual: ["id", "entity", "entity_id", "field", "value", "basis", "state", "quote", "evidence_id", "created_at"],
  searched: null,
  chips: { column: "state", values: factStates },
  page: null,
  opens: null,
  isJournalled: true,
  empty: { words: "No facts yet", command: "giant start" },
  words: [],
  listing: {
    from: sql`${facts}`,
    id: sql`${facts.id}`,
    columns: {
      id: fullColumn("number", facts.id),
      entity: fullColumn("text", facts.entity, ["lead", "company"]),
      entity_id: fullColumn("number", facts.entityId),
      field: fullColumn("text", facts.field),
      value: { ...plainColumn("text", jsonWholeText(facts.value)), shown: jsonWhole(facts.value) },
      basis: fullColumn("text", facts.basis, bases),
      state: fullColumn("text", facts.state, factStates),
      quote: textColumn(facts.quote),
      reason: textColumn(facts.reason),
      evidence_id: plainColumn("number", facts.evidenceId),
      run_id: plainColumn("number", facts.runId),
      created_at: fullColumn("time", facts.createdAt),
    },
  },
})

/** What sources said. */
const evidenceTable = log({
  path: "/evidence",
  title: "Evidence",
  usual: ["id", "title", "kind", "outcome", "url", "account", "run_id", "captured_at"],
  searched: null,
  chips: null,
  page: ({ id }) => `/evidence/${id}`,
  opens: null,
  isJournalled: false,
  empty: { words: "No page was read yet", command: "giant start" },
  words: [],
  listing: {
    from: sql`${evidence}`,
    id: sql`${evidence.id}`,
    columns: {
      id: fullColumn("number", evidence.id),
      title: textColumn(evidence.title),
      kind: fullColumn("text", evidence.kind),
      outcome: fullColumn("text", evidence.outcome),
      reason: textColumn(evidence.reason),
      url: fullColumn("text", evidence.url),
      account: textColumn(evidence.account),
      run_id: plainColumn("number", evidence.runId),
      captured_at: fullColumn("time", evidence.capturedAt),
    },
  },
})

/** Every change of every row, and whose it was. */
const changeTable = log({
  path: "/changes",
  title: "Changes",
  usual: ["id", "actor", "op", "table_name", "row_id", "before", "after", "note", "changeset_id", "created_at"],
  searched: null,
  chips: { column: "op", values: ["insert", "update", "delete"] },
  page: null,
  opens: null,
  isJournalled: true,
  seenBy: ({ actor }) => actor,
  empty: { words: "Nothing was changed yet", command: "giant import FILE.csv" },
  words: [],
  listing: {
    from: sql`${changes} JOIN ${changesets} ON ${changesets.id} = ${changes.changesetId}`,
    id: sql`${changes.id}`,
    shown: isChangeSeen,
    columns: {
      id: fullColumn("number", changes.id),
      actor: fullColumn("text", changesets.actor),
      op: fullColumn("text", changes.op, ["insert", "update", "delete"]),
      table_name: fullColumn("text", changes.tableName),
      row_id: fullColumn("number", changes.rowId),
      before: plainColumn("text", changes.before),
      after: plainColumn("text", changes.after),
      kind: fullColumn("text", changesets.kind),
      note: textColumn(changesets.note),
      changeset_id: fullColumn("number", changes.changesetId),
      run_id: plainColumn("number", changesets.runId),
      undoes: plainColumn("number", changesets.undoes),
      created_at: fullColumn("time", changes.createdAt),
    },
  },
})

export const shownTables = {
  leads,
  companies,
  runs: runTable,
  tasks: taskTable,
  drafts: draftTable,
  facts: factTable,
  evidence: evidenceTable,
  changes: changeTable,
}
export type TableName = keyof typeof shownTables

type Log = Omit<Table, "file" | "listing" | "seenBy" | "find" | "lists" | "ids" | "isQuick"> & {
  seenBy?: Table["seenBy"]
  listing: Omit<Listing, "shown" | "custom" | "newest" | "words"> & Partial<Pick<Listing, "shown">>
  words: SQL[]
}

/** A table to which rows are added, so that the newest has the highest id. */
function log({ words, listing: described, ...table }: Log): Table {
  const isHeld = (term: SQLWrapper) =>
    sql`(${sql.join(
      words.map((text) => holds(text, term)),
      sql` OR `,
    )})`
  const terms = (text: string) => (words.length === 0 ? [] : text.toLowerCase().split(/\s+/).filter(Boolean))
  const listing: Listing = {
    shown: undefined,
    ...described,
    custom: null,
    newest: "id",
    words: { terms, holds: isHeld },
  }
  return {
    seenBy: () => null,
    ...table,
    file: table.path.slice(1),
    listing,
    ...readingOf(listing),
    isQuick: ({ words, sort, conditions }) => !words && sort === "id" && conditions.length === 0,
  }
}

function readingOf(listing: Listing): Pick<Table, "find" | "lists" | "ids"> {
  return {
    find: (store, query, columns) => findRows(store, listing, query, columns),
    lists: (store, query, columns) => findLists(store, listing, query, columns),
    ids: (store, query) => findIds(store, listing, query),
  }
}
