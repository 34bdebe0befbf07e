/*
name: score
version: 1
purpose: Scores leads from 0 to 100 against the ideal customer in plain words, as far as fields decide it, each with its reason.
inputs:
  leads: the leads' numbers
  profile: the ideal customer in plain words; left out, the memory that begins with "Ideal customer"
actions: [sql.query, leads.score, memory.find]
*/
export default async function score(input: { leads: number[]; profile?: string }) {
  const profile = input.profile ?? (await remembered())
  if (!profile) {
    return await recipes.handOver(
      'Nobody has said who the ideal customer is: giant memory add "Ideal customer: ..." does.',
      {},
    )
  }
  const ids = input.leads.map(Number).filter(Number.isInteger)
  const rows = await sql.query(
    `SELECT leads.id, leads.title, leads.custom, leads.location AS place, companies.location AS seat, companies.industry, companies.size
     FROM leads LEFT JOIN companies ON companies.id = leads.company_id WHERE leads.id IN (${ids.join(", ") || "0"})`,
  )
  const people = rows.map(({ id, title, place, seat, ...row }) => ({
    ...{ id, title, place: place ?? seat },
    industry: row.industry ?? ofList(row.custom, aboutIndustry),
    size: row.size ?? ofList(row.custom, aboutSize),
  }))
  const { rule, undecided } = await ruleOf(profile)
  let scored = 0
  for (const person of rule.length > 0 ? people : []) {
    const verdicts = rule.map((part) => verdictOf(part, person))
    if (verdicts.every(({ fits }) => fits === null)) continue
    const isRuledOut = rule.some((part, at) => part.isNot && verdicts[at]?.fits === false)
    // A "not" only rules out. What is not known counts half, so that a lead of whom little is known does not go before one who is
    // known to fit.
    const asked = rule.some(({ isNot }) => !isNot) ? verdicts.filter((_, at) => !rule[at]?.isNot) : verdicts
    const met = asked.reduce((sum, { fits }) => sum + (fits === null ? 0.5 : Number(fits)), 0)
    const points = isRuledOut ? 0 : Math.round((met / asked.length) * 100)
    await leads.score(person.id, points, verdicts.map(({ why }) => why).join("; "))
    scored += 1
  }
  if (undecided.length > 0) {
    const known = { profile, undecided, scored, leads: ids }
    return await recipes.handOver(
      `No field decides: ${undecided.join(", ")}. ${scored} leads are scored by the rest.`,
      known,
    )
  }
  return { scored, of: people.length }
}

type Part = {
  field: "size" | "title" | "place" | "industry"
  isNot: boolean
  words: string[]
  from: number
  to: number
}

/** The profile's words as conditions on fields. A word counts for the field in whose values it is found. */
async function ruleOf(profile: string): Promise<{ rule: Part[]; undecided: string[] }> {
  const texts = async (query: string) => (await sql.query(query)).map((row) => fold(String(row.value)))
  const lists = await sql.query("SELECT DISTINCT custom AS value FROM leads LIMIT 1000")
  const values = {
    title: await texts("SELECT DISTINCT title AS value FROM leads WHERE title <> '' LIMIT 1000"),
    industry: [
      ...(await texts("SELECT DISTINCT industry AS value FROM companies WHERE industry <> '' LIMIT 1000")),
      ...lists.map(({ value }) => fold(ofList(value, aboutIndustry) ?? "")),
    ],
    place: await texts(
      "SELECT DISTINCT location AS value FROM leads WHERE location <> '' UNION SELECT DISTINCT location FROM companies WHERE location <> '' LIMIT 1000",
    ),
  }
  const rule: Part[] = []
  const undecided: string[] = []
  for (const { words, isNot } of termsOf(profile)) {
    const { size, rest } = sizeOf(words)
    if (size) rule.push({ field: "size", isNot, words: [words], ...size })
    if (rest === "") continue
    const { decided, left } = fieldsOf(rest, values)
    if (left !== "") undecided.push(left)
    for (const { field, words } of decided) {
      const part = rule.find((one) => one.field === field && one.isNot === isNot)
      if (part) part.words.push(words)
      else rule.push({ field, isNot, words: [words], from: 0, to: 0 })
    }
  }
  return { rule, undecided }
}

type Decided = { field: "title" | "industry" | "place"; words: string }

/** The field in whose values the words are found; else what some of them say of place and industry, as in "german software", and
 * the words that are left. */
function fieldsOf(words: string, values: Record<Decided["field"], string[]>): { decided: Decided[]; left: string } {
  const isFound = (field: Decided["field"], some: string) => values[field].some((value) => says(value, some, field))
  const field = (["title", "industry", "place"] as const).find((one) => isFound(one, words))
  if (field) return { decided: [{ field, words }], left: "" }
  const decided: Decided[] = []
  const left: string[] = []
  let all = words.split(" ")
  while (all.length > 0) {
    const most = all.findLastIndex((_, at) => placeOrIndustry(all.slice(0, at + 1).join(" ")) !== undefined) + 1
    const some = all.slice(0, most).join(" ")
    const found = placeOrIndustry(some)
    if (found) decided.push({ field: found, words: some })
    else left.push(...all.slice(0, 1))
    all = all.slice(Math.max(1, most))
  }
  return { decided, left: left.join(" ") }

  function placeOrIndustry(some: string) {
    return (["place", "industry"] as const).find((one) => some.length > 2 && isFound(one, some))
  }
}

/** The conditions that a profile lists. A "not" holds as far as an "or" goes on. */
function termsOf(profile: string): { words: string; isNot: boolean }[] {
  const terms: { words: string; isNot: boolean }[] = []
  let before = { isNot: false, joint: "" }
  const parts = profile
    .replace(/^\s*ideal customers?\s*:?/i, "")
    .split(/([;.,\n]|\b(?:and|or|nor|in|at|with|und|oder|bei|mit)\b)/i)
  for (let at = 0; at < parts.length; at += 2) {
    const text = parts[at] ?? ""
    const goesOn = before.isNot && /^(or|nor|oder)$/i.test(before.joint)
    const isNot = goesOn || /\b(not?|never|except|without|kein\w*|nicht)\b/i.test(text)
    const words = fold(text)
      .replace(
        /^((not?|never|except|without|keine?|nicht|an?|the|company|companies|people|leads?|from|who|are|is) )+/,
        "",
      )
      .replace(/(^| )((company|companies|people|leads?|firms?)( |$))+$/, "")
    if (words !== "") terms.push({ words, isNot })
    before = { isNot: words === "" ? before.isNot : isNot, joint: parts[at + 1] ?? "" }
  }
  return terms
}

/** "50-500 employees", "over 200 people", "under 50": a number of people, from and to, and what else is said. */
function sizeOf(words: string): { size: { from: number; to: number } | null; rest: string } {
  const range = /(\d+)\s*(?:-|–|to|bis)\s*(\d+)/.exec(words)
  const least = /(?:over|more than|least|from|ab|mehr als|>)\s*(\d+)|(\d+)\s*\+/.exec(words)
  const most = /(?:under|less than|fewer than|most|up to|bis|unter|<)\s*(\d+)/.exec(words)
  const found = range ?? least ?? most
  if (!found) return { size: null, rest: words }
  const size = range
    ? { from: Number(range[1]), to: Number(range[2]) }
    : least
      ? { from: Number(least[1] ?? least[2]), to: Number.POSITIVE_INFINITY }
      : { from: 0, to: Number(found[1]) }
  const rest = words
    .replace(found[0], " ")
    .replace(/\b(employees?|people|staff|mitarbeiter|head|of|at|between|zwischen)\b/g, " ")
  return { size, rest: rest.replace(/ +/g, " ").trim() }
}

/** Null where the field is empty: that is neither a yes nor a no. */
function verdictOf(
  { field, isNot, words, from, to }: Part,
  person: Record<string, unknown>,
): { fits: boolean | null; why: string } {
  const value = String(person[field] ?? "")
  if (value === "") return { fits: null, why: `${field} unknown` }
  const [least = 0, most = Number.POSITIVE_INFINITY] = value.match(/\d+/g)?.map(Number) ?? []
  const isMet = field === "size" ? least <= to && most >= from : words.some((one) => says(fold(value), one, field))
  const wanted = `${isNot ? "not " : ""}${words.join(" or ")}`
  return { fits: isMet !== isNot, why: `${field} ${value} ${isMet !== isNot ? "fits" : "does not fit"} (${wanted})` }
}

/** Whether a text has the words, in short or in full; of a place also how its people are called, "german" of Germany. */
function says(value: string, words: string, field: Part["field"]): boolean {
  const [text, wanted] = [` ${inFull(value)} `, ` ${inFull(words)}`]
  return text.includes(`${wanted} `) || (field === "place" && words.length >= 5 && text.includes(wanted))
}

/** Titles in full, and words in the singular. */
function inFull(text: string): string {
  return text.replace(/\p{L}+/gu, (word) => {
    const one = word.replace(/(\p{L}{2,})ies$/u, "$1y").replace(/([^siu])s$/, "$1")
    const [, letter = ""] = /^c(\w+)o$/.exec(one) ?? []
    return chiefs[letter] ? `chief ${chiefs[letter]} officer` : one.replace(/^vp$/, "vice president")
  })
}

const chiefs: Record<string, string> = {
  ...{ e: "executive", t: "technology", f: "financial", m: "marketing", o: "operating", p: "product" },
  ...{ r: "revenue", s: "security", is: "information security" },
}

function fold(text: string): string {
  const plain = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()
  return plain.replace(/[^\p{L}\p{N}+<>–-]+/gu, " ").trim()
}

/** What a list brought in columns of its own says of a company. */
function ofList(custom: unknown, about: RegExp): string | null {
  const columns: Record<string, unknown> = typeof custom === "string" ? JSON.parse(custom) : (custom ?? {})
  const name = Object.keys(columns).find((column) => about.test(column))
  return name && columns[name] ? String(columns[name]) : null
}

const aboutIndustry = /industr|sector|branche/i
const aboutSize = /size|employees|headcount|mitarbeiter/i

async function remembered(): Promise<string | null> {
  const found = await memory.find("Ideal customer")
  return found.find(({ kind, text }) => kind === "memory" && /^ideal customer/i.test(text))?.text ?? null
}
