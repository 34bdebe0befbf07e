/*
name: enrich
version: 1
purpose: Learns what a lead's own pages prove (LinkedIn, X, the company's page and site), and leaves what needs judgement to an agent.
inputs:
  lead: the lead's number
actions:
  - leads.get
  - leads.learn
  - leads.note
  - companies.get
  - companies.learn
  - linkedin.profile
  - linkedin.company
  - x.profile
  - web.site
  - tasks.done
  - tasks.wait
*/
export default async function enrich({ lead: id }: { lead: number }) {
  const before = (await leads.get(id)).lead
  const doubts: string[] = []
  const missing: string[] = []
  const known: Record<string, unknown> = {}
  let learned = 0

  const profile = await look("LinkedIn profile", () => linkedin.profile(before.linkedinUrl))
  if (profile.kind === "parked" || profile.kind === "blocked") return await tasks.wait(profile.reason)
  if (profile.kind === "found") {
    const { doubt, leftOut } = judge(before, profile.fields)
    if (doubt) doubts.push(doubt)
    known.linkedin = { ...briefly(profile.fields), evidence: profile.evidence }
    const sure = profile.facts.filter(({ field }) => leftOut !== "all" && !leftOut.includes(field))
    learned += await keep(sure, (facts) => leads.learn(id, facts))
    if (!doubt && !profile.fields.title && before.title) {
      await leads.note(id, "LinkedIn shows no current role: title and company may be out of date.")
    }
  }

  const { lead, company } = await leads.get(id)
  if (before.company && lead.company && plain(before.company) !== plain(lead.company)) {
    await leads.note(id, `Changed jobs: from ${before.company} to ${lead.company}.`)
  }
  if (lead.xHandle) {
    const account = await look("X profile", () => x.profile(lead.xHandle))
    learned += await keep(account.facts, (facts) => leads.learn(id, facts))
  }
  if (company) {
    if (company.linkedinUrl && !company.domain) {
      const page = await look("company's LinkedIn page", () => linkedin.company(company.linkedinUrl))
      learned += await keep(page.facts, (facts) => companies.learn(company.id, facts))
    }
    const domain = (await companies.get(company.id)).domain ?? ownDomain(lead.email)
    const site = await look("company site", () => web.site(domain))
    learned += await keep(site.facts, (facts) => companies.learn(company.id, facts))
  } else missing.push("no company known")

  if (doubts.length > 0) return await recipes.handOver(doubts.join(" "), known)
  const told = [`${learned} facts learned.`, ...missing.map((one) => `${one.replace(/[.\s]+$/, "")}.`)]
  return await tasks.done(told.join(" ").slice(0, 500))

  /** A reading; what is refused, or cannot be had, is told at the end and stops nothing. */
  async function look(what: string, read: () => Promise<Seen>): Promise<Seen> {
    let seen: Seen
    try {
      seen = await read()
    } catch (error) {
      seen = { kind: "none", url: null, fields: {}, facts: [], evidence: null, reason: String(error) }
    }
    if (seen.kind === "drift") doubts.push(`The ${what} was not recognised: ${seen.reason}`)
    else if (seen.kind === "none") missing.push(`${what}: ${seen.reason}`)
    else if (seen.kind !== "found") missing.push(`${what} ${seen.kind}: ${seen.reason}`)
    return seen
  }

  /** Learns facts. An address that is another lead's already is for somebody who can tell the two apart. */
  async function keep(facts: Fact[], learn: (facts: Fact[]) => Promise<Learned[]>): Promise<number> {
    if (facts.length === 0) return 0
    const answers = await learn(facts)
    for (const { kind, reason } of answers) if (kind === "refused" && / belongs to /.test(reason)) doubts.push(reason)
    return answers.filter(({ kind }) => kind === "learned").length
  }

  /** Whether a profile may be believed about this lead, and which of its facts wait for the answer. */
  function judge(lead: Lead, page: PageFields): { doubt: string | null; leftOut: string[] | "all" } {
    if (lead.name && page.name && isOtherName(lead.name, page.name)) {
      return { doubt: `The address leads to ${page.name}, and the lead is called ${lead.name}.`, leftOut: "all" }
    }
    const jobs = (page.experience ?? []).filter((role) => role.current && role.company)
    const employers = [...new Set(jobs.map((role) => plain(role.company ?? "")))]
    const headline = plain(page.headline ?? "")
    const named = employers.filter((employer) => headline.includes(employer))
    const first = plain(page.company ?? "")
    if (employers.length > 1 && named.length > 0 && !named.includes(first)) {
      return {
        doubt: `Several roles have not ended, and the headline names another than ${page.title} at ${page.company}.`,
        leftOut: ["title", "company"],
      }
    }
    const old = plain(lead.company ?? "")
    if (first && old && first !== old && headline.includes(old) && !headline.includes(first)) {
      return {
        doubt: `The current role is at ${page.company}, but the headline still names ${lead.company}.`,
        leftOut: ["title", "company"],
      }
    }
    return { doubt: null, leftOut: [] }
  }
}

/** Two names of one script without a word in common. Across scripts nobody can tell without knowing both. */
function isOtherName(one: string, other: string): boolean {
  const [a, b] = [words(one), words(other)]
  const isLatin = (name: string) => /\p{Script=Latin}/u.test(name)
  if (isLatin(one) !== isLatin(other)) return false
  if (a.some((word) => b.includes(word))) return false
  return a.toSorted().join("") !== b.toSorted().join("") && plain(one) !== plain(other)
}

function words(name: string): string[] {
  const folded = name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()
  return folded.match(/[\p{L}\p{N}]+/gu) ?? []
}

/** A company's name without legal form, case and marks. */
function plain(name: string): string {
  return words(name)
    .filter((word) => !/^(ltd|limited|inc|llc|gmbh|ag|sa|sl|bv|plc|co|corp)$/.test(word))
    .join("")
}

/** The domain of an address at work. */
function ownDomain(email: string | null): string | null {
  const domain = email?.split("@")[1] ?? null
  return domain &&
    !/^(gmail|googlemail|outlook|hotmail|live|yahoo|icloud|me|gmx|web|proton|protonmail|aol)\./.test(domain)
    ? domain
    : null
}

function briefly({ name, headline, title, company, location }: PageFields) {
  return { name, headline, title, company, location }
}
