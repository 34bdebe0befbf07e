import { monthsBetween } from "../day.ts"
import type { Person } from "../person.ts"

/** LinkedIn's own words, which follow the reader's setting and not the profile. One page shows the German ones. */
export function labelsFor(person: Person): Labels {
  return person.awkward === "german-labels" ? labels.de : labels.en
}

export type Labels = (typeof labels)["en"]

const labels = {
  en: {
    locale: "en_US",
    primary: "Primary content",
    aside: "Aside",
    about: "About",
    activity: "Activity",
    experience: "Experience",
    education: "Education",
    skills: "Skills",
    topSkills: "Top skills",
    recommendations: "Recommendations",
    highlights: "Highlights",
    suggested: "Suggested for you",
    contactInfo: "Contact info",
    connections: "500+ connections",
    degree: "· 2nd",
    message: "Message",
    connect: "Connect",
    more: "More",
    cut: "… more",
    browseMap: "More profiles for you",
    mayKnow: "People you may know",
    reposted: "reposted this",
    fullTime: "Full-time",
    endorsed: "Endorsed by 3 colleagues",
    menuFor: (name: string) => `Open control menu for post by ${name}`,
    viewOf: (name: string) => `View ${name}'s profile`,
    invite: (name: string) => `Invite ${name} to connect`,
    followers: (count: number) => `${count.toLocaleString("en-US")} followers`,
    mutual: (name: string) => `${name} and 4 other mutual connections`,
    posted: (age: string) => `${age} •`,
    reactions: (count: number) => `${count} reactions`,
    range: (from: string, to: string | null) =>
      `${month(from, "en-US")} - ${to === null ? "Present" : month(to, "en-US")}`,
    tenure: (months: number) => tenure(months, ["yr", "yrs"], ["mo", "mos"]),
  },
  de: {
    locale: "de_DE",
    primary: "Hauptinhalt",
    aside: "Nebeninhalt",
    about: "Info",
    activity: "Aktivitäten",
    experience: "Berufserfahrung",
    education: "Ausbildung",
    skills: "Kenntnisse",
    topSkills: "Top-Kenntnisse",
    recommendations: "Empfehlungen",
    highlights: "Highlights",
    suggested: "Vorschläge für Sie",
    contactInfo: "Kontaktinfo",
    connections: "500+ Kontakte",
    degree: "· 2.",
    message: "Nachricht",
    connect: "Vernetzen",
    more: "Mehr",
    cut: "… mehr",
    browseMap: "Weitere Profile für Sie",
    mayKnow: "Personen, die Sie kennen könnten",
    reposted: "hat dies repostet",
    fullTime: "Vollzeit",
    endorsed: "Von 3 Kolleg:innen bestätigt",
    menuFor: (name: string) => `Menü für den Beitrag von ${name} öffnen`,
    viewOf: (name: string) => `Profil von ${name} ansehen`,
    invite: (name: string) => `${name} zum Vernetzen einladen`,
    followers: (count: number) => `${count.toLocaleString("de-DE")} Follower:innen`,
    mutual: (name: string) => `${name} und 4 weitere gemeinsame Kontakte`,
    posted: (age: string) => `${age.replace("mo", " Mon.").replace("w", " Wo.").replace("d", " Tg.")} •`,
    reactions: (count: number) => `${count} Reaktionen`,
    range: (from: string, to: string | null) => `${month(from, "de-DE")}–${to === null ? "Heute" : month(to, "de-DE")}`,
    tenure: (months: number) => tenure(months, ["Jahr", "Jahre"], ["Monat", "Monate"]),
  },
}

/** A role's dates as they stand in its row, "Apr 2021 - Present · 5 yrs 8 mos". */
export function datesOf(label: Labels, from: string, to: string | null): string {
  return `${label.range(from, to)} · ${label.tenure(monthsBetween(from, to))}`
}

function month(of: string, language: string): string {
  return new Date(`${of}-01T00:00:00Z`).toLocaleDateString(language, {
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  })
}

function tenure(months: number, year: [string, string], rest: [string, string]): string {
  const count = (amount: number, [one, many]: [string, string]) =>
    amount === 0 ? [] : [`${amount} ${amount === 1 ? one : many}`]
  return [...count(Math.floor(months / 12), year), ...count(months % 12, rest)].join(" ")
}
