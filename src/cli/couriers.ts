import { type SendingDeps, sendInLane, whyNotSending } from "../browser/composer-lane.ts"
import type { SendingName } from "../browser/ledger.ts"
import { whyNoWindow } from "../browser/login.ts"
import { readThreadInLane, type ThreadDeps } from "../browser/thread-lane.ts"
import { readSecrets } from "../config.ts"
import type { Channel } from "../outreach/channels.ts"
import { keepProof } from "../outreach/proof.ts"
import type { Sealed } from "../outreach/seal.ts"
import type { Courier, Delivery, Parcel } from "../outreach/send.ts"
import { openSmtp } from "../outreach/smtp.ts"
import type { ThreadReader } from "../outreach/threads.ts"
import type { Replica } from "../rehearsal/replica.ts"
import type { Home } from "./home.ts"
import { homePlace } from "./home-place.ts"
import type { Host } from "./host.ts"
import type { Io } from "./io.ts"
import { policyOf, rehearsalScale, settingOf } from "./lanes.ts"

/** Carries each channel its own way: LinkedIn and X in their account's lane, mail over the team's server. In a rehearsal mail, too, ends
 * in the replica. */
export function courierOf(io: Io, home: Home, host: Host, onReady: () => void): Courier {
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
export function threadsOf(io: Io, home: Home, host: Host): ThreadReader {
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
