import { wordsOf } from "./text.ts"

type Seniority = (typeof seniorities)[number][0]

/** How senior a job title is, or null where it does not say. */
export function parseSeniority(title: string): Seniority | null {
  const words = ` ${wordsOf(title)} `
  return seniorities.find(([, pattern]) => pattern.test(words))?.[0] ?? null
}

const seniorities = [
  [
    "founder",
    / (?:co ?)?(?:founder|founding partner|owner|grunder(?:in)?|fondat(?:eur|rice)|fundador(?:a)?|inhaber(?:in)?|proprietor) /,
  ],
  ["vp", / (?:[es]?vp|vice president|vice presidente|vizeprasident(?:in)?) /],
  [
    "c-level",
    / (?:c level|chief|c[eftmiorps]o|cmo|cro|cdo|ciso|president|managing director|geschaftsfuhrer(?:in)?|vorstand|directeur general|directrice generale|director general) /,
  ],
  ["head", / (?:head|global head|leiter(?:in)?|responsable|jefe|jefa) /],
  ["director", / (?:director|directora|directeur|directrice|direktor(?:in)?|diretor(?:a)?) /],
  ["manager", / (?:manager|gerente|supervisor|team lead|teamleiter(?:in)?) /],
  ["senior", / (?:senior|sr|lead|principal|staff) /],
  [
    "junior",
    / (?:junior|jr|intern|trainee|assistant|apprentice|praktikant(?:in)?|werkstudent(?:in)?|stagiaire|entry) /,
  ],
] as const satisfies [string, RegExp][]
