import { createTransport } from "nodemailer"
import type { Store } from "../db/store.ts"
import { keepProof } from "./proof.ts"
import type { Courier, Delivery, Parcel } from "./send.ts"

export type MailServer = {
  host: string
  port?: number | undefined
  secure: boolean
  user?: string | undefined
  password?: string | undefined
}
type MailSender = MailServer & { from: string; unsubscribe?: string | undefined }

/** Sends mail over the team's own server: plain text, exactly as approved. `authority` is a certificate that is trusted besides the
 * usual ones. */
export function openSmtp(store: Store, smtp: MailSender, clock: () => Date, authority?: string): Courier {
  return {
    whyNot: async ({ channel, account }) => {
      if (channel !== "email") return "Only email goes over SMTP."
      return account === smtp.from
        ? null
        : `This message was approved to leave from ${account}, and mail leaves from ${smtp.from}.`
    },
    async deliver(parcel) {
      const transport = createTransport({
        host: smtp.host,
        ...(smtp.port === undefined ? {} : { port: smtp.port }),
        secure: smtp.secure,
        requireTLS: !smtp.secure && !isLoopback(smtp.host),
        ...(smtp.user === undefined ? {} : { auth: { user: smtp.user, pass: smtp.password ?? "" } }),
        connectionTimeout: patienceMs,
        greetingTimeout: patienceMs,
        socketTimeout: 2 * patienceMs,
        disableFileAccess: true,
        disableUrlAccess: true,
        ...(authority === undefined ? {} : { tls: { ca: authority } }),
      })
      try {
        const unreached = await transport.verify().then(
          () => null,
          (error: unknown) => told(error),
        )
        if (unreached) return { kind: "blocked", reason: unreached.words }
        const messageId = messageIdOf(parcel, smtp.from)
        const answer = await transport.sendMail({
          from: smtp.from,
          to: { name: "", address: parcel.recipient },
          subject: parcel.subject ?? "",
          text: parcel.body,
          messageId,
          headers: unsubscribeHeaders(smtp),
        })
        const { id } = await keepProof(
          store,
          {
            url: `mid:${messageId.slice(1, -1)}`,
            kind: "email.sent",
            title: parcel.subject,
            text: `To: ${parcel.recipient}\nSubject: ${parcel.subject ?? ""}\n\n${parcel.body}\n\n${smtp.host} answered: ${answer.response}`,
            account: smtp.from,
          },
          clock(),
        )
        return { kind: "sent", evidenceId: id }
      } catch (error) {
        return failureOf(error)
      } finally {
        transport.close()
      }
    },
  }
}

/** A message's own name, by which a reply or a bounce is known again. */
export function messageIdOf({ sendId, recipient }: Pick<Parcel, "sendId" | "recipient">, from: string): string {
  const domain = /@([^\s>]+)/.exec(from)?.[1] ?? "localhost"
  const whose = Buffer.from(recipient).toString("base64url")
  return `<giant.${sendId}.${whose}@${domain}>`
}

/** Which send a message id of ours names. */
export function sendOfMessage(id: string): { sendId: number; recipient: string } | null {
  const match = /^<?giant\.(\d+)\.([\w-]+)@/.exec(id.trim())
  if (!match?.[1] || !match[2]) return null
  return { sendId: Number(match[1]), recipient: Buffer.from(match[2], "base64url").toString("utf8") }
}

/** What the mail is about by which somebody unsubscribes. */
export const unsubscribeSubject = "unsubscribe"

const patienceMs = 20_000

function unsubscribeHeaders({ from, unsubscribe }: MailSender): Record<string, string> {
  const address = /<([^>]+)>/.exec(from)?.[1] ?? from
  const way = unsubscribe ?? `mailto:${address}?subject=${unsubscribeSubject}`
  const isWeb = way.startsWith("https:")
  return {
    "List-Unsubscribe": `<${way}>`,
    ...(isWeb ? { "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" } : {}),
  }
}

/** Only where the server said no is it certain that nothing went out. 421 is said by one that goes away. */
function failureOf(error: unknown): Delivery {
  const { code, responseCode, words } = told(error)
  const isNo = responseCode !== null && responseCode >= 400 && responseCode !== 421
  if (isNo && (code === "EENVELOPE" || code === "EMESSAGE")) return { kind: "refused", reason: words }
  return { kind: "unknown", reason: words }
}

function told(error: unknown): { code: string | null; responseCode: number | null; words: string } {
  const code = fieldOf(error, "code")
  const responseCode = fieldOf(error, "responseCode")
  const message = error instanceof Error ? error.message : String(error)
  return {
    code: typeof code === "string" ? code : null,
    responseCode: typeof responseCode === "number" ? responseCode : null,
    words: `The mail server: ${message.replace(/\s+/g, " ").slice(0, 500)}`,
  }
}

function fieldOf(error: unknown, name: string): unknown {
  return typeof error === "object" && error !== null ? new Map(Object.entries(error)).get(name) : undefined
}

/** Whether a mail server is on this machine, where there is no wire to listen at. */
export function isLoopback(host: string): boolean {
  return ["localhost", "127.0.0.1", "::1"].includes(host)
}
