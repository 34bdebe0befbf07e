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
  const people = await sql.query(
    `SELECT leads.id, leads.title, leads.location AS place, companies.location AS seat, companies.industry, companies.size
     FROM leads LEFT JOIN companies ON companies.id = leads.company_id WHERE leads.id IN (${ids.join(", ") || "0"})`,
  )
  const { rule, undecided } = await ruleOf(profile)
  let scored = 0
  for (const person of rule.length > 0 ? people : []) {
    const verdicts = rule.map((part) => verdictOf(part, person))
    const decided = verdicts.filter(({ fits }) => fits !== null)
    if (decided.length === 0) continue
    const isRuledOut = rule.some((part, at) => part.isNot && verdicts[at]?.fits === false)
    const share = decided.filter(({ fits }) => fits).length / decided.length
    await leads.score(person.id, isRuledOut ? 0 : Math.round(share * 100), verdicts.map(({ why }) => why).join("; "))
    scored += 1
  }
  if (undecided.length > 0) {
    const known = { profile, undecided, scored }
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
  const values = {
    title: await texts("SELECT DISTINCT title AS value FROM leads WHERE title <> '' LIMIT 1000"),
    industry: await texts("SELECT DISTINCT industry AS value FROM companies WHERE industry <> '' LIMIT 1000"),
    place: await texts(
      "SELECT DISTINCT location AS value FROM leads WHERE location <> '' UNION SELECT DISTINCT location FROM companies WHERE location <> '' LIMIT 1000",
    ),
  }
  const rule: Part[] = []
  const undecided: string[] = []
  for (const term of profile.replace(/^\s*ideal customers?\s*:?/i, "").split(/[;.,\n]|\b(?:and|or|und|oder|in)\b/i)) {
    const isNot = /\b(not?|never|except|without|kein\w*|nicht)\b/i.test(term)
    const words = fold(term)
      .replace(
        /^((not?|never|except|without|keine?|nicht|an?|the|companies|people|leads?|with|at|in|from|who|are|is) )+/,
        "",
      )
      .replace(/( (companies|people|leads?|employees))+$/, "")
    if (words === "") continue
    const size = sizeOf(words)
    if (size) {
      rule.push({ field: "size", isNot, words: [words], ...size })
      continue
    }
    const field = (["title", "industry", "place"] as const).find((one) =>
      values[one].some((value) => says(value, words)),
    )
    if (!field) undecided.push(words)
    else {
      const part = rule.find((one) => one.field === field && one.isNot === isNot)
      if (part) part.words.push(words)
      else rule.push({ field, isNot, words: [words], from: 0, to: 0 })
    }
  }
  return { rule, undecided }
}

/** "50-500 employees", "over 200 people", "under 50": a number of people, from and to. */
function sizeOf(words: string): { from: number; to: number } | null {
  const range = /(\d+)\s*(?:-|–|to|bis)\s*(\d+)/.exec(words)
  if (range) return { from: Number(range[1]), to: Number(range[2]) }
  const least = /(?:over|more than|least|from|ab|mehr als|>)\s*(\d+)|(\d+)\s*\+/.exec(words)
  if (least) return { from: Number(least[1] ?? least[2]), to: Number.POSITIVE_INFINITY }
  const most = /(?:under|less than|fewer than|most|up to|bis|unter|<)\s*(\d+)/.exec(words)
  return most ? { from: 0, to: Number(most[1]) } : null
}

/** Null where the field is empty: that is neither a yes nor a no. */
function verdictOf(
  { field, isNot, words, from, to }: Part,
  person: Record<string, unknown>,
): { fits: boolean | null; why: string } {
  const value = String((field === "place" ? (person.place ?? person.seat) : person[field]) ?? "")
  if (value === "") return { fits: null, why: `${field} unknown` }
  const [least = 0, most = Number.POSITIVE_INFINITY] = value.match(/\d+/g)?.map(Number) ?? []
  const isMet = field === "size" ? least <= to && most >= from : words.some((one) => says(fold(value), one))
  const wanted = `${isNot ? "not " : ""}${words.join(" or ")}`
  return { fits: isMet !== isNot, why: `${field} ${value} ${isMet !== isNot ? "fits" : "does not fit"} (${wanted})` }
}

/** Whether a text has the words, or what they are short for. */
function says(value: string, words: string): boolean {
  const [, letter = ""] = /^c(\w+)o$/.exec(words) ?? []
  const chief = chiefs[letter]
  return ` ${value} `.includes(` ${words} `) || (chief !== undefined && value.includes(`chief ${chief} officer`))
}

const chiefs: Record<string, string> = {
  ...{ e: "executive", t: "technology", f: "financial", m: "marketing", o: "operating", p: "product" },
  ...{ r: "revenue", s: "security", is: "information security" },
}

function fold(text: string): string {
  const plain = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()
  return plain.replace(/[^\p{L}\p{N}+<>–-]+/gu, " ").trim()
}

async function remembered(): Promise<string | null> {
  const found = await memory.find("Ideal customer")
  return found.find(({ kind, text }) => kind === "memory" && /^ideal customer/i.test(text))?.text ?? null
}
