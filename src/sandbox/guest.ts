/** What a script may name besides its API: the language itself, without what would make two runs of it differ. */
export const languageGlobals = [
  ..."Object Function Array Number Boolean String Symbol BigInt Math Reflect Date RegExp JSON Proxy Promise".split(" "),
  ..."Map Set WeakMap WeakSet Iterator ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray".split(" "),
  ..."Int16Array Uint16Array Int32Array Uint32Array BigInt64Array BigUint64Array".split(" "),
  ..."Float16Array Float32Array Float64Array DisposableStack AsyncDisposableStack".split(" "),
  ..."Error EvalError RangeError ReferenceError SyntaxError TypeError URIError".split(" "),
  ..."InternalError AggregateError SuppressedError globalThis Infinity NaN undefined eval".split(" "),
  ..."parseInt parseFloat isNaN isFinite decodeURI decodeURIComponent encodeURI encodeURIComponent".split(" "),
]

export type GuestSetup = {
  actions: readonly string[]
  markers: readonly string[]
  globals: readonly string[]
  seed: number
  wrapperLines: number
  argumentChars: number
}

/** The host's functions. `ask` gives the number of the call, or why there can be none. */
type GuestHost = { ask(name: string, args: string): number | string; print(text: string): void }

export type GuestEnding =
  | { kind: "returned"; text: string; marker: string | null }
  | { kind: "failed"; message: string; line: number | null; column: number | null; outOfMemory: boolean }

/**
 * Runs inside the VM, as its own text, before and around the script: it may name nothing from outside its braces.
 * Whatever the script does to the language's objects afterwards can only hurt the script.
 */
export function guest(setup: GuestSetup, host: GuestHost, main: () => Promise<unknown>) {
  const { parse, stringify } = JSON
  const { ask, print } = host

  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!setup.globals.includes(name)) Reflect.deleteProperty(globalThis, name)
  }
  // The engine would hand this function the stack frames with their functions, the host's among them.
  Object.defineProperty(Error, "prepareStackTrace", { value: undefined })

  const asked = new Map<number, { resolve(value: unknown): void; reject(error: Error): void; failure: Error }>()
  let ending: GuestEnding | undefined
  // Let go when the script fails, so that there is room to say why after it has filled its memory.
  const reserve = [new ArrayBuffer(65_536)]

  class Marked {
    readonly marker: string
    readonly value: unknown
    constructor(marker: string, value: unknown) {
      this.marker = marker
      this.value = value
    }
    toJSON() {
      throw new TypeError(`Return ${this.marker}(...) itself: it cannot stand inside another value.`)
    }
  }

  const inReach = [...new Set(setup.actions.map((name) => name.slice(0, name.indexOf(".")))), ...setup.markers, "print"]
  teachJson()
  seedRandom(setup.seed)
  defineNamespaces()
  for (const marker of setup.markers) define(globalThis, marker, (value: unknown) => new Marked(marker, value))
  define(globalThis, "print", printAll)
  const log = { log: printAll, info: printAll, warn: printAll, error: printAll, debug: printAll }
  define(globalThis, "console", Object.freeze(log))
  run()

  return { answer, finish: () => ending, describe: failed }

  async function run() {
    try {
      const value = await main()
      const marked = value instanceof Marked
      const text = encode(marked ? value.value : value, "What the script returns")
      ending = { kind: "returned", text, marker: marked ? value.marker : null }
    } catch (error) {
      reserve.pop()
      ending = failed(error)
    }
  }

  function answer(call: number, ok: boolean, text: string) {
    const entry = asked.get(call)
    if (entry === undefined) return
    asked.delete(call)
    if (ok) return entry.resolve(parse(text))
    entry.failure.message = text
    entry.reject(entry.failure)
  }

  function failed(error: unknown): GuestEnding {
    try {
      if (!(error instanceof Error)) {
        const message = `The script threw ${typeof error === "string" ? error : encode(error, "what it threw")}`
        return { kind: "failed", message: message.slice(0, 2_000), line: null, column: null, outOfMemory: false }
      }
      const [, line, column] = /script\.ts:(\d+):(\d+)/.exec(`${error.stack}`) ?? []
      const message = `${error.name === "Error" ? "" : `${error.name}: `}${error.message}${hint(error)}`
      return {
        kind: "failed",
        message: message.slice(0, 2_000),
        line: line === undefined ? null : Number(line) - setup.wrapperLines,
        column: column === undefined ? null : Number(column),
        outOfMemory: error.name === "InternalError" && error.message === "out of memory",
      }
    } catch {
      const message = "The script threw something that cannot be described. Throw an Error with a message."
      return { kind: "failed", message, line: null, column: null, outOfMemory: false }
    }
  }

  function hint(error: Error) {
    if (!(error instanceof ReferenceError && error.message.includes("is not defined"))) return ""
    return `. Besides the language itself, a script knows: ${inReach.join(", ")}.`
  }

  /** JSON loses these silently; each says here how it is written instead, or why it cannot be. */
  function teachJson() {
    const asJson = (type: { prototype: object }, toJSON: (this: never) => unknown) =>
      Object.defineProperty(type.prototype, "toJSON", { value: toJSON, writable: true, configurable: true })
    asJson(BigInt, function (this: bigint) {
      return String(this)
    })
    asJson(Map, function (this: Map<unknown, unknown>) {
      const entries = [...this]
      return entries.every(([key]) => typeof key === "string") ? Object.fromEntries(entries) : entries
    })
    asJson(Set, function (this: Set<unknown>) {
      return [...this]
    })
    asJson(Error, function (this: Error) {
      return { name: this.name, message: this.message }
    })
    asJson(RegExp, function (this: RegExp) {
      return String(this)
    })
    asJson(Object.getPrototypeOf(Uint8Array), function (this: Uint8Array) {
      return Array.from(this)
    })
    asJson(Promise, () => {
      throw new TypeError("A promise cannot leave the script. Write await before the call that made it.")
    })
  }

  /** mulberry32: small, and good enough for sampling. */
  function seedRandom(seed: number) {
    let state = seed >>> 0
    Math.random = () => {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
    }
  }

  function defineNamespaces() {
    const namespaces = new Map<string, object>()
    for (const action of setup.actions) {
      const [namespace = "", method = ""] = action.split(".")
      const members: object = namespaces.get(namespace) ?? Object.create(null)
      define(members, method, (...args: unknown[]) => callHost(action, args))
      namespaces.set(namespace, members)
    }
    for (const [namespace, members] of namespaces) {
      define(
        globalThis,
        namespace,
        new Proxy(Object.freeze(members), { get: (target, key) => member(namespace, target, key) }),
      )
    }
  }

  function callHost(action: string, args: unknown[]) {
    while (args.length > 0 && args[args.length - 1] === undefined) args.pop()
    const text = encode(args, `What ${action} is called with`)
    if (text.length > setup.argumentChars) {
      throw new TypeError(
        `${action} is called with ${text.length} characters; at most ${setup.argumentChars} may leave.`,
      )
    }
    // Made here so that a failure names the line of the call, not that of its answer.
    const failure = new Error()
    return new Promise((resolve, reject) => {
      const call = ask(action, text)
      if (typeof call === "string") throw new Error(call)
      asked.set(call, { resolve, reject, failure })
    })
  }

  /** Promises and JSON look for `then` and `toJSON` on any object, so these two are absent rather than wrong. */
  function member(namespace: string, members: object, key: string | symbol): unknown {
    if (typeof key === "symbol" || key === "then" || key === "toJSON" || key in members)
      return Reflect.get(members, key)
    const wanted = `${namespace}.${key}`
    const distances = setup.actions.map((name) => ({ name, distance: distance(wanted, name) }))
    const closest = distances.sort((a, b) => a.distance - b.distance)[0]
    const elsewhere = setup.actions.find((name) => name.endsWith(`.${key}`))
    const meant = closest !== undefined && closest.distance <= 3 ? closest.name : elsewhere
    const advice = meant ? `Did you mean ${meant}?` : `${namespace} has ${Object.keys(members).join(", ")}.`
    throw new TypeError(`${wanted} is not an action. ${advice}`)
  }

  /** Levenshtein's, over names short enough for one row of a table. */
  function distance(from: string, to: string) {
    if (from.length > 100) return from.length
    let row = Array.from({ length: to.length + 1 }, (_, column) => column)
    for (let index = 0; index < from.length; index++) {
      const next = [index + 1]
      for (let column = 0; column < to.length; column++) {
        const replaced = (row[column] ?? 0) + (from[index] === to[column] ? 0 : 1)
        next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
      }
      row = next
    }
    return row[to.length] ?? 0
  }

  function printAll(...values: unknown[]) {
    print(values.map((value) => (typeof value === "string" ? value : readable(value))).join(" "))
  }

  function readable(value: unknown): string {
    try {
      const plain = value === undefined || typeof value === "symbol" || typeof value === "function"
      return plain ? String(value) : encode(value, "This")
    } catch (error) {
      return `[${error instanceof Error ? error.message : "unreadable"}]`
    }
  }

  function encode(value: unknown, what: string): string {
    try {
      return stringify(value) ?? "null"
    } catch (error) {
      if (!(error instanceof TypeError && error.message === "circular reference")) throw error
      throw new TypeError(`${what} contains itself, so it cannot be written as JSON. Pick the fields that are needed.`)
    }
  }

  function define(target: object, name: string, value: unknown) {
    Object.defineProperty(target, name, { value, enumerable: true })
  }
}
