import { createHash } from "node:crypto"
import { and, eq } from "drizzle-orm"
import type { Db, Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"

/** What a composer, a mail server or a mailbox showed. `url` names it: a thread's address, `mid:` and a message's id. */
export type Proof = { url: string; kind: string; title: string | null; text: string; account: string | null }

/** Keeps what was seen of a message as evidence. The same is kept once. */
export function keepProof(store: Store, proof: Proof, now: Date): Promise<{ id: number; isNew: boolean }> {
  return store.write((db) => proofIn(db, proof, now))
}

/** The same within a transaction: what follows from it is done with it, or not at all. */
export async function proofIn(db: Db, proof: Proof, now: Date): Promise<{ id: number; isNew: boolean }> {
  const { evidence } = tables
  const sha256 = createHash("sha256").update(proof.text).digest("hex")
  const [known] = await db
    .select({ id: evidence.id })
    .from(evidence)
    .where(and(eq(evidence.url, proof.url), eq(evidence.kind, proof.kind), eq(evidence.sha256, sha256)))
    .limit(1)
  if (known) return { id: known.id, isNew: false }
  const [row] = await db
    .insert(evidence)
    .values({ ...proof, sha256, capturedAt: now.toISOString(), outcome: "found" })
    .returning({ id: evidence.id })
  if (!row) throw new Error("The database made no row for what was seen of a message.")
  return { id: row.id, isNew: true }
}
