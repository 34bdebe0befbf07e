import { expect, test } from "vitest"
import { languageGlobals } from "../../src/sandbox/guest.ts"
import type { Json } from "../../src/sandbox/outcome.ts"
import { BadApiName } from "../../src/sandbox/script.ts"
import { api, echo, scripts } from "./fixture.ts"

const { run, sandbox } = scripts()

test("a script finds the language, its actions, its markers and print, and nothing else", async () => {
  const outcome = await run("return Object.getOwnPropertyNames(globalThis)")
  const expected = [...languageGlobals, "leads", "linkedin", "show", "print", "console"].toSorted()
  expect(outcome.kind === "returned" && Array.isArray(outcome.value) && outcome.value.toSorted()).toEqual(expected)
})

test("no way through constructors or stack frames leads to the host", async () => {
  const source = `
    const reached = []
    const functions = [leads.find, print, console.log, show, (async () => {}), function* () {}]
    for (const f of functions) {
      const world = f.constructor("return globalThis")()
      if (world !== globalThis && typeof world.next !== "function" && !(world instanceof Promise)) reached.push("world")
    }
    for (const name of ["process", "require", "module", "fetch", "setTimeout", "WebAssembly", "Worker", "Atomics",
      "SharedArrayBuffer", "performance", "navigator", "std", "os", "scriptArgs"])
      if (Function("return typeof " + name)() !== "undefined") reached.push(name)
    try { Error.prepareStackTrace = (_, frames) => frames } catch {}
    const { stack } = new Error("where")
    if (typeof stack !== "string" || /file:|node_modules|worker/.test(stack)) reached.push(stack)
    for (const specifier of ["node:fs", "fs", "file:///etc/hostname", "./vm.ts"])
      await import(specifier).then(() => reached.push(specifier), () => {})
    return reached`
  expect(await run(source)).toMatchObject({ kind: "returned", value: [] })
})

test("the namespaces cannot be changed", async () => {
  const source = `
    const results = []
    for (const change of [() => { leads.find = 1 }, () => { leads.more = 1 }, () => { delete leads.find },
      () => { leads = 1 }, () => { globalThis.print = 1 }, () => Object.setPrototypeOf(leads, {}) ])
      try { change(); results.push("changed") } catch { results.push("refused") }
    return [...results, Object.isFrozen(leads), typeof leads.find]`
  const refused = Array(6).fill("refused")
  expect(await run(source)).toMatchObject({ kind: "returned", value: [...refused, true, "function"] })
})

test("whatever a script does to the language's objects, the host sees plain calls or none", async () => {
  const seen: Json[] = []
  const source = `
    JSON.stringify = () => '{"forged": true}'
    JSON.parse = () => "forged"
    Promise.prototype.then = () => { throw 1 }
    Array.prototype.toJSON = () => "not an array"
    Object.prototype.polluted = "inside"
    Map.prototype.set = () => {}
    return await leads.find({ status: "new" })`
  const outcome = await run(source, async (name, args) => {
    seen.push(name, args)
    return echo(name, args)
  })
  expect(outcome).toMatchObject({ kind: "failed", message: /changed how arrays are written/ })
  expect(seen).toEqual([])
  expect(Object.prototype).not.toHaveProperty("polluted")
})

test("a __proto__ key harms neither side", async () => {
  const seen: Json[] = []
  const hostile: Json = JSON.parse('{ "__proto__": { "admin": true }, "id": 1 }')
  const source = `
    const answer = await leads.find(JSON.parse('{"__proto__": {"admin": true}, "constructor": {"prototype": 1}, "id": 2}'))
    const copy = Object.assign({}, { ...answer })
    return { admin: ({}).admin ?? null, id: answer.id, nested: JSON.parse('{"__proto__": {"admin": true}}') }`
  const outcome = await run(source, async (_name, args) => {
    seen.push(...args)
    return { kind: "value", value: hostile }
  })
  expect(seen).toEqual([{ constructor: { prototype: 1 }, id: 2 }])
  expect(seen.map((value) => Object.hasOwn(Object(value), "__proto__"))).toEqual([false])
  expect(outcome).toMatchObject({ kind: "returned", value: { admin: null, id: 1, nested: {} } })
})

test("hostile getters, proxies and thrown things are failures with a message", async () => {
  const sources = [
    "return { get x() { throw new Error('from the getter') } }",
    "return new Proxy({}, { ownKeys() { throw new Error('from the proxy') } })",
    "throw { get message() { throw 1 } }",
    "throw null",
    "throw new Proxy(new Error('x'), { get() { throw 1 } })",
    "const e = new Error('x'); Object.defineProperty(e, 'stack', { get() { while (true) {} } }); throw e",
  ]
  for (const source of sources) {
    const outcome = await run(source, echo, { cpuMs: 200 })
    expect(outcome, source).toHaveProperty("message", expect.stringMatching(/\w/))
  }
})

test("lone surrogates, zero bytes and long text cross unharmed", async () => {
  const text = `\ud800 \u0000 ${"ü€😀".repeat(50_000)}`
  const outcome = await run(
    "const { args } = await leads.find(await linkedin.profile()); return args[0]",
    async (name, args) => (name === "linkedin.profile" ? { kind: "value", value: text } : echo(name, args)),
  )
  expect(outcome.kind === "returned" && outcome.value === text).toBe(true)
})

test("an API whose names no script could call is refused", async () => {
  const script = { source: "return 1", now: 0, seed: 0 }
  for (const actions of [["find"], ["leads.find.all"], ["leads.__proto__ "], ["a-b.c"]]) {
    await expect(sandbox.run({ ...script, api: { ...api, actions } }, echo)).rejects.toThrow(BadApiName)
  }
})
