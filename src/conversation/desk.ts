import { setTimeout as sleep } from "node:timers/promises"
import { eq } from "drizzle-orm"
import type { PersonsAnswer } from "../actions/questions.ts"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { endLostRuns } from "../harness/presence.ts"
import { conversationWith } from "./history.ts"
import { openNarration } from "./narration.ts"
import { type Answered, type Answering, answerQuestion } from "./questions.ts"
import { converse, type TurnOptions } from "./turn.ts"

/** What is heard of a turn while it works. `void`: the text since the last row is asked for again. */
type Heard =
  | { kind: "text"; text: string }
  | { kind: "row" }
  | { kind: "void" }
  | { kind: "step"; text: string }
  | { kind: "status"; text: string }
  | { kind: "said"; text: string }
  | { kind: "ended" }

/** begun: a turn of its own. said: the conversation was still at work, and the words reach it after the step at hand. */
type Begun = { kind: "begun" | "said"; runId: number }

/** Who would answer. `scripted`: the rehearsal model. `nobody`: what is missing, and what to do about it. */
export type WhoAnswers =
  | { kind: "model"; name: string }
  | { kind: "scripted" }
  | { kind: "nobody"; reason: string; hint: string }

/** The turns that people have asked this process for, so that pages can follow, steer and stop them. */
export type Desk = {
  answering(): Promise<WhoAnswers>
  /** Begins a turn, or tells the one that is at work in the same conversation. `prompt` null: goes on where a turn broke off. */
  ask(wish: { person: string; prompt: string | null; after: number | null }): Promise<Begun>
  /** Takes a person's yes or no to a question, and says what comes of it; `begun` where the agent goes on with it in its conversation. */
  answer(id: number, answer: PersonsAnswer): Promise<Answered | Begun>
  /** What is heard of a run from a place on, until it has ended; of a run in another process, what its log of actions tells. */
  hear(runId: number, from: number, signal: AbortSignal): AsyncGenerator<{ at: number; heard: Heard }>
  /** Whether the turn is at work in this process, so that it can be told something and stopped. */
  isAtWork(runId: number): boolean
  say(runId: number, text: string): boolean
  stop(runId: number): boolean
  /** Stops every turn and waits for their ends. */
  close(): Promise<void>
}

type Working = {
  person: string
  steering: string[]
  control: AbortController
  heard: Heard[]
  wake: Set<() => void>
  ended: Promise<unknown>
}

type Following = Pick<TurnOptions, "signal" | "onBegin" | "onEvent"> & { steering: string[] }

/** Turns of one person that may be at work at the same time. */
const atOnce = 5
/** Milliseconds between two looks at a run of another process. */
const lookEvery = 700

export class TooManyTurns extends Error {
  readonly code = "too_many_turns"
  readonly hint = "Wait for one of them, or stop it."
  readonly status = 409
  constructor() {
    super(`${atOnce} of your questions are still being worked on.`)
  }
}

export class AtWorkElsewhere extends Error {
  readonly code = "at_work_elsewhere"
  readonly hint = "Wait for its end, or go on where it was asked."
  readonly status = 409
  constructor() {
    super("Another process is at work on this conversation.")
  }
}

export class ConversationNotFound extends Error {
  readonly code = "not_found"
  readonly hint = "Begin a new one."
  readonly status = 404
  constructor() {
    super("There is no such conversation of yours.")
  }
}

export class NobodyAnswers extends Error {
  readonly code = "nobody_answers"
  readonly hint: string
  readonly status = 409
  constructor({ reason, hint }: Extract<WhoAnswers, { kind: "nobody" }>) {
    super(reason)
    this.hint = hint
  }
}

/** `talker` opens what agents need at the first question. */
export function openDesk(
  store: Store,
  { talker, answering }: { talker(): Promise<Answering>; answering(): Promise<WhoAnswers> },
): Desk {
  const working = new Map<number, Working>()

  async function ask({ person, prompt, after }: { person: string; prompt: string | null; after: number | null }) {
    const conversation = after === null ? null : await conversationWith(store, person, after)
    if (after !== null && conversation === null) throw new ConversationNotFound()
    const last = conversation?.turns.at(-1) ?? null
    if (last && prompt !== null && say(last.id, prompt)) return { kind: "said", runId: last.id } as const
    if (last && (await isAtWorkElsewhere(store, last.id))) throw new AtWorkElsewhere()
    if ([...working.values()].filter((one) => one.person === person).length >= atOnce) throw new TooManyTurns()
    const who = await answering()
    if (who.kind === "nobody") throw new NobodyAnswers(who)
    return { kind: "begun", runId: await begin(await talker(), person, prompt, last?.id ?? null) } as const
  }

  function begin(open: Answering, person: string, prompt: string | null, after: number | null): Promise<number> {
    return new Promise((begun, failed) => {
      const work = (options: Following) => converse(open, prompt, { ...options, person, after })
      follow(open, person, work, begun).catch(failed)
    })
  }

  async function answer(id: number, persons: PersonsAnswer): Promise<Answered | Begun> {
    const open = await talker()
    return new Promise((resolve, failed) => {
      const begun = (runId: number) => resolve({ kind: "begun", runId })
      follow(open, persons.by, (options) => answerQuestion(open, id, persons, options), begun).then(resolve, failed)
    })
  }

  /** Has a turn's work done, and keeps what is heard of it for whoever follows. */
  async function follow<T>(
    open: Answering,
    person: string,
    work: (options: Following) => Promise<T>,
    begun: (runId: number) => void,
  ): Promise<T> {
    const control = new AbortController()
    const ended = Promise.withResolvers<void>()
    const one: Working = { person, steering: [], control, heard: [], wake: new Set(), ended: ended.promise }
    const hear = (heard: Heard) => {
      one.heard.push(heard)
      for (const wake of one.wake) wake()
    }
    const narration = openNarration(store, {
      write: (text) => hear({ kind: "text", text }),
      endRow: () => hear({ kind: "row" }),
      step: (text) => hear({ kind: "step", text }),
      status: (text) => hear({ kind: "status", text }),
    })
    const own: { runId: number | null } = { runId: null }
    try {
      return await work({
        ...{ steering: one.steering, signal: control.signal },
        onBegin(id) {
          own.runId = id
          working.set(id, one)
          narration.follow(id)
          begun(id)
        },
        onEvent(event) {
          if (event.kind === "steered") hear({ kind: "said", text: event.text })
          if (event.kind === "retry") hear({ kind: "void" })
          narration.hear(event)
        },
      })
    } finally {
      await narration.close()
      if (own.runId !== null) {
        working.delete(own.runId)
        // What came too late for this turn is the next one.
        if (one.steering.length > 0 && !control.signal.aborted)
          await begin(open, person, one.steering.join("\n"), own.runId)
      }
      hear({ kind: "ended" })
      ended.resolve()
    }
  }

  function say(runId: number, text: string): boolean {
    const one = working.get(runId)
    one?.steering.push(text)
    return one !== undefined
  }

  return {
    answering,
    ask,
    answer,
    isAtWork: (runId) => working.has(runId),
    say,
    stop(runId) {
      working.get(runId)?.control.abort()
      return working.has(runId)
    },
    async *hear(runId, from, signal) {
      const one = working.get(runId)
      if (!one) return yield* hearElsewhere(store, runId, signal)
      for (let at = from; !signal.aborted; ) {
        const heard = one.heard[at]
        if (heard === undefined) {
          await woken(one, signal)
          continue
        }
        at += 1
        yield { at, heard }
        if (heard.kind === "ended") return
      }
    },
    async close() {
      const all = [...working.values()]
      for (const { control } of all) control.abort()
      await Promise.allSettled(all.map(({ ended }) => ended))
    },
  }
}

function woken(one: Working, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      one.wake.delete(wake)
      signal.removeEventListener("abort", wake)
      resolve()
    }
    one.wake.add(wake)
    signal.addEventListener("abort", wake)
  })
}

/** Whether a run that is none of this process goes on; one whose process is gone is ended by this. */
async function isAtWorkElsewhere(store: Store, runId: number): Promise<boolean> {
  const { runs } = tables
  const isOpen = async () => {
    const [run] = await store.read((db) => db.select({ endedAt: runs.endedAt }).from(runs).where(eq(runs.id, runId)))
    return run?.endedAt === null
  }
  if (!(await isOpen())) return false
  await endLostRuns(store, store.now())
  return isOpen()
}

/** Follows a run that another process works, or that has ended, by what the database says of it. */
async function* hearElsewhere(
  store: Store,
  runId: number,
  signal: AbortSignal,
): AsyncGenerator<{ at: number; heard: Heard }> {
  const heard: Heard[] = []
  const narration = openNarration(store, {
    ...{ write: () => {}, endRow: () => {}, status: () => {} },
    step: (text) => heard.push({ kind: "step", text }),
  })
  narration.follow(runId)
  try {
    for (let at = 0; !signal.aborted; ) {
      if (!(await isAtWorkElsewhere(store, runId))) return yield { at: at + 1, heard: { kind: "ended" } }
      for (const one of heard.splice(0)) {
        at += 1
        yield { at, heard: one }
      }
      await sleep(lookEvery)
    }
  } finally {
    await narration.close()
  }
}
