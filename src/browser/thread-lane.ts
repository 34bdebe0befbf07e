import { z } from "zod"
import { stopAccount } from "./accounts.ts"
import { type Composer, openConversation } from "./composer.ts"
import { accountNamed, type SendingDeps, takeLoad } from "./composer-lane.ts"
import { composers } from "./composer-sites.ts"
import { runInside, until } from "./inside.ts"
import type { ThreadName } from "./ledger.ts"
import { serialisePage } from "./serialise.ts"
import { readMessages, type ThreadMessage } from "./sites/thread.ts"

type ThreadSeen =
  | { kind: "read"; url: string; title: string; messages: ThreadMessage[] }
  /** There is no conversation to read, or nothing of it can be believed. */
  | { kind: "refused"; reason: string }
  /** The account cannot look now. */
  | { kind: "blocked"; reason: string }

const ways: Record<ThreadName, Composer> = {
  "linkedin.thread": composers["linkedin.message"],
  "x.thread": composers["x.message"],
}
/** How long messages that are still loaded are waited for, in milliseconds. */
const messagesMs = 3_000
const largestPage = 6_000_000

export type ThreadDeps = Omit<SendingDeps, "presser" | "whyNoWindow" | "onReady">

/** Opens the conversation with one person in its account's lane, paced and within its limits, and reads what stands there. Nothing is
 * written; the site may take it for read. */
export async function readThreadInLane(
  deps: ThreadDeps,
  name: string | null,
  thread: ThreadName,
  recipient: string,
  signal: AbortSignal,
): Promise<ThreadSeen> {
  const account = name === null ? null : await accountNamed(deps.store, name)
  if (!account) return { kind: "refused", reason: "The account that it was sent from is gone." }
  const { mayRead } = deps.policy(account)
  if (mayRead.kind === "no") return { kind: "blocked", reason: mayRead.reason }
  const way = ways[thread]
  const load = { account: account.name, page: thread, url: way.profile(recipient) }
  const limited: { reason: string | null } = { reason: null }
  const enter = async () => {
    limited.reason = await takeLoad(deps, account, load, signal)
    return limited.reason === null
  }
  const lane = await deps.lane(account)
  const seen = await lane.use(
    { hosts: way.hosts, visible: false, enter },
    signal,
    async (page): Promise<ThreadSeen> => {
      const opened = await openConversation(page, way, recipient, deps.clock)
      if (opened.kind !== "open") return opened
      await until(messagesMs, async () => ((await opened.look())?.sent.length ?? 0) > 0)
      const taken = await runInside(opened.session, serialisePage, largestPage, serialised)
      if (taken?.kind !== "serialised" || !way.thread) {
        return { kind: "refused", reason: "The conversation cannot be taken down." }
      }
      const here = page.url()
      const read = readMessages(taken.html, way.thread, (href) => way.isRecipient(href, recipient, here))
      if (read.kind === "drift") return { kind: "refused", reason: read.reason }
      return { kind: "read", url: here, title: await page.title(), messages: read.messages }
    },
  )
  if (seen.kind === "unreachable") return { kind: "blocked", reason: seen.reason }
  if (seen.kind === "not let in") return { kind: "blocked", reason: limited.reason ?? "It was stopped." }
  if (seen.kind === "blocked") await stopAccount(deps.store, { id: account.id, reason: seen.reason }, deps.clock())
  return seen
}

const serialised = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("serialised"), html: z.string() }),
  z.object({ kind: z.literal("too large") }),
])
