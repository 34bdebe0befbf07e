import { tables } from "./tables.ts"

/** The tables one by one, as drizzle-kit reads a schema. */
export const {
  leads,
  companies,
  identities,
  facts,
  evidence,
  changesets,
  changes,
  runs,
  messages,
  calls,
  questions,
  results,
  checks,
  tasks,
  timeline,
  reminders,
  fields,
  suppressions,
  accounts,
  spends,
} = tables
