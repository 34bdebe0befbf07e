/** What the rehearsal model has for a mind: it reads its conversation and writes scripts over the actions, as a model would, but by
 * rules that stand here. */

export type Conversation = {
  system: string
  messages: { role: "user" | "assistant"; text: string; results: string[] }[]
}
export type Reply = { text: string; script?: string }

export function nextReply({ system, messages }: Conversation): Reply {
  const last = messages.at(-1)
  const results = last?.results ?? []
  const isLost = results.some((result) => lost.test(result))
  if (results.length > 0 && !isLost && !last?.text) return { text: afterScript(results.join("\n")) }
  const asked = last?.text || messages.findLast((message) => message.role === "user" && message.text)?.text || ""
  const leadId = /\blead (\d+)/i.exec(asked)?.[1]
  if (system.includes("You enrich one lead") && leadId) {
    return {
      text: "I read what is known of this lead and its pages, and keep what they prove.",
      script: enrichScript(Number(leadId)),
    }
  }
  if (system.includes("You propose messages"))
    return { text: "I read what is known of them.", script: draftScript(asked) }
  return answerTo(asked)
}

/** A script whose process ended is run again: what it learned before is not learned twice. */
const lost = /may or may not have taken effect|^Not run: the run was stopped/

/** One lead, from its LinkedIn profile to its company's site. */
function enrichScript(id: number): string {
  return `const id = ${id}
const counted: Record<string, number> = { learned: 0, suggested: 0, refused: 0 }
const missing: string[] = []
const count = (answers: Learned[]) => {
  for (const { kind } of answers) if (kind in counted) counted[kind] += 1
}
const note = (what: string, seen: Seen) => {
  if (seen.kind === "none") missing.push("no " + what + " known")
  else if (seen.kind !== "found") missing.push(what + " " + seen.kind + ": " + seen.reason)
}
const before = (await leads.get(id)).lead

const profile = await linkedin.profile(before.linkedinUrl)
if (profile.kind === "parked" || profile.kind === "blocked") return await tasks.wait(profile.reason)
note("LinkedIn profile", profile)
count(await leads.learn(id, profile.facts))

const { lead, company } = await leads.get(id)
if (before.company && lead.company && before.company !== lead.company) {
  await leads.note(id, "Changed jobs: from " + before.company + " to " + lead.company + ".")
}
if (lead.xHandle) {
  const account = await x.profile(lead.xHandle)
  note("X profile", account)
  count(await leads.learn(id, account.facts))
}
if (company) {
  if (company.linkedinUrl && !company.domain) count(await companies.learn(company.id, (await linkedin.company(company.linkedinUrl)).facts))
  const { domain } = await companies.get(company.id)
  const site = await web.site(domain ?? lead.email?.split("@")[1])
  note("company site", site)
  count(await companies.learn(company.id, site.facts))
} else missing.push("no company known")
return { ...counted, missing }`
}

/** First messages to the newest leads that have none yet: each says what its lead's facts say, and nothing else of the lead. */
function draftScript(asked: string): string {
  const words: Record<string, number> = { one: 1, two: 2, three: 3, five: 5, ten: 10, twenty: 20 }
  const said = /\b(\d{1,2}|one|two|three|five|ten|twenty)\b/i.exec(asked)?.[1]?.toLowerCase() ?? "ten"
  return `const wanted = ${words[said] ?? Number(said)}
const made: number[] = []
const left: string[] = []
for (const { id } of await leads.find({ status: "new", limit: 60 })) {
  if (made.length === wanted) break
  const { lead, company, facts } = await leads.get(id)
  const isKnown = (field: string) => !facts.some((fact) => fact.field === field && fact.basis === "inferred")
  const isByX = lead.xHandle && (made.length % 3 === 2 || !lead.linkedinUrl)
  const channel = isByX ? "x-message" : lead.linkedinUrl ? "linkedin-message" : lead.email ? "email" : null
  if (!channel || !lead.name) continue
  const first = lead.name.split(" ")[0]
  const job = lead.title && isKnown("title") ? lead.title : null
  const firm = lead.company && isKnown("company") ? lead.company : null
  const field = company && company.industry ? company.industry : null
  const claims: Claim[] = []
  if (job) claims.push({ text: job, fact: "title" })
  if (firm) claims.push({ text: firm, fact: "company" })
  if (field) claims.push({ text: field, fact: "company.industry" })
  const who = job && firm ? "You work as " + job + " at " + firm + "." : firm ? "You work at " + firm + "." : "I do not know much about your work."
  const why = field ? "Teams in " + field + " tell us that their CRM is filled in by hand, and late." : "Many teams tell us that their CRM is filled in by hand, and late."
  const body = "Hello " + first + ",\\n\\n" + who + " " + why + " We let agents do that part, with proof for every value.\\n\\nHow is it with you?"
  try {
    const draft = await drafts.make(id, { channel, body, claims, ...(channel === "email" ? { subject: "who fills in your CRM" } : {}) })
    made.push(draft.id)
  } catch (error) {
    left.push(lead.name + ": " + String(error))
  }
}
return { drafted: made.length, left }`
}

const showLatest = "return show(await leads.find({ limit: 20 }))"

/** A founder's question, as far as rules can understand it. */
function answerTo(question: string): Reply {
  const asked = question.toLowerCase()
  const number = /\b(\d{1,3})\b/.exec(asked)?.[1] ?? "20"
  const change = /^change view (\d+)[^:]*:\s*(.+)$/is.exec(question)
  if (change) return { text: "I change it.", script: changeScript(Number(change[1]), change[2] ?? "") }
  if (/\b(?:page|view|board|interface|dashboard|chart)\b/.test(asked)) {
    return { text: "I make a page for that.", script: viewScript(asked) }
  }
  if (/how many|count|wie viele/.test(asked)) {
    return { text: "I count them.", script: countScript }
  }
  const about =
    /(?:leads?|people|who|someone|anyone)\s+(?:from|at|in|works? at|named|called|about)\s+"?([^"?.!]+)/.exec(asked)?.[1]
  if (about) {
    return {
      text: "I look them up.",
      script: `return show(await leads.find({ q: ${JSON.stringify(about.trim())}, limit: 50 }))`,
    }
  }
  const missing = /(?:without|missing|no)\s+(?:an?\s+)?(title|email|phone|company|location)/.exec(asked)?.[1]
  if (missing) {
    return {
      text: "I look for the gaps.",
      script: `return show(await leads.find({ missing: "${missing}", limit: 50 }))`,
    }
  }
  if (/companies|company list|firmen/.test(asked))
    return { text: "I look them up.", script: "return show(await companies.find())" }
  if (/\b(?:draft|write)\b.*\bmessages?\b/.test(asked)) {
    return {
      text: "The writer drafts them; you decide.",
      script: `const { text } = await agents.ask("writer", ${JSON.stringify(question)})\nreturn text`,
    }
  }
  if (/leads?|latest|newest|show|list|zeig/.test(asked)) {
    return { text: "Here they are.", script: showLatest.replace("20", number) }
  }
  return { text: whatItIs }
}

/** A page for a job, as far as rules can tell which. */
function viewScript(asked: string): string {
  if (/draft/.test(asked)) return `return show(await views.make(${JSON.stringify(draftsView, null, 2)}))`
  if (/board|stage|status|pipeline/.test(asked))
    return `return show(await views.make(${JSON.stringify(boardView, null, 2)}))`
  return `return show(await views.make(${JSON.stringify(leadsView, null, 2)}))`
}

/** All that rules can change of a page is what it is called. */
function changeScript(id: number, words: string): string {
  const title = /\b(?:call|name|title)\b(?:\s+(?:it|this))?:?\s+(.{3,60})$/i.exec(words)?.[1] ?? words
  return `const { manifest } = await views.get(${id})
return show(await views.change(${id}, { ...manifest, title: ${JSON.stringify(title.trim().slice(0, 80))} }))`
}

const draftsView = {
  title: "Review the drafts",
  queries: {
    counts: { sql: "SELECT count(*) AS waiting FROM drafts WHERE state = 'draft'" },
    drafts: {
      sql: "SELECT id AS draft_id, lead_id FROM drafts WHERE state = 'draft' AND coalesce(snoozed_until, '') <= replace(substr(cast(CURRENT_TIMESTAMP AS text), 1, 19), ' ', 'T') ORDER BY created_at, id",
      limit: 200,
    },
  },
  parts: [
    { type: "stat", query: "counts", label: "Drafts that wait" },
    { type: "review", query: "drafts" },
  ],
} as const

const boardView = {
  title: "Leads by status",
  queries: {
    leads: {
      sql: "SELECT id AS lead_id, name, title, company, status FROM leads WHERE merged_into IS NULL ORDER BY updated_at DESC",
      limit: 200,
    },
  },
  actions: { move: { call: "leads.stage", args: ["$lead_id", "$to"], label: "Move" } },
  parts: [
    {
      type: "board",
      query: "leads",
      by: "status",
      values: ["new", "qualified", "contacted", "replied", "meeting", "won"],
      heading: "name",
      lines: ["title", "company"],
      move: "move",
    },
  ],
} as const

const leadsView = {
  title: "New leads",
  queries: {
    counts: {
      sql: "SELECT status, count(*) AS leads FROM leads WHERE merged_into IS NULL GROUP BY status ORDER BY leads DESC",
    },
    fresh: {
      sql: "SELECT id AS lead_id, name, title, company, score, created_at FROM leads WHERE status = 'new' AND merged_into IS NULL ORDER BY created_at DESC, id DESC",
    },
  },
  actions: { qualify: { call: "leads.stage", args: ["$lead_id", "qualified"], label: "Qualify" } },
  parts: [
    { type: "chart", query: "counts", title: "By status", kind: "bar", x: "status", y: "leads" },
    { type: "table", query: "fresh", title: "New ones", actions: ["qualify"] },
  ],
} as const

const countScript = `const rows = await sql.query("SELECT status, count(*) AS leads, count(enriched_at) AS enriched FROM leads WHERE merged_into IS NULL GROUP BY status ORDER BY leads DESC")
return show(rows)`

const whatItIs =
  'I am the rehearsal model: a script, not a language model. I understand "show me the latest leads", "how many leads are there", "leads at Acme" "leads without an email" and "make me a page to review the drafts". For anything else, start with a real model (giant --help says how).'

/** The last words of a run, from what its script returned. */
function afterScript(result: string): string {
  const drafted = /Returned: \{"drafted":(\d+)/.exec(result)?.[1]
  const said = /Returned: ("(?:[^"\\\\]|\\\\.)*")/.exec(result)?.[1]
  if (said) return String(JSON.parse(said))
  if (drafted) return `${drafted} drafts wait for a yes: /drafts/review in the viewer, or giant drafts.`
  const returned = /Returned: (\{.*\})/s.exec(result)?.[1]
  const outcome = returned ? safeOutcome(returned) : null
  if (!outcome) return `Rehearsal: ${result.replace(/\s+/g, " ").slice(0, 300)}`
  const parts = [`${outcome.learned} facts learned`]
  if (outcome.suggested > 0) parts.push(`${outcome.suggested} suggested to a person`)
  if (outcome.refused > 0) parts.push(`${outcome.refused} refused`)
  return [`${parts.join(", ")}.`, ...outcome.missing.map((one) => `${one.replace(/[.\s]+$/, "")}.`)].join(" ")
}

function safeOutcome(text: string): { learned: number; suggested: number; refused: number; missing: string[] } | null {
  try {
    const value = JSON.parse(text)
    return Array.isArray(value.missing) && typeof value.learned === "number" ? value : null
  } catch {
    return null
  }
}
