import { readSecrets } from "../config.ts"
import type { Store } from "../db/store.ts"
import { homeKey } from "../leads/home-key.ts"
import type { Deciding } from "../outreach/approve.ts"
import type { OutreachPort } from "../outreach/port.ts"
import { type Courier, giveUpLostSends, type Sent, sendDraft } from "../outreach/send.ts"
import { conversationsSince, hearReplies, type ThreadReader } from "../outreach/threads.ts"
import type { Home } from "./home.ts"
import { homePlace } from "./home-place.ts"
import type { Host } from "./host.ts"
import { CommandFailed, type Io } from "./io.ts"

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
      // A viewer that sends nothing needs no browser and no mail.
      const { courierOf, threadsOf } = await import("./couriers.ts")
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
type Carriers =
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

function heldOrBusy(host: Host) {
  try {
    return host.hold()
  } catch (error) {
    if (error instanceof CommandFailed) return error
    throw error
  }
}
