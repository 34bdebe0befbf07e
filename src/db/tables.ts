import { getTableColumns, sql } from "drizzle-orm"
import { type Columns, sqliteColumns } from "./columns.ts"

export const leadStatuses = ["new", "qualified", "contacted", "replied", "meeting", "won", "lost"] as const
export const entities = ["lead", "company"] as const
export const bases = ["human", "imported", "observed", "inferred"] as const
export const factStates = ["current", "superseded", "suggested", "rejected"] as const
export const identityKinds = ["email", "linkedin", "x", "domain"] as const
export const taskStates = ["open", "leased", "done", "waiting", "failed"] as const
export const runOutcomes = [
  "done",
  "handed-over",
  "waiting",
  "failed",
  "refused",
  "over-budget",
  "aborted",
  "interrupted",
] as const
export const timelineKinds = ["note", "call", "meeting", "message", "stage"] as const
export const fieldTypes = ["text", "number", "date", "choice", "flag", "url"] as const
export const suppressionKinds = ["email", "domain", "linkedin", "x", "hash"] as const

export const channels = ["linkedin-note", "linkedin-message", "x-message", "email"] as const
export const draftStates = ["draft", "approved", "rejected", "sent"] as const
export const sendOutcomes = ["sent", "refused", "blocked", "unknown"] as const
export const roles = ["viewer", "member", "admin"] as const
export const viewKinds = ["declared", "html"] as const
export const proposalStates = ["proposed", "accepted", "rejected", "retired"] as const

export const questionAnswers = ["approved", "denied"] as const
export const checkVerdicts = ["right", "wrong", "absent"] as const

/** A value of a lead or company as JSON knows it. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/** Words of a draft and what they rest on: a fact, or a field whose value came with an import and has none (`company.industry`).
 * Both are null where they rest on nothing. */
export type DraftClaim = { text: string; factId: number | null; field: string | null }

/** A recipe's version against what is known: facts that it would learn too, and those that it would learn differently. */
export type RecipeTrial = { leads: number; agree: number; differ: { lead: number; field: string }[]; more: number }

/** A call that waits for a person. `id` is its number within its script. */
export type AskedCall = { id: number; action: string; arguments: Json[]; reason: string }

/** The one description of every table; an engine's makers turn it into that engine's tables. */
export function describeTables(c: Columns) {
  const leads = c.table(
    "leads",
    {
      id: c.id(),
      name: c.text("name"),
      title: c.text("title"),
      companyId: c.integer("company_id"),
      company: c.text("company"),
      email: c.text("email"),
      phone: c.text("phone"),
      linkedinUrl: c.text("linkedin_url"),
      xHandle: c.text("x_handle"),
      location: c.text("location"),
      status: c.choice("status", leadStatuses).notNull().default("new"),
      value: c.real("value"),
      score: c.integer("score"),
      owner: c.text("owner"),
      source: c.text("source"),
      custom: c.json<JsonObject>("custom").notNull().default({}),
      enrichedAt: c.time("enriched_at"),
      createdAt: c.time("created_at").notNull(),
      updatedAt: c.time("updated_at").notNull(),
      mergedInto: c.integer("merged_into"),
    },
    (t) => [
      c.index("leads_created").on(t.createdAt, t.id),
      c.index("leads_updated").on(t.updatedAt, t.id),
      c.index("leads_status_created").on(t.status, t.createdAt, t.id),
      c.index("leads_merged").on(t.mergedInto).where(sql`merged_into is not null`),
    ],
  )

  const companies = c.table(
    "companies",
    {
      id: c.id(),
      name: c.text("name"),
      domain: c.text("domain"),
      linkedinUrl: c.text("linkedin_url"),
      xHandle: c.text("x_handle"),
      industry: c.text("industry"),
      size: c.text("size"),
      location: c.text("location"),
      description: c.text("description"),
      /** The name as companies are matched by: no legal form, punctuation, case or accents. */
      nameKey: c.text("name_key"),
      custom: c.json<JsonObject>("custom").notNull().default({}),
      createdAt: c.time("created_at").notNull(),
      updatedAt: c.time("updated_at").notNull(),
      mergedInto: c.integer("merged_into"),
    },
    (t) => [
      c.index("companies_created").on(t.createdAt, t.id),
      c.index("companies_name_key").on(t.nameKey),
      c.index("companies_merged").on(t.mergedInto).where(sql`merged_into is not null`),
    ],
  )

  /** What recognises a lead or company. A value belongs to one of them. */
  const identities = c.table(
    "identities",
    {
      id: c.id(),
      leadId: c.integer("lead_id"),
      companyId: c.integer("company_id"),
      kind: c.choice("kind", identityKinds).notNull(),
      /** Normal form: lower-case address, LinkedIn slug, X handle in lower case, bare domain. */
      value: c.text("value").notNull(),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [
      c.uniqueIndex("identities_lead_value").on(t.kind, t.value).where(sql`lead_id is not null`),
      c.uniqueIndex("identities_company_value").on(t.kind, t.value).where(sql`company_id is not null`),
      c.index("identities_lead").on(t.leadId).where(sql`lead_id is not null`),
      c.index("identities_company").on(t.companyId).where(sql`company_id is not null`),
    ],
  )

  const facts = c.table(
    "facts",
    {
      id: c.id(),
      entity: c.choice("entity", entities).notNull(),
      entityId: c.integer("entity_id").notNull(),
      field: c.text("field").notNull(),
      value: c.json<Json>("value"),
      basis: c.choice("basis", bases).notNull(),
      state: c.choice("state", factStates).notNull(),
      evidenceId: c.integer("evidence_id"),
      quote: c.text("quote"),
      /** Why the fact has its basis and state. */
      reason: c.text("reason"),
      runId: c.integer("run_id"),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [
      c.index("facts_entity").on(t.entity, t.entityId, t.field),
      c.index("facts_run").on(t.runId),
      c.index("facts_evidence").on(t.evidenceId),
    ],
  )

  const evidence = c.table(
    "evidence",
    {
      id: c.id(),
      url: c.text("url").notNull(),
      /** The page as its adapter names it, e.g. `linkedin.profile`. */
      kind: c.text("kind").notNull(),
      title: c.text("title"),
      text: c.text("text").notNull(),
      /** Of `text`, as lower-case hex. */
      sha256: c.text("sha256").notNull(),
      capturedAt: c.time("captured_at").notNull(),
      account: c.text("account"),
      /** Where the page answered, after redirects. */
      finalUrl: c.text("final_url"),
      outcome: c.text("outcome").notNull(),
      reason: c.text("reason"),
      /** What the adapter read: fields with their quotes and hooks. Values learned from here need no second proof. */
      reading: c.json<JsonObject>("reading"),
      /** The raw page below the home's `captures/`, while it is kept. */
      capture: c.text("capture"),
      /** The home that read it and has the raw page. */
      place: c.text("place"),
      runId: c.integer("run_id"),
    },
    (t) => [c.index("evidence_url").on(t.url, t.capturedAt), c.index("evidence_run").on(t.runId)],
  )

  const changesets = c.table(
    "changesets",
    {
      id: c.id(),
      actor: c.text("actor").notNull(),
      kind: c.text("kind").notNull(),
      runId: c.integer("run_id"),
      undoes: c.integer("undoes"),
      /** The one change that an undo took back; null where it took back the whole changeset. */
      undoesChange: c.integer("undoes_change"),
      /** What it was, in words: the file imported, the command typed. */
      note: c.text("note"),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [
      c.index("changesets_run").on(t.runId).where(sql`run_id is not null`),
      c.index("changesets_undoes").on(t.undoes).where(sql`undoes is not null`),
    ],
  )

  const changes = c.table(
    "changes",
    {
      id: c.id(),
      changesetId: c.integer("changeset_id").notNull(),
      tableName: c.text("table_name").notNull(),
      rowId: c.integer("row_id").notNull(),
      op: c.choice("op", ["insert", "update", "delete"]).notNull(),
      /** Columns by name: the whole row of a delete, the changed columns of an update. */
      before: c.json<JsonObject>("before"),
      /** Columns by name: the whole row of an insert, the changed columns of an update. */
      after: c.json<JsonObject>("after"),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [c.index("changes_row").on(t.tableName, t.rowId), c.index("changes_changeset").on(t.changesetId)],
  )

  const runs = c.table(
    "runs",
    {
      id: c.id(),
      agent: c.text("agent").notNull(),
      model: c.text("model").notNull(),
      prompt: c.text("prompt").notNull(),
      /** Null while it works. */
      outcome: c.choice("outcome", runOutcomes),
      /** The last words of the run, or why it ended. */
      summary: c.text("summary"),
      inputTokens: c.integer("input_tokens").notNull().default(0),
      outputTokens: c.integer("output_tokens").notNull().default(0),
      cachedTokens: c.integer("cached_tokens").notNull().default(0),
      costUsd: c.real("cost_usd").notNull().default(0),
      requests: c.integer("requests").notNull().default(0),
      parentId: c.integer("parent_id"),
      taskId: c.integer("task_id"),
      leadId: c.integer("lead_id"),
      /** Who asked for it. */
      person: c.text("person").notNull(),
      /** Set by the first untrusted text the run read, and never cleared. */
      tainted: c.flag("tainted").notNull().default(false),
      startedAt: c.time("started_at").notNull(),
      /** Until when the process of a run without a task is believed to live, if nothing else is known of it. */
      watchedUntil: c.time("watched_until"),
      endedAt: c.time("ended_at"),
    },
    (t) => [
      c.index("runs_started").on(t.startedAt, t.id),
      c.index("runs_spent").on(t.startedAt, t.endedAt, t.costUsd),
      c.index("runs_lead").on(t.leadId),
      c.index("runs_open").on(t.endedAt).where(sql`ended_at is null`),
      c.index("runs_parent").on(t.parentId).where(sql`parent_id is not null`),
    ],
  )

  /** The transcript: what was said to the model and by it, in order. */
  const messages = c.table(
    "messages",
    {
      id: c.id(),
      runId: c.integer("run_id").notNull(),
      role: c.choice("role", ["user", "assistant"]).notNull(),
      content: c.json<Json>("content").notNull(),
      stopReason: c.text("stop_reason"),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [c.index("messages_run").on(t.runId, t.id)],
  )

  /** Every action call that came to the gate, with its verdict. */
  const calls = c.table(
    "calls",
    {
      id: c.id(),
      runId: c.integer("run_id").notNull(),
      action: c.text("action").notNull(),
      effect: c.text("effect").notNull(),
      arguments: c.json<Json>("arguments").notNull(),
      verdict: c.choice("verdict", ["allowed", "denied", "ask"]).notNull(),
      reason: c.text("reason").notNull(),
      /** Null until it ended; then `ok` or the error's words. */
      result: c.text("result"),
      /** The page that it read, if it read one. */
      evidenceId: c.integer("evidence_id"),
      /** What it cost beside the model: questions to sources. */
      costUsd: c.real("cost_usd").notNull().default(0),
      milliseconds: c.integer("milliseconds"),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [c.index("calls_run").on(t.runId, t.id)],
  )

  /** What a run may do only if a person agrees: it waits here with its calls, and with its script as far as it had come. */
  const questions = c.table(
    "questions",
    {
      id: c.id(),
      runId: c.integer("run_id").notNull(),
      taskId: c.integer("task_id"),
      leadId: c.integer("lead_id"),
      calls: c.json<AskedCall[]>("calls").notNull(),
      /** The API that it was asked under, as the sandbox keys it: under another the calls may mean something else. */
      api: c.text("api").notNull(),
      /** The stopped script; null where single calls wait. */
      snapshot: c.bytes("snapshot"),
      /** SHA-256 of what is asked, as lower-case hex: an answer names it, so that it answers this and nothing else. */
      seal: c.text("seal").notNull(),
      answer: c.choice("answer", questionAnswers),
      answeredBy: c.text("answered_by"),
      answeredAt: c.time("answered_at"),
      /** What came of it, in words. */
      outcome: c.text("outcome"),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [
      c.index("questions_run").on(t.runId),
      c.index("questions_open").on(t.createdAt, t.id).where(sql`answer is null`),
    ],
  )

  /** Results that were too long for a run's conversation; it reads on in them by their ids. */
  const results = c.table(
    "results",
    {
      id: c.id(),
      runId: c.integer("run_id").notNull(),
      text: c.text("text").notNull(),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [c.index("results_run").on(t.runId)],
  )

  /** What a run answered a person with beside words, as they saw it. */
  const answers = c.table(
    "answers",
    {
      id: c.id(),
      runId: c.integer("run_id").notNull(),
      answer: c.json<Json>("answer").notNull(),
      /** The page of the viewer that shows the same rows; null where there is none. */
      path: c.text("path"),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [c.uniqueIndex("answers_run").on(t.runId)],
  )

  /** Facts that were derived again from their evidence, by somebody who did not see the value. */
  const checks = c.table(
    "checks",
    {
      id: c.id(),
      factId: c.integer("fact_id").notNull(),
      /** The page that the fact rests on, as its adapter names it. */
      source: c.text("source").notNull(),
      field: c.text("field").notNull(),
      verdict: c.choice("verdict", checkVerdicts).notNull(),
      runId: c.integer("run_id"),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [c.index("checks_fact").on(t.factId), c.index("checks_source").on(t.source)],
  )

  const tasks = c.table(
    "tasks",
    {
      id: c.id(),
      kind: c.text("kind").notNull(),
      leadId: c.integer("lead_id"),
      state: c.choice("state", taskStates).notNull().default("open"),
      priority: c.integer("priority").notNull().default(0),
      attempts: c.integer("attempts").notNull().default(0),
      notBefore: c.time("not_before").notNull(),
      leasedBy: c.text("leased_by"),
      leaseUntil: c.time("lease_until"),
      outcome: c.text("outcome"),
      runId: c.integer("run_id"),
      createdAt: c.time("created_at").notNull(),
      updatedAt: c.time("updated_at").notNull(),
    },
    (t) => [
      c.index("tasks_due").on(t.state, t.notBefore),
      c.index("tasks_urgent").on(t.state, sql`priority DESC`, t.notBefore, t.id),
      c.uniqueIndex("tasks_one_open").on(t.kind, t.leadId).where(sql`state in ('open', 'leased', 'waiting')`),
      c.index("tasks_lead").on(t.leadId),
    ],
  )

  const timeline = c.table(
    "timeline",
    {
      id: c.id(),
      leadId: c.integer("lead_id").notNull(),
      kind: c.choice("kind", timelineKinds).notNull(),
      text: c.text("text").notNull(),
      actor: c.text("actor").notNull(),
      at: c.time("at").notNull(),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [c.index("timeline_lead").on(t.leadId, t.at)],
  )

  /** What a person has to do later. Work for agents is a task. */
  const reminders = c.table(
    "reminders",
    {
      id: c.id(),
      leadId: c.integer("lead_id").notNull(),
      text: c.text("text").notNull(),
      /** Who is reminded. */
      person: c.text("person").notNull(),
      dueAt: c.time("due_at").notNull(),
      doneAt: c.time("done_at"),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [
      c.index("reminders_lead").on(t.leadId),
      c.index("reminders_due").on(t.dueAt, t.id).where(sql`done_at is null`),
    ],
  )

  /** Fields that the team added. Their values stand in `custom`, under the field's name. */
  const fields = c.table(
    "fields",
    {
      id: c.id(),
      entity: c.choice("entity", entities).notNull(),
      name: c.text("name").notNull(),
      label: c.text("label").notNull(),
      type: c.choice("type", fieldTypes).notNull(),
      /** What a value of type `choice` may be. */
      choices: c.json<string[]>("choices").notNull().default([]),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [c.uniqueIndex("fields_name").on(t.entity, t.name)],
  )

  /** Who must never be contacted, nor imported again. */
  const suppressions = c.table(
    "suppressions",
    {
      id: c.id(),
      kind: c.choice("kind", suppressionKinds).notNull(),
      /** Normal form; of kind `hash` the keyed hash of what recognised somebody who was forgotten. */
      value: c.text("value").notNull(),
      reason: c.text("reason").notNull(),
      actor: c.text("actor").notNull(),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [c.uniqueIndex("suppressions_value").on(t.kind, t.value)],
  )

  /** Two who look alike, and of whom a person said that they are not the same. */
  const distinctions = c.table(
    "distinctions",
    {
      id: c.id(),
      entity: c.choice("entity", entities).notNull(),
      oneId: c.integer("one_id").notNull(),
      otherId: c.integer("other_id").notNull(),
      actor: c.text("actor").notNull(),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [c.index("distinctions_one").on(t.entity, t.oneId), c.index("distinctions_other").on(t.entity, t.otherId)],
  )

  const accounts = c.table("accounts", {
    id: c.id(),
    site: c.choice("site", ["linkedin", "x", "web"]).notNull(),
    /** As the team calls it; unique within its site. */
    name: c.text("name").notNull(),
    /** The home that has its browser profile, and alone uses it; null before the first use. */
    place: c.text("place"),
    /** Why the lane stopped; null while it runs. A person clears it. */
    stoppedReason: c.text("stopped_reason"),
    stoppedAt: c.time("stopped_at"),
    createdAt: c.time("created_at").notNull(),
  })

  /** The pacing ledger: one row for each load that an account paid for. */
  const spends = c.table(
    "spends",
    {
      id: c.id(),
      account: c.text("account").notNull(),
      kind: c.text("kind").notNull(),
      url: c.text("url").notNull(),
      /** The home whose browser made the load. */
      place: c.text("place"),
      at: c.time("at").notNull(),
    },
    (t) => [c.index("spends_account").on(t.account, t.at)],
  )

  /** Processes at work around this database that have a home's browser. Times are the database's. */
  const hosts = c.table(
    "hosts",
    {
      id: c.id(),
      /** The home, by the id that it gave itself. */
      place: c.text("place").notNull(),
      machine: c.text("machine").notNull(),
      folder: c.text("folder").notNull(),
      web: c.choice("web", ["live", "replica"]).notNull(),
      startedAt: c.time("started_at").notNull(),
      seenAt: c.time("seen_at").notNull(),
      /** When it counts as gone unless it is seen again. */
      livesUntil: c.time("lives_until").notNull(),
      endedAt: c.time("ended_at"),
      /** Until when the model's server wants to be left alone. */
      modelPausedUntil: c.time("model_paused_until"),
    },
    (t) => [c.index("hosts_place").on(t.place), c.index("hosts_open").on(t.livesUntil).where(sql`ended_at is null`)],
  )

  /** Pages that one process asks of the one that has the account's browser. */
  const readings = c.table(
    "readings",
    {
      id: c.id(),
      /** The home that is asked. */
      place: c.text("place").notNull(),
      url: c.text("url").notNull(),
      /** As a page of which kind it is read. */
      page: c.text("page").notNull(),
      owner: c.text("owner"),
      runId: c.integer("run_id"),
      /** Nobody waits for it any more after this. */
      wantedUntil: c.time("wanted_until").notNull(),
      /** The host that is at it. */
      takenBy: c.integer("taken_by"),
      answer: c.json<JsonObject>("answer"),
      createdAt: c.time("created_at").notNull(),
      answeredAt: c.time("answered_at"),
    },
    (t) => [c.index("readings_open").on(t.place, t.id).where(sql`answered_at is null`)],
  )

  /** Messages to leads, waiting for a person. */
  const drafts = c.table(
    "drafts",
    {
      id: c.id(),
      leadId: c.integer("lead_id").notNull(),
      channel: c.choice("channel", channels).notNull(),
      /** The team's account that it leaves from, as the team calls it; null until it is chosen. */
      account: c.text("account"),
      /** Normal form: the LinkedIn slug, the X handle, the email address. */
      recipient: c.text("recipient").notNull(),
      /** Of an email. */
      subject: c.text("subject"),
      body: c.text("body").notNull(),
      claims: c.json<DraftClaim[]>("claims").notNull().default([]),
      state: c.choice("state", draftStates).notNull().default("draft"),
      /** Why it was rejected. */
      reason: c.text("reason"),
      snoozedUntil: c.time("snoozed_until"),
      author: c.text("author").notNull(),
      runId: c.integer("run_id"),
      createdAt: c.time("created_at").notNull(),
      updatedAt: c.time("updated_at").notNull(),
    },
    (t) => [
      c.index("drafts_lead").on(t.leadId),
      c.index("drafts_state_created").on(t.state, t.createdAt, t.id),
      c.index("drafts_created").on(t.createdAt, t.id),
    ],
  )

  /** A person's yes to one draft's exact bytes: used once, or void. */
  const approvals = c.table(
    "approvals",
    {
      id: c.id(),
      draftId: c.integer("draft_id").notNull(),
      leadId: c.integer("lead_id").notNull(),
      person: c.text("person").notNull(),
      /** SHA-256 over channel, account, recipient, subject and body, as lower-case hex. */
      seal: c.text("seal").notNull(),
      expiresAt: c.time("expires_at").notNull(),
      usedAt: c.time("used_at"),
      voidedAt: c.time("voided_at"),
      voidReason: c.text("void_reason"),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [c.index("approvals_draft").on(t.draftId), c.index("approvals_lead").on(t.leadId)],
  )

  /** What was sent, or tried. `outcome` is null while it is under way. */
  const sends = c.table(
    "sends",
    {
      id: c.id(),
      draftId: c.integer("draft_id").notNull(),
      leadId: c.integer("lead_id").notNull(),
      approvalId: c.integer("approval_id").notNull(),
      channel: c.choice("channel", channels).notNull(),
      account: c.text("account"),
      recipient: c.text("recipient").notNull(),
      subject: c.text("subject"),
      body: c.text("body").notNull(),
      outcome: c.choice("outcome", sendOutcomes),
      reason: c.text("reason"),
      /** What the composer or the mail server showed. */
      evidenceId: c.integer("evidence_id"),
      /** The home that sends it. */
      place: c.text("place"),
      /** Who sent it. */
      person: c.text("person").notNull(),
      startedAt: c.time("started_at").notNull(),
      endedAt: c.time("ended_at"),
    },
    (t) => [
      c.uniqueIndex("sends_approval").on(t.approvalId),
      c.uniqueIndex("sends_once").on(t.draftId).where(sql`outcome is null or outcome in ('sent', 'unknown')`),
      c.index("sends_lead").on(t.leadId),
    ],
  )

  /** Interfaces made on request. Their versions are never changed. */
  const views = c.table(
    "views",
    {
      id: c.id(),
      /** Who asked for it, and alone sees it until it is shared. */
      owner: c.text("owner").notNull(),
      title: c.text("title").notNull(),
      /** The version that its owner sees: the newest, or one that they went back to. */
      version: c.integer("version").notNull().default(1),
      /** The version that everybody sees; null while it is private. */
      sharedVersion: c.integer("shared_version"),
      /** Whether it stands in everybody's navigation. */
      inNavigation: c.flag("in_navigation").notNull().default(false),
      removedAt: c.time("removed_at"),
      createdAt: c.time("created_at").notNull(),
      updatedAt: c.time("updated_at").notNull(),
    },
    (t) => [c.index("views_owner").on(t.owner)],
  )

  const viewVersions = c.table(
    "view_versions",
    {
      id: c.id(),
      viewId: c.integer("view_id").notNull(),
      version: c.integer("version").notNull(),
      kind: c.choice("kind", viewKinds).notNull(),
      /** What it shows, asks and may do. */
      manifest: c.json<JsonObject>("manifest").notNull(),
      /** Free HTML; null where the view is declared. */
      html: c.text("html"),
      /** What it reads and may do, as whoever uses it agrees to it. */
      rights: c.json<string[]>("rights").notNull(),
      /** What was asked for, in the person's words. */
      prompt: c.text("prompt"),
      runId: c.integer("run_id"),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [c.uniqueIndex("view_versions_number").on(t.viewId, t.version)],
  )

  /** What a view keeps for a person between two visits. */
  const viewStates = c.table(
    "view_states",
    {
      id: c.id(),
      viewId: c.integer("view_id").notNull(),
      person: c.text("person").notNull(),
      state: c.json<JsonObject>("state").notNull(),
      /** The rights of the view that the person has agreed to. */
      agreed: c.json<string[]>("agreed").notNull().default([]),
      updatedAt: c.time("updated_at").notNull(),
    },
    (t) => [c.uniqueIndex("view_states_person").on(t.viewId, t.person)],
  )

  /** What people did in views. A key is used once, so that nothing that was sent twice is done twice. */
  const viewActs = c.table(
    "view_acts",
    {
      id: c.id(),
      viewId: c.integer("view_id").notNull(),
      person: c.text("person").notNull(),
      key: c.text("key").notNull(),
      action: c.text("action").notNull(),
      /** What came of it; null while it is under way, or where its process ended. */
      outcome: c.json<JsonObject>("outcome"),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [c.uniqueIndex("view_acts_key").on(t.viewId, t.person, t.key)],
  )

  /** Saved states of a table. */
  const bookmarks = c.table(
    "bookmarks",
    {
      id: c.id(),
      owner: c.text("owner").notNull(),
      name: c.text("name").notNull(),
      /** The page with its whole state, from the first slash on. */
      path: c.text("path").notNull(),
      isShared: c.flag("is_shared").notNull().default(false),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [c.index("bookmarks_owner").on(t.owner)],
  )

  /** Scripts over the actions that are replayed without a model. A version is a row. */
  const recipes = c.table(
    "recipes",
    {
      id: c.id(),
      name: c.text("name").notNull(),
      version: c.integer("version").notNull(),
      /** What it is for, in one sentence. */
      purpose: c.text("purpose").notNull(),
      /** Inputs by name, with what each is. */
      inputs: c.json<JsonObject>("inputs").notNull().default({}),
      /** The actions it may call. */
      actions: c.json<string[]>("actions").notNull(),
      script: c.text("script").notNull(),
      state: c.choice("state", proposalStates).notNull(),
      /** How a trial on leads already known went; null before there was one. */
      trial: c.json<RecipeTrial>("trial"),
      /** How a trial on leads already known went, or why it was rejected. */
      reason: c.text("reason"),
      author: c.text("author").notNull(),
      runId: c.integer("run_id"),
      createdAt: c.time("created_at").notNull(),
      updatedAt: c.time("updated_at").notNull(),
    },
    (t) => [
      c.uniqueIndex("recipes_version").on(t.name, t.version),
      c.uniqueIndex("recipes_accepted").on(t.name).where(sql`state = 'accepted'`),
    ],
  )

  /** When a recipe or a prompt is run by itself. */
  const schedules = c.table("schedules", {
    id: c.id(),
    /** A cron expression, in the zone that stands with it. */
    cron: c.text("cron").notNull(),
    zone: c.text("zone").notNull(),
    /** When, as the person said it. */
    words: c.text("words").notNull(),
    /** One of the two. */
    recipe: c.text("recipe"),
    prompt: c.text("prompt"),
    /** What the recipe is given. */
    input: c.json<JsonObject>("input").notNull().default({}),
    person: c.text("person").notNull(),
    nextAt: c.time("next_at").notNull(),
    lastAt: c.time("last_at"),
    lastOutcome: c.text("last_outcome"),
    pausedAt: c.time("paused_at"),
    createdAt: c.time("created_at").notNull(),
  })

  /** What agents were told to remember. */
  const memories = c.table(
    "memories",
    {
      id: c.id(),
      /** A person, or `team`. */
      owner: c.text("owner").notNull(),
      text: c.text("text").notNull(),
      /** Who said it, or where it comes from. */
      source: c.text("source").notNull(),
      /** Whether it stands in every prompt, as far as there is room. */
      isAlways: c.flag("is_always").notNull().default(false),
      state: c.choice("state", proposalStates).notNull(),
      runId: c.integer("run_id"),
      createdAt: c.time("created_at").notNull(),
      updatedAt: c.time("updated_at").notNull(),
    },
    (t) => [c.index("memories_owner").on(t.owner, t.state)],
  )

  const users = c.table(
    "users",
    {
      id: c.id(),
      /** As the board and the journal call them: the actor is `human:` and this. */
      name: c.text("name").notNull(),
      role: c.choice("role", roles).notNull(),
      /** The operating system's user who is this person at the command line. */
      systemName: c.text("system_name"),
      removedAt: c.time("removed_at"),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [c.uniqueIndex("users_name").on(t.name)],
  )

  /** One-time links, the sessions that they became, and tokens for agents; of their secrets, only SHA-256 as lower-case hex. */
  const sessions = c.table(
    "sessions",
    {
      id: c.id(),
      userId: c.integer("user_id").notNull(),
      kind: c.choice("kind", ["link", "session", "token"]).notNull(),
      sha256: c.text("sha256").notNull(),
      expiresAt: c.time("expires_at").notNull(),
      /** A link that was used, a session that was ended. */
      endedAt: c.time("ended_at"),
      createdAt: c.time("created_at").notNull(),
    },
    (t) => [c.uniqueIndex("sessions_sha256").on(t.sha256), c.index("sessions_user").on(t.userId)],
  )

  return {
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
    answers,
    results,
    checks,
    tasks,
    timeline,
    reminders,
    fields,
    suppressions,
    distinctions,
    accounts,
    spends,
    hosts,
    readings,
    drafts,
    approvals,
    sends,
    views,
    viewVersions,
    viewStates,
    viewActs,
    bookmarks,
    recipes,
    schedules,
    memories,
    users,
    sessions,
  }
}

export const tables = describeTables(sqliteColumns)
export type Tables = typeof tables

const referenceColumns: Partial<Record<string, "leads" | "companies">> = { lead_id: "leads", company_id: "companies" }

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

/** A journalled column that names a row of a journalled table. `when` limits it to rows with that value. */
export type Reference = {
  table: JournalledTable
  column: string
  to: "leads" | "companies"
  when: { column: string; is: string } | null
}

/** Every way in which rows name leads and companies. The database itself does not hold them, so that a change may come in any
 * order; undo, merge, forget and doctor do. */
export const references: readonly Reference[] = [
  ...journalled.flatMap((table) =>
    Object.values(getTableColumns(tables[table])).flatMap(({ name: column }): Reference[] => {
      const to = referenceColumns[column]
      return to ? [{ table, column, to, when: null }] : []
    }),
  ),
  { table: "leads", column: "merged_into", to: "leads", when: null },
  { table: "companies", column: "merged_into", to: "companies", when: null },
  { table: "facts", column: "entity_id", to: "leads", when: { column: "entity", is: "lead" } },
  { table: "facts", column: "entity_id", to: "companies", when: { column: "entity", is: "company" } },
  ...(["one_id", "other_id"] as const).flatMap((column): Reference[] => [
    { table: "distinctions", column, to: "leads", when: { column: "entity", is: "lead" } },
    { table: "distinctions", column, to: "companies", when: { column: "entity", is: "company" } },
  ]),
]

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
export type Distinction = Tables["distinctions"]["$inferSelect"]
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
