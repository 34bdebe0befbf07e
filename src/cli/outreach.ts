import { type SendingDeps, sendInLane, whyNotSending } from "../browser/composer-lane.ts"
import type { SendingName } from "../browser/ledger.ts"
import { whyNoWindow } from "../browser/login.ts"
import { readThreadInLane, type ThreadDeps } from "../browser/thread-lane.ts"
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
import { conversationsSince, hearReplies, type ThreadReader } from "../outreach/threads.ts"
import type { Replica } from "../rehearsal/replica.ts"
import type { Home } from "./home.ts"
import { homePlace } from "./home-place.ts"
import type { Host } from "./host.ts"
import { CommandFailed, type Io } from "./io.ts"
import { policyOf, rehearsalScale, settingOf } from "./lanes.ts"

/** What decides, sends and hears in this home. The host is opened when the first message needs it, and keeps the home's browser for as
 * long as something is sent or heard. `onReady` hears that a window waits for its person. */
export function openOutreach(
  io: Io,
  home: Home,
  host: () => Promise<Host>,
  onReady: () => void = () => {},
): OutreachPort {
  return portOver({
    ...io,
    store: home.store,
    deciding: decidingOf(home),
    async open() {
      const opened = await host()
      const lock = heldOrBusy(opened)
      if (lock instanceof CommandFailed) return { kind: "busy", reason: `${lock.message} ${lock.hint}` }
      await giveUpLostSends(home.store, io.clock(), homePlace(home.path).id)
      return {
        kind: "open",
        courier: courierOf(io, home, opened, onReady),
        threads: threadsOf(io, home, opened),
        close: lock.release,
      }
    },
  })
}

/** What carries messages and looks for answers, until it is closed. busy: another process has the home's browser. */
export type Carriers =
  | { kind: "open"; courier: Courier; threads: ThreadReader; close(): void }
  | { kind: "busy"; reason: string }

type PortDeps = Pick<Io, "clock" | "signal"> & {
  store: Store
  deciding: Deciding
  open(): Promise<Carriers>
}

/** Sends and listens with what is opened for it, one thing after the other, also where two ask at once. */
export function portOver({ store, deciding, open, clock, signal }: PortDeps): OutreachPort {
  let turn: Promise<unknown> = Promise.resolve()

  function inTurn<T>(work: (carriers: Carriers) => Promise<T>): Promise<T> {
    const worked = turn.then(async () => {
      const carriers = await open()
      try {
        return await work(carriers)
      } finally {
        if (carriers.kind === "open") carriers.close()
      }
    })
    turn = worked.catch(() => {})
    return worked
  }

  return {
    deciding,
    send: (author, ids, onSent) =>
      inTurn(async (carriers) => {
        const results: Sent[] = []
        for (const id of ids) {
          const sent: Sent =
            carriers.kind === "busy"
              ? { kind: "not begun", reason: carriers.reason }
              : signal.aborted
                ? { kind: "not begun", reason: "It was stopped." }
                : await sendDraft(store, author, id, carriers.courier, { ...deciding, clock, signal })
          results.push(sent)
          onSent?.(id, sent)
        }
        return results
      }),
    hear: (author, since, onHeard) =>
      inTurn(async (carriers) => {
        const read: ThreadReader =
          carriers.kind === "busy" ? async () => ({ kind: "blocked", reason: carriers.reason }) : carriers.threads
        const hearing = { clock, signal, ...(onHeard ? { onHeard } : {}) }
        return hearReplies(store, author, await conversationsSince(store, since), read, hearing)
      }),
  }
}

/** What a person's yes in this home rests on. */
export function decidingOf(home: Home): Deciding {
  const isRehearsal = home.settings.web === "replica"
  return {
    homeKey: () => homeKey(home.path),
    place: () => homePlace(home.path).id,
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
  return {
    ...laneDeps(io, home, host),
    presser: (account) => (settingOf(home.path, account.name)?.laneClicks ? "lane" : "person"),
    async whyNoWindow() {
      const isShown = whyNoWindow(await host.chromium(), process.platform, process.env) === null
      return isShown ? null : noWindow
    },
    onReady,
  }
}

function laneDeps(io: Io, home: Home, host: Host): ThreadDeps {
  const isReplica = host.replica !== null
  return {
    store: home.store,
    lane: host.reader.lane,
    policy: (account) => policyOf(home.path, account, isReplica),
    place: homePlace(home.path),
    scale: isReplica ? rehearsalScale : 1,
    clock: io.clock,
    longestWait: isReplica ? 120_000 : 60_000,
  }
}

/** Looks into the conversations of an account in its lane. The people of a replica know only what was sent while it ran, so they are
 * told again what they were sent before. */
function threadsOf(io: Io, home: Home, host: Host): ThreadReader {
  const { replica } = host
  const read = threadsOver(laneDeps(io, home, host))
  return async (conversation, signal) => {
    const { site, recipient, sent } = conversation
    const channel = `${site}-message` as const
    if (replica && replica.inbox.of(channel, recipient).length === 0) {
      for (const body of sent.toReversed()) replica.inbox.put({ channel, to: recipient, subject: null, body })
    }
    return read(conversation, signal)
  }
}

/** Looks into conversations in the lanes of their accounts. */
export function threadsOver(deps: ThreadDeps): ThreadReader {
  return ({ site, account, recipient }, signal) => readThreadInLane(deps, account, `${site}.thread`, recipient, signal)
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

function heldOrBusy(host: Host) {
  try {
    return host.hold()
  } catch (error) {
    if (error instanceof CommandFailed) return error
    throw error
  }
}
