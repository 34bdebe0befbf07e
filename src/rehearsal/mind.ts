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

const showLatest = "return show(await leads.find({ limit: 20 }))"

/** A founder's question, as far as rules can understand it. */
function answerTo(question: string): Reply {
  const asked = question.toLowerCase()
  const number = /\b(\d{1,3})\b/.exec(asked)?.[1] ?? "20"
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
  if (/leads?|latest|newest|show|list|zeig/.test(asked)) {
    return { text: "Here they are.", script: showLatest.replace("20", number) }
  }
  return { text: whatItIs }
}

const countScript = `const rows = await sql.query("SELECT status, count(*) AS leads, sum(enriched_at IS NOT NULL) AS enriched FROM leads WHERE merged_into IS NULL GROUP BY status ORDER BY leads DESC")
return show(rows)`

const whatItIs =
  'I am the rehearsal model: a script, not a language model. I understand "show me the latest leads", "how many leads are there", "leads at Acme" and "leads without an email". For anything else, start with a real model (giant --help says how).'

/** The last words of a run, from what its script returned. */
function afterScript(result: string): string {
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
