import { eq } from "drizzle-orm"
import { accountFor } from "../browser/accounts.ts"
import type { Whereabouts } from "../browser/hosts.ts"
import { loadsOf, nextFree, reasonFor } from "../browser/ledger.ts"
import { type Account, type Lead, type Task, tables } from "../db/tables.ts"
import type { TaskResult } from "../harness/tasks.ts"
import { isFreeMail } from "../leads/normal-forms/email.ts"
import type { Home } from "./home.ts"
import { policyOf } from "./lanes.ts"
import type { World } from "./world.ts"

/** Who may begin now, as far as the LinkedIn account that reads a lead has room for it. */
export type AccountRoom = {
  /** What becomes of a task that is not begun, because an agent could only find out that the account rests, at the cost of a run; null
   * if it is begun. */
  admit(task: Task, lead: Lead, now: Date): Promise<TaskResult | null>
  /** The task is at work no longer. */
  leave(taskId: number): void
}

/** The longest wait for a load that is sat out with an agent at work, in milliseconds. */
const longestWait = 20_000
const day = 24 * 3_600_000
/** When a task is looked at again whose account is on a machine that is not at work, in milliseconds. */
const awayMs = 60_000

/** Watches over the tasks at work in this process. A lead that has more to be read than LinkedIn is begun once in any case: what needs
 * no account goes first, and the rest waits without an agent. */
export function openAccountRoom(
  { store, path }: Pick<Home, "store" | "path">,
  web: World["web"],
  whereIs: (account: Account) => Promise<Whereabouts> = async () => ({ kind: "here" }),
): AccountRoom {
  /** Tasks at work by the name of the account that they will ask. */
  const atWork = new Map<number, string>()

  async function whyNot(lead: Lead, now: Date): Promise<{ reason: string; until: string | null } | string> {
    const account = await accountFor(store, "linkedin", lead.owner, now)
    const { name, stoppedReason } = account
    if (stoppedReason !== null) return { reason: `${name} is stopped: ${stoppedReason}`, until: null }
    const where = await whereIs(account)
    if (where.kind === "away") {
      const until = new Date(now.getTime() + awayMs).toISOString()
      return { reason: `${name} is signed in on ${where.machine}, which is not at work now.`, until }
    }
    // Whoever has its browser holds it to its limits.
    if (where.kind === "elsewhere") return name
    const { limits, mayRead } = policyOf(path, account, web === "replica")
    if (mayRead.kind === "no") return { reason: mayRead.reason, until: null }
    // The clock of a rehearsal's limits runs so fast that nobody waits for them.
    if (web === "replica") return name
    const time = now.getTime()
    const made = await loadsOf(store, name, new Date(time - day))
    const expected = [...atWork.values()].filter((one) => one === name).map(() => ({ kind: profile, at: time }))
    const free = nextFree([...made, ...expected], limits, 1, profile, time)
    if (free.at - time <= longestWait) return name
    return { reason: reasonFor(name, free.limit), until: new Date(free.at).toISOString() }
  }

  return {
    async admit(task, lead, now) {
      if (lead.linkedinUrl === null) return null
      const answer = await whyNot(lead, now)
      if (typeof answer === "string") {
        atWork.set(task.id, answer)
        return null
      }
      if (task.outcome === null && (await hasMoreToRead(lead))) return null
      return { kind: "waiting", outcome: answer.reason, until: answer.until }
    },
    leave: (taskId) => atWork.delete(taskId),
  }

  async function hasMoreToRead(lead: Lead): Promise<boolean> {
    if (lead.xHandle !== null || (lead.email !== null && !isFreeMail(lead.email))) return true
    if (lead.companyId === null) return false
    const { companies } = tables
    const [company] = await store.read((db) =>
      db
        .select({ domain: companies.domain })
        .from(companies)
        .where(eq(companies.id, lead.companyId ?? 0)),
    )
    return company?.domain !== undefined && company.domain !== null
  }
}

const profile = "linkedin.profile"
