import { channelRules } from "../outreach/channels.ts"
import { recipientWords } from "../outreach/recipients.ts"
import type { ReviewedDraft } from "../outreach/review.ts"
import { plainText } from "./table.ts"

/** A draft as a person at a terminal decides on it: exactly what would be sent, to whom and from where. */
export function draftText({ draft, lead, claims, remarks, why, approval, sends }: ReviewedDraft): string {
  const { channel, recipient, account, subject, body } = draft
  const name = plainText(lead.name ?? lead.email ?? `lead ${lead.id}`)
  const lines = [
    `Draft ${draft.id} to ${name} (lead ${lead.id}): ${draft.state}${draft.reason ? `, ${plainText(draft.reason)}` : ""}`,
    `By:   ${channelRules[channel].title}`,
    `To:   ${plainText(recipientWords(channel, recipient))}`,
    `From: ${account === null ? "no account; copy it and mark it as sent" : plainText(account)}`,
    ...(subject === null ? [] : [`Subject: ${plainText(subject)}`]),
    "",
    ...body.split("\n").map((line) => `  ${plainText(line)}`),
    "",
    ...claims.map(
      ({ text, standing, fact }) =>
        `${standing === "fact" ? "rests on a fact" : (standings[standing] ?? standing)}: "${plainText(text)}"${fact ? ` <- ${fact.field}${fact.quote ? ` "${plainText(fact.quote)}"` : ""}` : ""}`,
    ),
    ...remarks,
    ...(why !== null && draft.state !== "sent" && draft.state !== "rejected" ? [why] : []),
    ...(approval ? [`Approved by ${approval.person} until ${approval.expiresAt}`] : []),
    ...sends.map(
      ({ outcome, reason, startedAt }) =>
        `${outcome ?? "under way"} ${startedAt}${reason ? `: ${plainText(reason)}` : ""}`,
    ),
  ]
  return lines.join("\n")
}

const standings: Record<string, string> = {
  imported: "came with an import, without proof",
  outdated: "the fact was replaced since",
  inferred: "an agent only concluded it",
  none: "claims something without a fact",
}

/** What is copied: the subject where there is one, then the text, and nothing else. */
export function draftWords({ draft }: ReviewedDraft): string {
  return draft.subject === null ? `${draft.body}\n` : `${draft.subject}\n\n${draft.body}\n`
}
