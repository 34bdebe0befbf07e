import { type Column, getTableColumns, getTableName } from "drizzle-orm"
import { type Columns, sqliteColumns } from "./columns.ts"
import { browserTables } from "./tables/browser.ts"
import { factTables } from "./tables/facts.ts"
import { journalTables } from "./tables/journal.ts"
import { knowledgeTables } from "./tables/knowledge.ts"
import { leadTables } from "./tables/leads.ts"
import { outreachTables } from "./tables/outreach.ts"
import { runTables } from "./tables/runs.ts"
import { teamTables } from "./tables/team.ts"
import { viewTables } from "./tables/views.ts"
import { workTables } from "./tables/work.ts"

/** The one description of every table; an engine's makers turn it into that engine's tables. */
export function describeTables(c: Columns) {
  return {
    ...leadTables(c),
    ...factTables(c),
    ...journalTables(c),
    ...runTables(c),
    ...workTables(c),
    ...browserTables(c),
    ...outreachTables(c),
    ...viewTables(c),
    ...knowledgeTables(c),
    ...teamTables(c),
  }
}

export const tables = describeTables(sqliteColumns)
export type Tables = typeof tables

/** The columns of every table, under its name in the database. */
export const tableColumns: ReadonlyMap<string, Column[]> = new Map(
  Object.values(tables).map((table) => [getTableName(table), Object.values<Column>(getTableColumns(table))]),
)

/** Tables whose every change is journalled. The others are logs: rows are added and their own record. */
export const journalled = [
  "leads",
  "companies",
  "identities",
  "facts",
  "timeline",
  "reminders",
  "fields",
  "suppressions",
  "distinctions",
  "checks",
  "accounts",
  "drafts",
  "approvals",
  "sends",
  "views",
  "bookmarks",
  "recipes",
  "schedules",
  "memories",
  "users",
] as const
export type JournalledTable = (typeof journalled)[number]

export type Lead = Tables["leads"]["$inferSelect"]
export type NewLead = Tables["leads"]["$inferInsert"]
export type Company = Tables["companies"]["$inferSelect"]
export type Identity = Tables["identities"]["$inferSelect"]
export type Fact = Tables["facts"]["$inferSelect"]
export type Evidence = Tables["evidence"]["$inferSelect"]
export type Change = Tables["changes"]["$inferSelect"]
export type Changeset = Tables["changesets"]["$inferSelect"]
export type Run = Tables["runs"]["$inferSelect"]
export type Message = Tables["messages"]["$inferSelect"]
export type Call = Tables["calls"]["$inferSelect"]
export type Question = Tables["questions"]["$inferSelect"]
export type Check = Tables["checks"]["$inferSelect"]
export type Task = Tables["tasks"]["$inferSelect"]
export type Reminder = Tables["reminders"]["$inferSelect"]
export type TimelineEntry = Tables["timeline"]["$inferSelect"]
export type DefinedField = Tables["fields"]["$inferSelect"]
export type Suppression = Tables["suppressions"]["$inferSelect"]
export type Account = Tables["accounts"]["$inferSelect"]
export type HostRow = Tables["hosts"]["$inferSelect"]
export type Draft = Tables["drafts"]["$inferSelect"]
export type Approval = Tables["approvals"]["$inferSelect"]
export type Send = Tables["sends"]["$inferSelect"]
export type View = Tables["views"]["$inferSelect"]
export type ViewVersion = Tables["viewVersions"]["$inferSelect"]
export type Bookmark = Tables["bookmarks"]["$inferSelect"]
export type Recipe = Tables["recipes"]["$inferSelect"]
export type Schedule = Tables["schedules"]["$inferSelect"]
export type Memory = Tables["memories"]["$inferSelect"]
export type User = Tables["users"]["$inferSelect"]
export type GivenAnswer = Tables["answers"]["$inferSelect"]
