import { domainToASCII } from "node:url"
import { getCountries, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js"

/**
 * Text as people write it, in the one form that this product stores and compares. Each parser returns the normal form, or
 * null for what is none; a normal form parses to itself.
 */

export type DateOrder = "dmy" | "mdy"
export type Money = {
  amount: number /** ISO 4217, or null where the text names no currency. */
  currency: string | null
}
export type Seniority = (typeof seniorities)[number][0]

/** Text on one line: one form of Unicode, white space folded, no control, zero-width or direction marks. */
export function foldText(text: string): string {
  if (/^(?:[\x21-\x7e]+ )*[\x21-\x7e]+$/.test(text)) return text
  return text
    .normalize("NFC")
    .replace(unseen, "")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
}

/** Text of several lines: as `foldText`, with line breaks and spaces kept. */
export function foldLines(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text.trim()
  return text
    .normalize("NFC")
    .replace(/\r\n?/g, "\n")
    .replace(unseen, "")
    .replace(/[^\P{Cc}\n\t]/gu, "")
    .trim()
}

/** A person's name, or null for what is an address, has no letter or is longer than a name. */
export function parsePersonName(text: string): string | null {
  const name = foldText(text)
  return /\p{L}/u.test(name) && !/@|:\/\//.test(name) && name.length <= 200 ? name : null
}

/** First names and last name; the last name is the last word and the lower-case particles before it ("van der"). */
export function splitName(name: string): { first: string; last: string | null } {
  const words = foldText(name).split(" ")
  let start = words.length - 1
  while (start > 1 && /^\p{Ll}/u.test(words[start - 1] ?? "")) start--
  const last = words.slice(start).join(" ")
  return start === 0 ? { first: last, last: null } : { first: words.slice(0, start).join(" "), last }
}

/** A name out of its parts, or null when none of them has a letter. */
export function joinName(...parts: string[]): string | null {
  return parsePersonName(parts.join(" "))
}

/** An email address in lower case, its domain in ASCII. Accepts `mailto:`, angle brackets and closing punctuation. */
export function parseEmail(text: string): string | null {
  if (text.length > 400) return null
  const plain = text.trim().toLowerCase()
  if (plainEmail.test(plain) && plain.length <= 254 && plain.indexOf("@") <= 64) return plain
  const bare = foldText(plain)
    .replace(/^["'<([]+/, "")
    .replace(/^mailto:/, "")
    .replace(/\?.*$/, "")
    .replace(/["'>)\].,;:]+$/, "")
  const at = bare.lastIndexOf("@")
  const local = bare.slice(0, Math.max(at, 0))
  const domain = asciiHost(bare.slice(at + 1))
  if (!domain || !/^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u.test(local))
    return null
  return local.length <= 64 && local.length + domain.length < 254 ? `${local}@${domain}` : null
}

/** Whether an address belongs to a function rather than to a person (`info@`, `sales-emea@`), so that it identifies nobody. */
export function isRoleAddress(email: string): boolean {
  const local = email.slice(0, email.lastIndexOf("@")).toLowerCase().replace(/\+.*$/, "")
  const [first = "", ...rest] = local.split(/[._-]/)
  if (roles.has(local.replace(/[._-]/g, ""))) return true
  return (
    roles.has(first) &&
    rest.length > 0 &&
    rest.every((word) => roles.has(word) || /^\d+$/.test(word) || regions.has(word))
  )
}

/** Whether an address or domain is one of a public mail provider, so that it says nothing about a company. */
export function isFreeMail(emailOrDomain: string): boolean {
  const domain = emailOrDomain.slice(emailOrDomain.lastIndexOf("@") + 1).toLowerCase()
  return (
    freeMail.has(domain) || /^(?:yahoo|hotmail|outlook|live|gmx|yandex|ymail)\.[a-z]{2,3}(?:\.[a-z]{2})?$/.test(domain)
  )
}

/**
 * A phone number as E.164, with ` ext. N` where it has an extension. `region` (ISO 3166 alpha-2) reads national numbers;
 * without one they are kept as they are written.
 */
export function parsePhone(text: string, region: string | null = null): string | null {
  if (text.length > 60) return null
  const written = foldText(text)
    .replace(/^(?:tel:|')/i, "")
    .replace(/^00(?=[1-9])/, "+")
    .trim()
  if (!/^[+(]?[\d(]/.test(written) || !/^[\d\s().,/+–-]*(?:(?:;ext=|ext\.?|x|#)\s*\d{1,7})?$/i.test(written))
    return null
  const digits = written.replace(/\D/g, "").length
  if (digits < 6 || digits > 22) return null
  const country = region?.toUpperCase() ?? ""
  const number = parsePhoneNumberFromString(written, isSupportedCountry(country) ? country : undefined)
  if (number?.isPossible()) return number.ext ? `${number.number} ext. ${number.ext}` : number.number
  return !written.startsWith("+") && !region ? written : null
}

/** A web address with its scheme; a bare host gets `https://`. Addresses with credentials are refused. */
export function parseUrl(text: string): string | null {
  const url = readUrl(text)
  return url && (url.pathname === "/" && !url.search && !url.hash ? url.origin : url.href)
}

/** The domain of a web address, an email address or a domain: lower case, ASCII, no `www.`. */
export function parseDomain(text: string): string | null {
  const email = text.includes("@") ? parseEmail(text) : null
  if (email) return email.slice(email.indexOf("@") + 1)
  return readUrl(text)?.hostname.replace(/^www\d?\.(?=.*\.)/, "") ?? null
}

/** The slug of a LinkedIn profile address, or of a slug itself. Sales Navigator's and search addresses have none. */
export function parseLinkedinSlug(text: string): string | null {
  return slugForm(text.trim()) ?? personSlug(text)
}

/** The one address of a LinkedIn profile: `https://www.linkedin.com/in/<slug>`. */
export function parseLinkedinUrl(text: string): string | null {
  const slug = personSlug(text)
  return slug && `https://www.linkedin.com/in/${slug}`
}

/** The slug (or number) of a LinkedIn company address, or of a slug itself. */
export function parseLinkedinCompanySlug(text: string): string | null {
  return slugForm(text.trim()) ?? companySlug(text)
}

/** The one address of a LinkedIn company page: `https://www.linkedin.com/company/<slug>`. */
export function parseLinkedinCompanyUrl(text: string): string | null {
  const slug = companySlug(text)
  return slug && `https://www.linkedin.com/company/${slug}`
}

/** An X handle without its `@`, in the case it was written in. Accepts `@h`, `h`, and addresses on x.com and twitter.com. */
export function parseXHandle(text: string): string | null {
  const written = foldText(text)
  const handle = /[./]/.test(written) ? handleOfUrl(written) : written.replace(/^@/, "")
  return handle && /^\w{1,15}$/.test(handle) && /[a-z]/i.test(handle) && !xPages.has(handle.toLowerCase())
    ? handle
    : null
}

/** A country as its ISO 3166 alpha-2 code, from a code or a name in English, German, French, Spanish or Portuguese. */
export function parseCountry(text: string): string | null {
  const words = wordsOf(text)
  return countries().get(words) ?? countries().get(words.replace(/^the /, "")) ?? null
}

/**
 * A day as `YYYY-MM-DD`. Dots mean day first; a slashed date that fits both orders is read in `order`, and without one it is
 * no date.
 */
export function parseDate(text: string, order: DateOrder | null = null): string | null {
  const written = foldText(text)
  const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:$|[T ]\d{1,2}:)/.exec(written)
  if (iso) return day(iso[1], iso[2], iso[3])
  const named = /^(\d{1,2})\.?[ -](\p{L}{3,})\.?,?[ -](\d{4})\b/u.exec(written)
  if (named) return day(named[3], monthOf(named[2]), named[1])
  const american = /^(\p{L}{3,})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b/u.exec(written)
  if (american) return day(american[3], monthOf(american[1]), american[2])
  const numeric = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:$|[ ,])/.exec(written)
  if (!numeric) return null
  const settled = numeric[2] === "." ? "dmy" : (dateOrderOf([written]) ?? order)
  if (!settled) return numeric[1] === numeric[3] ? day(numeric[4], numeric[3], numeric[1]) : null
  return settled === "dmy" ? day(numeric[4], numeric[3], numeric[1]) : day(numeric[4], numeric[1], numeric[3])
}

/** The order in which a column writes day and month, as far as one of its dates shows it. Null where none or both are shown. */
export function dateOrderOf(texts: string[]): DateOrder | null {
  const seen = new Set<DateOrder>()
  for (const text of texts) {
    const numeric = /^\s*(\d{1,2})[/-](\d{1,2})[/-]\d{4}/.exec(text)
    if (numeric && Number(numeric[1]) > 12) seen.add("dmy")
    if (numeric && Number(numeric[2]) > 12) seen.add("mdy")
  }
  const [order = null] = seen
  return seen.size === 1 ? order : null
}

/** An amount with the currency that the text names: `$12,500`, `12.500,00 €`, `EUR 12k`. */
export function parseMoney(text: string): Money | null {
  if (text.length > 60) return null
  const written = foldText(text)
  const [, before = "", number = "", scale = "", after = ""] =
    /^([^\d\s.,+-]*)\s*([+-]?[\d.,'’ ]*\d)\s*(k|m|mn|mio|bn)?\.?\s*([^\d\s.,]*)$/iu.exec(written) ?? []
  const amount = readNumber(number, true)
  if (amount === null || (before && after)) return null
  const currency = currencyOf(before || after)
  if (currency === undefined) return null
  return { amount: Math.round(amount * (scales[scale.toLowerCase()] ?? 1) * 100) / 100, currency }
}

/** A number as people write it: `1,234.5`, `1.234,5`, `1 234`. */
export function parseNumber(text: string): number | null {
  return text.length > 60 ? null : readNumber(foldText(text), false)
}

/** How senior a job title is, or null where it does not say. */
export function parseSeniority(title: string): Seniority | null {
  const words = ` ${wordsOf(title)} `
  return seniorities.find(([, pattern]) => pattern.test(words))?.[0] ?? null
}

/** A company's name as companies are matched by: no legal form, punctuation, case or accents. */
export function companyKey(name: string): string | null {
  const words = wordsOf(
    name.replace(/(?<![\p{L}\p{N}])(\p{L})\.(?=\p{L}(?![\p{L}\p{N}]))/gu, "$1").replace(/&/g, " and "),
  ).split(" ")
  while (words.length > 1 && legalForms.has(words.at(-1) ?? "")) words.pop()
  return words.join(" ") || null
}

/** Words in lower case without accents and punctuation, one space between: how names and headers are compared. */
export function wordsOf(text: string): string {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\p{M}'’]/gu, "")
    .replace(/[ßøæœłđðþı]/g, (letter) => spelled[letter] ?? letter)
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()
}

const unseen = /[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g
const plainEmail = /^[a-z0-9_%+-]+(?:\.[a-z0-9_%+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/

function asciiHost(host: string): string | null {
  const ascii = domainToASCII(host.toLowerCase())
  return ascii.length <= 253 &&
    /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)$/.test(ascii)
    ? ascii
    : null
}

function readUrl(text: string): URL | null {
  if (text.length > 2048) return null
  const written = foldText(text).replace(/^\/\//, "")
  const [host = ""] = written.replace(/^https?:\/\//i, "").split(/[/?#]/, 1)
  if (/[\s<>"]/.test(written) || host.includes("@")) return null
  const url = URL.parse(/^https?:\/\//i.test(written) ? written : `https://${written}`)
  return url && asciiHost(url.hostname) ? url : null
}

function personSlug(text: string): string | null {
  const plain = /^https:\/\/www\.linkedin\.com\/in\/([a-z0-9-]{3,100})\/?$/.exec(text)?.[1]
  if (plain) return slugForm(plain)
  const [kind, slug = "", ...rest] = linkedinPath(text)
  if (kind === "in" || (kind === "mwlite" && slug === "in")) return slugForm((kind === "in" ? slug : rest[0]) ?? "")
  if (kind !== "pub" || slug === "dir") return null
  // Addresses of before 2015 end in the parts of a number, which today's slug has in reverse, padded.
  const [a = "", b = "", c = ""] = rest
  return /^[0-9a-f]+$/i.test(a + b + c) && c
    ? slugForm(`${slug}-${c.padStart(3, "0")}${b.padStart(3, "0")}${a}`)
    : slugForm(slug)
}

function companySlug(text: string): string | null {
  const [kind, slug = ""] = linkedinPath(text)
  return kind === "company" || kind === "school" ? slugForm(slug) : null
}

function linkedinPath(text: string): string[] {
  const written = foldText(text)
  const url = readUrl(
    /^\/?(?:in|pub|company|school)\//i.test(written) ? `www.linkedin.com/${written.replace(/^\//, "")}` : written,
  )
  if (!url || !/^(?:[a-z]{2,3}\.)?(?:www\.|m\.)?linkedin\.com$/.test(url.hostname)) return []
  const [kind = "", ...rest] = url.pathname.split("/").filter(Boolean)
  return [kind.toLowerCase(), ...rest]
}

function slugForm(text: string): string | null {
  const slug = decoded(text).normalize("NFC")
  if (!/^[\p{L}\p{M}\p{N}\p{So}_-]{2,120}$/u.test(slug)) return null
  if (/^AC[ow]AA[\w-]{20,}$/.test(slug)) return slug // A member's id stands in for the slug; its case matters.
  return slug.toLowerCase() === "unavailable" ? null : slug.toLowerCase().normalize("NFC")
}

function decoded(text: string): string {
  if (!text.includes("%")) return text
  return /^(?:[^%]|%[0-9a-f]{2})*$/i.test(text) ? Buffer.from(percentBytes(text), "latin1").toString("utf8") : text
}

function percentBytes(text: string): string {
  const utf8 = Buffer.from(text, "utf8").toString("latin1")
  return utf8.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function handleOfUrl(text: string): string | null {
  const url = readUrl(text)
  if (!url || !/^(?:www\.|mobile\.|m\.)?(?:x|twitter)\.com$/.test(url.hostname)) return null
  const [first = "", second] = url.pathname.split("/").filter(Boolean)
  return first === "intent" && (second === "user" || second === "follow")
    ? url.searchParams.get("screen_name")
    : first.replace(/^@/, "")
}

let countryNames: Map<string, string> | null = null

/** Made when first asked for: it takes some milliseconds. */
function countries(): Map<string, string> {
  if (countryNames) return countryNames
  countryNames = new Map(Object.entries(countryAliases))
  for (const locale of ["en", "de", "fr", "es", "pt"]) {
    const names = new Intl.DisplayNames([locale], { type: "region" })
    for (const code of getCountries()) {
      countryNames.set(code.toLowerCase(), code)
      countryNames.set(wordsOf(names.of(code) ?? code), code)
    }
  }
  return countryNames
}

function day(year = "", month = "", date = ""): string | null {
  const iso = `${year}-${month.padStart(2, "0")}-${date.padStart(2, "0")}`
  const days = Number(month) === 2 && !isLeap(Number(year)) ? 28 : monthDays[Number(month) - 1]
  return days !== undefined && Number(date) >= 1 && Number(date) <= days ? iso : null
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

function monthOf(name = ""): string {
  const word = wordsOf(name)
  return String(months.findIndex((month) => month.split(" ").some((start) => word.startsWith(start))) + 1)
}

function readNumber(text: string, isMoney: boolean): number | null {
  if (!/^[+-]?\d[\d.,'’ ]*$/.test(text)) return null
  const spaced = text.replace(/['’ ]/g, "")
  const last = Math.max(spaced.lastIndexOf("."), spaced.lastIndexOf(","))
  const marks = spaced.replace(/[^.,]/g, "")
  const fraction = spaced.length - last - 1
  // One mark before exactly three digits groups thousands; only a dot outside of money may be a decimal point there.
  const isGroup = marks.length > 1 ? new Set(marks).size === 1 : fraction === 3 && (isMoney || marks === ",")
  const whole = last < 0 || isGroup ? spaced : spaced.slice(0, last)
  if (!/^[+-]?\d+(?:([.,])\d{3}(?:\1\d{3})*)?$/.test(whole)) return null
  const number = Number(`${whole.replace(/[.,]/g, "")}${last < 0 || isGroup ? "" : `.${spaced.slice(last + 1)}`}`)
  return Number.isFinite(number) ? number : null
}

/** Null where nothing is named, undefined where what is named is no currency. */
function currencyOf(text: string): string | null | undefined {
  if (!text) return null
  const code = currencySigns[text.toLowerCase()] ?? text.toUpperCase()
  return currencyCodes.has(code) ? code : undefined
}

const spelled: Record<string, string> = { ß: "ss", ø: "o", æ: "ae", œ: "oe", ł: "l", đ: "d", ð: "d", þ: "th", ı: "i" }

const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const months = [
  "jan ene janv gen",
  "feb fev fevr",
  "mar mrz maer",
  "apr avr abr",
  "may mai mag",
  "jun juin giu",
  "jul juil lug",
  "aug aou ago",
  "sep set",
  "oct okt out ott",
  "nov",
  "dec dez dic",
]

const scales: Record<string, number> = { k: 1e3, m: 1e6, mn: 1e6, mio: 1e6, bn: 1e9 }
const currencyCodes = new Set(Intl.supportedValuesOf("currency"))
const currencySigns: Record<string, string> = {
  $: "USD",
  us$: "USD",
  "€": "EUR",
  euro: "EUR",
  euros: "EUR",
  "£": "GBP",
  "¥": "JPY",
  "₹": "INR",
  "₩": "KRW",
  "₺": "TRY",
  "₪": "ILS",
  zł: "PLN",
  r$: "BRL",
  a$: "AUD",
  c$: "CAD",
  ca$: "CAD",
  "fr.": "CHF",
  sfr: "CHF",
}

const countryAliases: Record<string, string> = {
  usa: "US",
  "u s a": "US",
  "u s": "US",
  america: "US",
  "united states of america": "US",
  uk: "GB",
  "u k": "GB",
  england: "GB",
  scotland: "GB",
  wales: "GB",
  "northern ireland": "GB",
  "great britain": "GB",
  grossbritannien: "GB",
  holland: "NL",
  "czech republic": "CZ",
  turkey: "TR",
  korea: "KR",
  "republic of korea": "KR",
  uae: "AE",
  brasil: "BR",
  espana: "ES",
  italia: "IT",
  polska: "PL",
  sverige: "SE",
  norge: "NO",
  danmark: "DK",
  suomi: "FI",
  osterreich: "AT",
  oesterreich: "AT",
  schweiz: "CH",
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

const legalForms = words(`
  and inc incorporated corp corporation co company llc llp lp ltd limited plc pllc gmbh mbh ag kg kgaa ohg ug gbr se ev sa sas
  sasu sarl eurl srl srls spa sl slu lda ltda bv nv oy oyj ab as asa aps pty pte kk sro doo dd ood eood zrt kft bt sia uab haftungsbeschrankt
`)

const roles = words(`
  info information sales contact contactus hello hi support admin administrator administration office team teams hr jobs job
  career careers marketing press media billing accounts accounting invoice invoices finance legal privacy gdpr dpo compliance
  security abuse postmaster webmaster hostmaster noreply donotreply help helpdesk service services customerservice
  customersupport customercare enquiries enquiry inquiries inquiry mail email post kontakt vertrieb buero verwaltung bewerbung
  rechnung empfang zentrale poststelle datenschutz contacto ventas compras commercial comercial vendas contato accueil bonjour
  hola ciao direction newsletter news feedback order orders shop store booking bookings reservations reception recruiting
  recruitment recruiter talent root partner partners partnership partnerships investors ir pr everyone staff it sysadmin noc
  dev developers api data events community success general main frontdesk welcome secretary secretariat secretaria
`)

const regions = words(
  "us usa uk gb eu emea apac dach latam na de at ch fr es it nl be pt br in au nz ca global intl europe asia",
)

const freeMail = words(`
  gmail.com googlemail.com msn.com icloud.com me.com mac.com aol.com aim.com web.de t-online.de freenet.de arcor.de posteo.de
  mailbox.org proton.me protonmail.com protonmail.ch pm.me tutanota.com tuta.io tuta.com fastmail.com fastmail.fm hey.com
  hushmail.com zoho.com mail.com email.com inbox.com rocketmail.com mail.ru bk.ru list.ru inbox.ru rambler.ru ya.ru qq.com
  foxmail.com 163.com 126.com sina.com sohu.com naver.com daum.net hanmail.net orange.fr free.fr laposte.net wanadoo.fr sfr.fr
  neuf.fr libero.it virgilio.it tiscali.it alice.it tin.it uol.com.br bol.com.br terra.com.br ig.com.br sapo.pt comcast.net
  verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net btinternet.com sky.com talktalk.net
  virginmedia.com ntlworld.com bluewin.ch hispeed.ch aon.at chello.at telenet.be skynet.be ziggo.nl kpnmail.nl xs4all.nl wp.pl
  o2.pl onet.pl interia.pl seznam.cz rediffmail.com bigpond.com optusnet.com.au shaw.ca rogers.com
`)

const xPages = words(`
  home explore search notifications messages settings i intent share hashtag login logout signup tos privacy about compose
  download jobs account lists bookmarks topics communities premium who_to_follow
`)

/** A pattern rather than a set: the engine keeps every text that a set is asked for, and these are asked for millions. */
function words(list: string): { has(word: string): boolean } {
  const pattern = new RegExp(`^(?:${list.trim().replaceAll(".", "\\.").split(/\s+/).join("|")})$`)
  return { has: (word) => pattern.test(word) }
}
