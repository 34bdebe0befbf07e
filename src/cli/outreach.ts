import { type SendingDeps, sendInLane, whyNotSending } from "../browser/composer-lane.ts"
import type { SendingName } from "../browser/ledger.ts"
import { whyNoWindow } from "../browser/login.ts"
import { readSecrets } from "../config.ts"
import type { Store } from "../db/store.ts"
import { homeKey } from "../leads/home-key.ts"
import type { Deciding } from "../outreach/approve.ts"
import type { Channel } from "../outreach/channels.ts"
import type { OutreachPort } from "../outreach/port.ts"
import { keepProof } from "../outreach/proof.ts"
import type { Sealed } from "../outreach/seal.ts"
import { type Courier, type Delivery, giveUpLostSends, type Parcel, type Sent, sendDraft } from "../outreach/send.ts"
import { openSmtp } from "../outreach/smtp.ts"
import type { Replica } from "../rehearsal/replica.ts"
import type { Home } from "./home.ts"
import { type Host, takeHost } from "./host.ts"
import { CommandFailed, type Io } from "./io.ts"
import { policyOf, rehearsalScale, settingOf } from "./lanes.ts"

/** Where the host comes from, and whether this process has the home's lock already. */
export type Hosting = { host: () => Promise<Host>; isLocked: boolean }

/** What decides and sends in this home. The browser is opened when the first message needs it. `onReady` hears that a window waits for
 * its person. */
export function openOutreach(
  io: Io,
  home: Home,
  { host, isLocked }: Hosting,
  onReady: () => void = () => {},
): OutreachPort {
  const courier = async () => courierOf(io, home, await host(), onReady)
  const port = portOver({ ...io, store: home.store, deciding: decidingOf(home), courier })
  if (isLocked) return port
  return {
    ...port,
    async send(author, ids, onSent) {
      const lock = lockedOrBusy(home)
      if (lock instanceof CommandFailed) {
        return ids.map((): Sent => ({ kind: "not begun", reason: `${lock.message} ${lock.hint}` }))
      }
      try {
        await giveUpLostSends(home.store, io.clock())
        return await port.send(author, ids, onSent)
      } finally {
        lock.release()
      }
    },
  }
}

type PortDeps = Pick<Io, "clock" | "signal"> & {
  store: Store
  deciding: Deciding
  courier(): Promise<Courier>
}

/** Sends with a courier, one draft after the other, also where two ask at once. */
export function portOver({ store, deciding, courier, clock, signal }: PortDeps): OutreachPort {
  let turn: Promise<unknown> = Promise.resolve()
  return {
    deciding,
    send(author, ids, onSent) {
      const sending = turn.then(async () => {
        const results: Sent[] = []
        for (const id of ids) {
          const sent: Sent = signal.aborted
            ? { kind: "not begun", reason: "It was stopped." }
            : await sendDraft(store, author, id, await courier(), { ...deciding, clock, signal })
          results.push(sent)
          onSent?.(id, sent)
        }
        return results
      })
      turn = sending.catch(() => {})
      return sending
    },
  }
}

/** What a person's yes in this home rests on. */
export function decidingOf(home: Home): Deciding {
  const isRehearsal = home.settings.web === "replica"
  return {
    homeKey: () => homeKey(home.path),
    mailFrom: isRehearsal ? rehearsalSender : (readSecrets(home.path).smtp?.from ?? null),
  }
}

const rehearsalSender = "you@rehearsal.example"

/** Carries each channel its own way: LinkedIn and X in their account's lane, mail over the team's server. In a rehearsal mail, too, ends
 * in the replica. */
function courierOf(io: Io, home: Home, host: Host, onReady: () => void): Courier {
  const deps = sendingDeps(io, home, host, onReady)
  return courierOver(deps, host.replica ? replicaMail(host.replica) : smtpOf(io, home))
}

/** Carries email with `mail`, and everything else in the lane of its account. */
export function courierOver(deps: SendingDeps, mail: Courier): Courier {
  const lane = laneCourier(deps)
  const of = ({ channel }: Sealed) => (channel === "email" ? mail : lane)
  return {
    whyNot: (draft) => of(draft).whyNot(draft),
    deliver: (parcel, signal) => of(parcel).deliver(parcel, signal),
  }
}

const sendings: Record<Exclude<Channel, "email">, SendingName> = {
  "linkedin-message": "linkedin.message",
  "linkedin-note": "linkedin.note",
  "x-message": "x.message",
}

function sendingOf(channel: Channel): SendingName {
  if (channel === "email") throw new Error("No lane carries email.")
  return sendings[channel]
}

function laneCourier(deps: SendingDeps): Courier {
  return {
    whyNot: ({ channel, account }) => whyNotSending(deps, account, sendingOf(channel)),
    async deliver(parcel, signal): Promise<Delivery> {
      const { channel, account, recipient, body } = parcel
      const composed = await sendInLane(deps, account, sendingOf(channel), { recipient, body }, signal)
      if (composed.kind !== "sent") return composed
      const { url, title, text } = composed.seen
      const proof = { url, kind: `${sendingOf(channel)}.sent`, title, text, account }
      return { kind: "sent", evidenceId: (await keepProof(deps.store, proof, deps.clock())).id }
    },
  }
}

function sendingDeps(io: Io, home: Home, host: Host, onReady: () => void): SendingDeps {
  const isReplica = host.replica !== null
  return {
    store: home.store,
    lane: host.reader.lane,
    policy: (account) => policyOf(home.path, account, isReplica),
    scale: isReplica ? rehearsalScale : 1,
    clock: io.clock,
    longestWait: isReplica ? 120_000 : 60_000,
    presser: (account) => (settingOf(home.path, account.name)?.laneClicks ? "lane" : "person"),
    async whyNoWindow() {
      const isShown = whyNoWindow(await host.chromium(), process.platform, process.env) === null
      return isShown ? null : noWindow
    },
    onReady,
  }
}

const noWindow =
  "You press Send in a window, and that takes an installed Chrome or Chromium and a screen. Copy the text and mark it as sent, or let the lane press: giant accounts clicks NAME on."

function smtpOf(io: Io, home: Home): Courier {
  const { smtp } = readSecrets(home.path)
  if (smtp) return openSmtp(home.store, smtp, io.clock)
  return refusing("No mail server is set up: give secrets.json an smtp entry with host, user, password and from.")
}

/** Mail of a rehearsal: it arrives in the replica. */
export function replicaMail({ inbox }: Replica): Courier {
  return {
    whyNot: async () => null,
    async deliver({ recipient, subject, body }: Parcel) {
      inbox.put({ channel: "email", to: recipient, subject, body })
      return { kind: "sent", evidenceId: null }
    },
  }
}

function refusing(reason: string): Courier {
  return { whyNot: async () => reason, deliver: async () => ({ kind: "refused", reason }) }
}

function lockedOrBusy(home: Home) {
  try {
    return takeHost(home.path)
  } catch (error) {
    if (error instanceof CommandFailed) return error
    throw error
  }
}
