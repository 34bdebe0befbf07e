import { JSException, type JSValueHandle, QuickJS, type QuickJSOptions } from "quickjs-wasi"
import { z } from "zod"
import { compile, ParserBroken, wrapperLines } from "./compile.ts"
import type { Engine } from "./engine.ts"
import { type GuestEnding, type GuestSetup, guest, languageGlobals } from "./guest.ts"
import { type Limits, outOfTime } from "./limits.ts"
import { type Answer, gaugeSlot, type ThreadEnding } from "./messages.ts"
import { type Api, apiKey, type Script } from "./script.ts"
import type { Paused } from "./snapshot.ts"

/** What a script's VM needs from the thread it lives in. */
export type VmHost = {
  id: number
  engine: Engine
  gauge: Int32Array<SharedArrayBuffer>
  limits: Limits
  call(call: number, name: string, args: string): void
  print(text: string): void
}

/** What came of a step: an ending, a VM ready to be stored, or null while the script waits for answers. */
export type Step = Exclude<ThreadEnding, { kind: "paused" }> | { kind: "pausing" } | null

export type ScriptVm = {
  /** Runs the script to its first wait. Throws ParserBroken. */
  start(script: Script): Step
  /** Brings answers to the script, in order, and runs it on to its next wait. */
  answer(answers: [call: number, answer: Answer][]): Step
  calls(): number
  /** The whole VM between two steps. */
  snapshot(): Paused
  close(): void
}

const ending = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("returned"), text: z.string(), marker: z.string().nullable() }),
  z.object({
    kind: z.literal("failed"),
    message: z.string(),
    line: z.number().nullable(),
    column: z.number().nullable(),
    outOfMemory: z.boolean(),
  }),
]) satisfies z.ZodType<GuestEnding>

/** Deeper recursion is a RangeError inside the script. The engine can guard 512 KB at most. */
const engineStackBytes = 256 * 1024

/** The linear memory also holds the engine itself, texts on their way in, and what the allocator cannot use. */
const engineMemoryBytes = 32 * 1024 * 1024

/** A VM of its own for one script: new, or as it was when the script paused. */
export async function openVm(api: Api, now: number, host: VmHost, paused?: Paused): Promise<ScriptVm> {
  const { id, gauge, limits } = host
  const actions = new Set(api.actions)
  // By identity; the promise is held so that no other can come to stand at its address.
  const unhandled = new Map<number, { promise: JSValueHandle; reason: JSValueHandle }>()
  const calls = new Map<number, { name: string; args: string; state: "asked" | "paused" }>()
  for (const { id, name, args } of paused?.header.waiting ?? []) calls.set(id, { name, args, state: "paused" })
  let called = paused?.header.calls ?? 0
  let cpuMs = paused?.header.cpuMs ?? 0
  let printed = paused?.header.printed ?? ""
  let deadline = Infinity
  let interrupted: Step = null
  let linearMemory: WebAssembly.Memory | undefined

  const options: QuickJSOptions = {
    wasm: host.engine.wasm,
    memoryLimit: limits.memoryBytes,
    maxStackSize: engineStackBytes,
    timezoneOffset: 0,
    interruptHandler: interrupt,
    onUnhandledRejection: noteRejection,
    wasi(memory) {
      linearMemory = memory
      return {
        clock_time_get(_clock: number, _precision: bigint, result: number) {
          new DataView(memory.buffer).setBigUint64(result, BigInt(Math.trunc(now)) * 1_000_000n, true)
          return 0
        },
        random_get(start: number, length: number) {
          new Uint8Array(memory.buffer, start, length).fill(0)
          return 0
        },
        fd_write: () => 8, // EBADF: a script has no files, the process's own output included
      }
    },
  }
  const vm = paused ? await QuickJS.restore(paused.memory, options) : await QuickJS.create(options)
  let inside: JSValueHandle | undefined
  if (paused) {
    vm.registerHostCallback("ask", ask)
    vm.registerHostCallback("print", print)
    inside = vm.importHandle(paused.header.guest)
  }

  return { start, answer, calls: () => called, snapshot, close: () => vm.dispose() }

  function start(script: Script): Step {
    if (script.source.length > limits.sourceChars) {
      const message = `The script is ${script.source.length} characters long; at most ${limits.sourceChars} are read. Split it.`
      return { kind: "failed", message, line: null, column: null }
    }
    return step(() => {
      const compiled = compile(script.source)
      if (compiled.kind === "failed") return compiled
      const setup: GuestSetup = {
        actions: api.actions,
        markers: api.markers ?? [],
        globals: [...languageGlobals],
        seed: script.seed,
        wrapperLines,
        argumentChars: limits.argumentChars,
      }
      using main = vm.evalCode(compiled.code, "script.ts")
      using around = vm.evalCode(`(${guest})`, "guest.ts")
      using given = vm.hostToHandle(setup)
      using functions = vm.newObject()
      functions.setProp("ask", vm.newFunction("ask", ask))
      functions.setProp("print", vm.newFunction("print", print))
      inside = vm.callFunction(around, vm.undefined, given, functions, main)
      return null
    })
  }

  function answer(answers: [call: number, answer: Answer][]): Step {
    return step(() => {
      for (const [call, given] of answers) {
        const open = calls.get(call)
        if (open === undefined) continue
        if (given.kind === "pause") {
          open.state = "paused"
          continue
        }
        calls.delete(call)
        using number = vm.newNumber(call)
        using text = vm.newString(given.kind === "value" ? given.text : given.message)
        use("answer", number, given.kind === "value" ? vm.true : vm.false, text).dispose()
        vm.executePendingJobs()
      }
      return null
    })
  }

  /** Computes, under the limits, until the script waits or ends. `work` may know an ending of its own. */
  function step(work: () => Step): Step {
    const began = performance.now()
    deadline = began + limits.cpuMs - cpuMs
    Atomics.store(gauge, gaugeSlot.script, id)
    Atomics.store(gauge, gaugeSlot.remainingMs, limits.cpuMs - cpuMs)
    Atomics.add(gauge, gaugeSlot.slice, 1)
    let next: Step = null
    try {
      next = work()
      if (next === null) {
        vm.executePendingJobs()
        next = look()
      }
    } catch (error) {
      // The slice stays open on the gauge, so that the host knows whose fault the end of this thread is.
      if (error instanceof ParserBroken) throw error
      next = interrupted ?? endingOf(error)
    }
    Atomics.add(gauge, gaugeSlot.slice, 1)
    cpuMs += performance.now() - began
    return interrupted ?? next
  }

  /** A failure that nothing awaited counts, so that a forgotten `await` is never a lost error. */
  function look(): Step {
    if ([...calls.values()].some(({ state }) => state === "asked")) return null
    const finished = use("finish")
    const ended = finished.isUndefined ? null : endingIn(finished)
    if (ended !== null && ended.kind !== "returned") return ended
    const reason = unhandled.values().next().value?.reason
    if (reason !== undefined) {
      const lost = endingIn(use("describe", reason))
      return lost.kind === "failed" ? { ...lost, message: `Nothing awaited this failure: ${lost.message}` } : lost
    }
    if (calls.size > 0) return { kind: "pausing" }
    if (ended !== null) return ended
    if (nearlyFull()) return outOfMemory()
    const message = "The script waits for a promise that nothing will ever settle. Await only action calls."
    return { kind: "failed", message, line: null, column: null }
  }

  function endingIn(handle: JSValueHandle): Exclude<ThreadEnding, { kind: "paused" }> {
    const ended = ending.parse(vm.dump(handle))
    if (ended.kind === "failed") {
      const { outOfMemory: full, ...failed } = ended
      return full ? outOfMemory() : failed
    }
    if (ended.text.length <= limits.resultChars) return ended
    const advice = `at most ${limits.resultChars} may leave. Return less: counts, ids, the first rows.`
    const message = `The script returns ${ended.text.length} characters; ${advice}`
    return { kind: "failed", message, line: null, column: null }
  }

  /** An error that no code inside could catch: the engine's own, or a trap of its WebAssembly. */
  function endingOf(error: unknown): Step {
    const message = error instanceof Error ? error.message : String(error)
    if (/out of memory|malloc failed/.test(message) || nearlyFull()) return outOfMemory()
    if (error instanceof JSException && error.name === "SyntaxError") {
      return { kind: "failed", message: `SyntaxError: ${message}`, ...placeIn(error) }
    }
    const advice = "The script broke its engine, perhaps by recursing too deeply"
    return { kind: "failed", message: `${advice}: ${message}`, line: null, column: null }
  }

  function interrupt(): boolean {
    if (interrupted !== null) return true
    const full = (linearMemory?.buffer.byteLength ?? 0) > limits.memoryBytes + engineMemoryBytes
    if (full) interrupted = outOfMemory()
    else if (Atomics.load(gauge, gaugeSlot.stop) === id)
      interrupted = { kind: "aborted", message: "The script was stopped." }
    else if (performance.now() > deadline) interrupted = outOfTime(limits)
    return interrupted !== null
  }

  function outOfMemory(): Extract<Step, { kind: "out-of-memory" }> {
    const message = `The script needs more than the ${limits.memoryBytes} bytes it may have. Work in smaller pages.`
    return { kind: "out-of-memory", message }
  }

  function nearlyFull(): boolean {
    const { mallocSize } = vm.getMemoryUsage()
    return mallocSize > limits.memoryBytes * 0.95
  }

  function noteRejection(promise: JSValueHandle, reason: JSValueHandle, isHandled: boolean) {
    if (isHandled) {
      unhandled.delete(promise.identity)
    } else if (unhandled.size < 1_000) {
      unhandled.set(promise.identity, { promise: promise.dup(), reason: reason.dup() })
    }
  }

  /** Trusts nothing that comes from inside: the script may have found a way to this function itself. */
  function ask(name: JSValueHandle | undefined, args: JSValueHandle | undefined): JSValueHandle {
    if (!name?.isString || !args?.isString || !actions.has(name.toString()) || args.length > limits.argumentChars) {
      return vm.newString("This is no call of an action.")
    }
    if (called >= limits.calls) {
      return vm.newString(`A script may make ${limits.calls} calls. Return what there is and go on in another script.`)
    }
    called += 1
    calls.set(called, { name: name.toString(), args: args.toString(), state: "asked" })
    host.call(called, name.toString(), args.toString())
    return vm.newNumber(called)
  }

  function print(text: JSValueHandle | undefined): JSValueHandle {
    const room = limits.printedChars - printed.length
    if (!text?.isString || room <= 0) return vm.undefined
    const line = `${text.toString()}\n`
    const kept =
      line.length <= room ? line : `${line.slice(0, room)}\n(Printing ends at ${limits.printedChars} characters.)\n`
    printed += kept
    host.print(kept)
    return vm.undefined
  }

  function use(name: "answer" | "finish" | "describe", ...args: JSValueHandle[]): JSValueHandle {
    if (inside === undefined) throw new Error("the script has not started")
    using method = inside.getProp(name)
    return vm.callFunction(method, vm.undefined, ...args)
  }

  function snapshot(): Paused {
    if (inside === undefined) throw new Error("the script has not started")
    const waiting = [...calls].map(([id, { name, args }]) => ({ id, name, args }))
    const guest = vm.exportHandle(inside)
    const header = { engine: host.engine.key, api: apiKey(api), guest, calls: called, cpuMs, printed, waiting }
    return { header, memory: vm.snapshot() }
  }
}

function placeIn(error: Error): { line: number | null; column: number | null } {
  const [, line, column] = /script\.ts:(\d+):(\d+)/.exec(error.stack ?? "") ?? []
  return line === undefined
    ? { line: null, column: null }
    : { line: Number(line) - wrapperLines, column: column === undefined ? null : Number(column) }
}
