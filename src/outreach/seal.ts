import { createHash } from "node:crypto"
import type { Draft } from "../db/tables.ts"

export type Sealed = Pick<Draft, "channel" | "account" | "recipient" | "subject" | "body">

/** What an approval is bound to: SHA-256 over channel, account, recipient, subject and body, as lower-case hex. */
export function sealOf({ channel, account, recipient, subject, body }: Sealed): string {
  return createHash("sha256")
    .update(JSON.stringify([channel, account, recipient, subject, body]))
    .digest("hex")
}
