import { asciiHost } from "./host.ts"
import { foldText, wordList } from "./text.ts"

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

/** The mailbox that an address leads to: without its +tag, and without Gmail's dots and second domain. */
export function mailboxOf(email: string): string {
  const at = email.lastIndexOf("@")
  const domain = email.slice(at + 1)
  const local = email.slice(0, at).replace(/(?<=.)\+.*$/, "")
  return /^(?:gmail|googlemail)\.com$/.test(domain) ? `${local.replaceAll(".", "")}@gmail.com` : `${local}@${domain}`
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

const plainEmail = /^[a-z0-9_%+-]+(?:\.[a-z0-9_%+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/

const roles = wordList(`
  info information sales contact contactus hello hi support admin administrator administration office team teams hr jobs job
  career careers marketing press media billing accounts accounting invoice invoices finance legal privacy gdpr dpo compliance
  security abuse postmaster webmaster hostmaster noreply donotreply help helpdesk service services customerservice
  customersupport customercare enquiries enquiry inquiries inquiry mail email post kontakt vertrieb buero verwaltung bewerbung
  rechnung empfang zentrale poststelle datenschutz contacto ventas compras commercial comercial vendas contato accueil bonjour
  hola ciao direction newsletter news feedback order orders shop store booking bookings reservations reception recruiting
  recruitment recruiter talent root partner partners partnership partnerships investors ir pr everyone staff it sysadmin noc
  dev developers api data events community success general main frontdesk welcome secretary secretariat secretaria
`)

const regions = wordList(
  "us usa uk gb eu emea apac dach latam na de at ch fr es it nl be pt br in au nz ca global intl europe asia",
)

const freeMail = wordList(`
  gmail.com googlemail.com msn.com icloud.com me.com mac.com aol.com aim.com web.de t-online.de freenet.de arcor.de posteo.de
  mailbox.org proton.me protonmail.com protonmail.ch pm.me tutanota.com tuta.io tuta.com fastmail.com fastmail.fm hey.com
  hushmail.com zoho.com mail.com email.com inbox.com rocketmail.com mail.ru bk.ru list.ru inbox.ru rambler.ru ya.ru qq.com
  foxmail.com 163.com 126.com sina.com sohu.com naver.com daum.net hanmail.net orange.fr free.fr laposte.net wanadoo.fr sfr.fr
  neuf.fr libero.it virgilio.it tiscali.it alice.it tin.it uol.com.br bol.com.br terra.com.br ig.com.br sapo.pt comcast.net
  verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net btinternet.com sky.com talktalk.net
  virginmedia.com ntlworld.com bluewin.ch hispeed.ch aon.at chello.at telenet.be skynet.be ziggo.nl kpnmail.nl xs4all.nl wp.pl
  o2.pl onet.pl interia.pl seznam.cz rediffmail.com bigpond.com optusnet.com.au shaw.ca rogers.com
`)
