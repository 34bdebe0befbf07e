import { ImapFlow } from "imapflow"
import type { Mail } from "./answers.ts"
import { isLoopback, type MailServer } from "./smtp.ts"

type Mailbox = MailServer & { mailbox: string }

/** At most so many mails, the newest, and so much of each. */
const most = 500
const longestPart = 200_000

/** Reads the mails of a mailbox since a day, the oldest first. Nothing is marked, moved or removed. `authority` is a certificate that is
 * trusted besides the usual ones. */
export async function readMailbox(imap: Mailbox, since: Date, authority?: string): Promise<Mail[]> {
  const client = new ImapFlow({
    host: imap.host,
    port: imap.port ?? (imap.secure ? 993 : 143),
    secure: imap.secure,
    ...(imap.secure ? {} : { doSTARTTLS: !isLoopback(imap.host) }),
    auth: { user: imap.user ?? "", pass: imap.password ?? "" },
    logger: false,
    ...(authority === undefined ? {} : { tls: { ca: authority } }),
  })
  await client.connect()
  try {
    const lock = await client.getMailboxLock(imap.mailbox, { readOnly: true })
    try {
      const found = await client.search({ since }, { uid: true })
      const uids = (found || []).slice(-most)
      const mails: Mail[] = []
      for (const uid of uids) {
        const message = await client.fetchOne(
          String(uid),
          { source: { maxLength: longestPart }, internalDate: true },
          { uid: true },
        )
        if (!message || message.source === undefined) continue
        const mail = parseMail(message.source, new Date(message.internalDate ?? since))
        if (mail) mails.push(mail)
      }
      return mails
    } finally {
      lock.release()
    }
  } finally {
    await client.logout().catch(() => client.close())
  }
}

/** What a raw mail says: its heads, its plain text, and what a delivery report reports. Null where it has no sender or id. */
export function parseMail(source: Buffer, at: Date): Mail | null {
  const { heads, body } = split(source.toString("latin1"))
  const from = addressIn(heads.get("from") ?? "")
  const id = idsIn(heads.get("message-id") ?? "")[0]
  if (!from || !id) return null
  const type = typeOf(heads)
  const parts = partsOf(heads, body)
  const status = parts.find((part) => part.type === "message/delivery-status")
  const returned = parts.find((part) => part.type === "message/rfc822" || part.type === "text/rfc822-headers")
  const isReport = type.name === "multipart/report" && status !== undefined
  const plain = parts.find((part) => part.type === "text/plain")?.text ?? ""
  const referred = [heads.get("in-reply-to"), heads.get("references")].flatMap((text) => idsIn(text ?? ""))
  const origin = returned ? idsIn(split(returned.text).heads.get("message-id") ?? "") : []
  return {
    id,
    from,
    subject: wordsOf(heads.get("subject") ?? "") || null,
    text: isReport ? plain : ownWords(plain),
    at,
    isAutomatic: isAutomatic(heads),
    answers: [...origin, ...referred],
    report: isReport
      ? {
          status: /^Status:\s*(\d\.\d+\.\d+)/im.exec(status.text)?.[1] ?? "",
          words: /^Diagnostic-Code:\s*([^\n]+)/im.exec(status.text)?.[1]?.trim() ?? "",
        }
      : null,
  }
}

/** RFC 3834, and what was usual before it. */
function isAutomatic(heads: Map<string, string>): boolean {
  const submitted = (heads.get("auto-submitted") ?? "no").toLowerCase()
  if (!/^no\b/.test(submitted) || /^auto_reply$/i.test(heads.get("precedence") ?? "")) return true
  return heads.has("x-autoreply") || heads.has("x-autorespond")
}

type Part = { type: string; text: string }

function partsOf(heads: Map<string, string>, body: string, depth = 0): Part[] {
  const { name, boundary, charset } = typeOf(heads)
  if (!name.startsWith("multipart/") || boundary === null || depth > 4) {
    return [{ type: name, text: decoded(body, heads.get("content-transfer-encoding") ?? "", charset) }]
  }
  return body
    .split(`--${boundary}`)
    .slice(1)
    .filter((text) => !text.startsWith("--"))
    .flatMap((text) => {
      const inner = split(text.replace(/^[ \t]*\r?\n/, ""))
      return partsOf(inner.heads, inner.body, depth + 1)
    })
}

function split(raw: string): { heads: Map<string, string>; body: string } {
  const end = /\r?\n\r?\n/.exec(raw)
  const head = end ? raw.slice(0, end.index) : raw
  const lines = head.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/)
  const pairs = lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(":")
    return colon < 1 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]]
  })
  return { heads: new Map(pairs), body: end ? raw.slice(end.index + end[0].length) : "" }
}

function typeOf(heads: Map<string, string>): { name: string; boundary: string | null; charset: string } {
  const value = heads.get("content-type") ?? "text/plain"
  return {
    name: (value.split(";")[0] ?? "").trim().toLowerCase(),
    boundary: /boundary="?([^";]+)"?/i.exec(value)?.[1] ?? null,
    charset: /charset="?([^";\s]+)"?/i.exec(value)?.[1] ?? "utf-8",
  }
}

function decoded(body: string, encoding: string, charset: string): string {
  const kind = encoding.trim().toLowerCase()
  const bytes =
    kind === "base64"
      ? Buffer.from(body, "base64")
      : Buffer.from(kind === "quoted-printable" ? unquoted(body) : body, "latin1")
  return inCharset(bytes, charset).replace(/\r\n?/g, "\n").trim()
}

function unquoted(text: string): string {
  return text
    .replace(/[ \t]*=\r?\n/g, "")
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function inCharset(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    // An alphabet that nobody knows.
    return bytes.toString("utf8")
  }
}

/** Heads in words of other alphabets: RFC 2047. */
function wordsOf(text: string): string {
  return text
    .replace(/\?=\s+=\?/g, "?==?")
    .replace(/=\?([^?*]+)(?:\*[^?]*)?\?([bq])\?([^?]*)\?=/gi, (_, charset: string, kind: string, words: string) =>
      inCharset(
        kind.toLowerCase() === "b"
          ? Buffer.from(words, "base64")
          : Buffer.from(unquoted(words.replaceAll("_", " ")), "latin1"),
        charset,
      ),
    )
}

function addressIn(text: string): string | null {
  return /<([^<>\s]+@[^<>\s]+)>/.exec(text)?.[1] ?? /[^\s<>,;"]+@[^\s<>,;"]+/.exec(text)?.[0] ?? null
}

function idsIn(text: string): string[] {
  return [...text.matchAll(/<([^<>\s]+)>/g)].flatMap((match) => (match[1] ? [match[1]] : []))
}

/** A reply without the message that it quotes below. */
function ownWords(text: string): string {
  const lines = text.split("\n")
  const quoted = lines.findIndex(
    (line, at) => /^>/.test(line) || (/:\s*$/.test(line) && /^>/.test(lines[at + 1] ?? lines[at + 2] ?? "")),
  )
  return (quoted > 0 ? lines.slice(0, quoted) : lines).join("\n").trim()
}
