import { expect, test } from "vitest"
import { scripts } from "./fixture.ts"

const { run } = scripts()
const limits = { cpuMs: 300, memoryBytes: 32 * 1024 * 1024 }

const bombs: [name: string, source: string, kinds: string[], message: RegExp][] = [
  ["an endless loop", "while (true) {}", ["timeout"], /300 ms/],
  ["endless promises", "while (true) await null", ["timeout"], /300 ms/],
  [
    "promises that breed",
    "const f = () => { Promise.resolve().then(f).then(f) }; f(); await new Promise(() => {})",
    ["timeout", "out-of-memory"],
    /300 ms|bytes/,
  ],
  ["a growing array", "const a = []; while (true) a.push({})", ["out-of-memory"], /33554432 bytes/],
  [
    "a growing array that stays reachable",
    "globalThis.a = []; while (true) a.push({})",
    ["out-of-memory"],
    /33554432 bytes/,
  ],
  ["a growing Map", "const m = new Map(); let i = 0; while (true) m.set(i++, {})", ["out-of-memory"], /33554432 bytes/],
  ["a growing string", "let s = 'x'; while (true) s += s", ["failed"], /string too long/],
  [
    "growing typed arrays",
    "const a = []; while (true) a.push(new Uint8Array(1e6))",
    ["out-of-memory"],
    /33554432 bytes/,
  ],
  ["a growing BigInt", "let b = 2n; while (true) b *= b", ["failed", "timeout"], /BigInt is too large|300 ms/],
  ["one long BigInt operation", "return String(2n ** 1000000n).length", ["timeout"], /300 ms/],
  ["one long native loop", "return new Array(4e9).join('')", ["timeout"], /300 ms/],
  ["a catastrophic regular expression", "return /^(a+)+$/.test('a'.repeat(40) + 'b')", ["timeout"], /300 ms/],
  ["endless recursion", "const f = () => f() + 1; return f()", ["failed"], /Maximum call stack size exceeded/],
  [
    "a deep value",
    "let x = []; for (let i = 0; i < 1e5; i++) x = [x]; return x",
    ["failed", "timeout"],
    /call stack|300 ms/,
  ],
  ["deeply nested source", "(".repeat(100_000), ["failed"], /nests too deeply/],
  ["a promise that never settles", "await new Promise(() => {})", ["failed"], /nothing will ever settle/],
]

for (const [name, source, kinds, message] of bombs) {
  test(`${name} ends with a clear outcome, and the next script works`, async () => {
    const cpuMs = kinds.includes("timeout") ? limits.cpuMs : 60_000
    const outcome = await run(source, undefined, { ...limits, cpuMs })
    expect(kinds).toContain(outcome.kind)
    expect(outcome).toHaveProperty("message", expect.stringMatching(message))
    expect(await run("return 1 + 1")).toMatchObject({ kind: "returned", value: 2 })
  })
}

test("a script may catch its own lack of memory and go on", async () => {
  const source = "try { const a = []; while (true) a.push({}) } catch (error) { return error.message }"
  const outcome = await run(source, undefined, { ...limits, cpuMs: 60_000 })
  expect(outcome).toMatchObject({ kind: "returned", value: "out of memory" })
})

test("a script cannot catch the end of its time", async () => {
  const source = "while (true) { try { while (true) {} } catch {} finally { continue } }"
  expect(await run(source, undefined, limits)).toMatchObject({ kind: "timeout", limit: "cpuMs" })
})

test("computing time adds up over the waits of a script", async () => {
  const source = "for (;;) { for (let i = 0; i < 1e5; i++); await leads.find() }"
  expect(await run(source, undefined, limits)).toMatchObject({ kind: "timeout", limit: "cpuMs" })
})

test("what was printed before the end of time is kept", async () => {
  const outcome = await run("print('step one'); while (true) {}", undefined, { ...limits, cpuMs: 1_000 })
  expect(outcome).toMatchObject({ kind: "timeout", printed: "step one\n" })
})
