import { own } from "../../db/json.ts"
import type { leadStatuses } from "../../db/tables/leads.ts"
import { wordsOf } from "../normal-forms/text.ts"

export type LeadStatus = (typeof leadStatuses)[number]

/** The sales stage that another product's word for it comes to, or null where it comes to none of ours. */
export function parseStatus(text: string): LeadStatus | null {
  const words = wordsOf(text)
  return own(stages, words) ?? null
}

/** Whether a status says that the person must be left alone. */
export function forbidsContact(text: string): boolean {
  return /\b(?:do not contact|do not call|do not email|unsubscribed|opted out|opt out)\b/.test(wordsOf(text))
}

const ours: { [Status in LeadStatus]: Status } = {
  new: "new",
  qualified: "qualified",
  contacted: "contacted",
  replied: "replied",
  meeting: "meeting",
  won: "won",
  lost: "lost",
}

const stages: Record<string, LeadStatus> = {
  ...ours,
  "open not contacted": "new",
  open: "new",
  cold: "new",
  "not contacted": "new",
  neu: "new",
  nouveau: "new",
  nuevo: "new",
  novo: "new",
  "marketing qualified lead": "qualified",
  "sales qualified lead": "qualified",
  "closed converted": "qualified",
  mql: "qualified",
  sql: "qualified",
  "open deal": "qualified",
  qualifiziert: "qualified",
  qualifie: "qualified",
  cualificado: "qualified",
  qualificado: "qualified",
  "working contacted": "contacted",
  "attempted to contact": "contacted",
  "in progress": "contacted",
  working: "contacted",
  approaching: "contacted",
  attempted: "contacted",
  kontaktiert: "contacted",
  contacte: "contacted",
  contactado: "contacted",
  contatado: "contacted",
  connected: "replied",
  interested: "replied",
  "meeting booked": "meeting",
  "meeting scheduled": "meeting",
  "demo scheduled": "meeting",
  "appointment scheduled": "meeting",
  customer: "won",
  "closed won": "won",
  kunde: "won",
  gewonnen: "won",
  gagne: "won",
  ganado: "won",
  ganho: "won",
  "closed lost": "lost",
  "closed not converted": "lost",
  unqualified: "lost",
  "not interested": "lost",
  disqualified: "lost",
  verloren: "lost",
  perdu: "lost",
  perdido: "lost",
}
