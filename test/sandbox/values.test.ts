import { expect, test } from "vitest"
import type { Json } from "../../src/sandbox/outcome.ts"
import { echo, scripts } from "./fixture.ts"

const { run } = scripts()

test("a script is the body of an async function in TypeScript", async () => {
  const source = `
    type Lead = { id: number }
    const answer = (await leads.find({ status: "new" })) as { name: string; args: unknown[] }
    const ids: Lead["id"][] = [1, 2].map((id: number): number => id * 2)
    return { ...answer, ids } satisfies object // the end`
  expect(await run(source)).toEqual({
    ...{ kind: "returned", marker: null, printed: "", calls: 1 },
    value: { name: "leads.find", args: [{ status: "new" }], ids: [2, 4] },
  })
})

test("a script that returns nothing returns null", async () => {
  expect(await run("const a = 1")).toMatchObject({ kind: "returned", value: null })
})

test("values that JSON does not know are written as something sensible", async () => {
  const source = `return [new Date(), 12n, undefined, NaN, new Map([["a", 1]]), new Map([[1, 2]]), new Set([1]),
    new Uint8Array([1, 2]), /x/g, new TypeError("no"), { gone: undefined, f() {} }]`
  expect(await run(source)).toMatchObject({
    value: [
      "2030-01-02T00:00:00.000Z",
      "12",
      null,
      null,
      { a: 1 },
      [[1, 2]],
      [1],
      [1, 2],
      "/x/g",
      { name: "TypeError", message: "no" },
      {},
    ],
  })
})

test("a value that contains itself is refused in words that say so", async () => {
  const circle = "const a = {}; a.a = a;"
  expect(await run(`${circle} return a`)).toMatchObject({ kind: "failed", message: /returns contains itself/ })
  const called = await run(`${circle}\nawait leads.learn(a)`)
  expect(called).toMatchObject({ kind: "failed", line: 2, message: /leads\.learn is called with contains itself/ })
})

test("a promise that is returned inside a value asks for an await", async () => {
  expect(await run("return { rows: leads.find() }")).toMatchObject({ kind: "failed", message: /Write await/ })
})

test("a failure that nothing awaited is not lost", async () => {
  const refuse = async () => ({ kind: "error" as const, message: "no such lead" })
  const outcome = await run("leads.learn(1)\nreturn 'all well'", refuse)
  expect(outcome).toMatchObject({ kind: "failed", line: 1, message: "Nothing awaited this failure: no such lead" })
})

test("a script ends only when all its calls have ended", async () => {
  let learned = 0
  await run("leads.learn(1); leads.learn(2); return 1", async (name, args) => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    learned += 1
    return echo(name, args)
  })
  expect(learned).toBe(2)
})

test("a marker marks what is returned, and only that", async () => {
  expect(await run("return show([{ id: 1 }])")).toMatchObject({ kind: "returned", marker: "show", value: [{ id: 1 }] })
  expect(await run("show(1); return 2")).toMatchObject({ marker: null, value: 2 })
  expect(await run("return { rows: show(1) }")).toMatchObject({
    kind: "failed",
    message: /Return show\(\.\.\.\) itself/,
  })
})

test("print and console.log are captured, up to a bound", async () => {
  expect(await run("print('a', { b: 1 }, undefined); console.log(2n)")).toMatchObject({
    printed: 'a {"b":1} undefined\n"2"\n',
  })
  const outcome = await run("for (let i = 0; i < 1e4; i++) print('hello')", undefined, { printedChars: 100 })
  expect(outcome.printed).toMatch(/^(hello\n)+hell\n\(Printing ends at 100 characters\.\)\n$/)
})

test("printing what cannot be written does not end a script", async () => {
  const outcome = await run("const a = {}; a.a = a; print(a, Symbol('s')); return 1")
  expect(outcome).toMatchObject({
    kind: "returned",
    printed: expect.stringMatching(/\[This contains itself.*Symbol\(s\)/),
  })
})

test("an error of an action is thrown inside, at the line of its call", async () => {
  const refuse = async () => ({ kind: "error" as const, message: "The lead is suppressed." })
  const caught = "try { await leads.find() } catch (error) { return [error instanceof Error, error.message] }"
  expect(await run(caught, refuse)).toMatchObject({ value: [true, "The lead is suppressed."] })
  const thrown = await run("const a = 1\n\nawait leads.find()", refuse)
  expect(thrown).toMatchObject({ kind: "failed", message: "The lead is suppressed.", line: 3 })
})

test("errors count lines and columns as the script does", async () => {
  expect(await run("const a: number = 1\n  null.x")).toMatchObject({ message: /TypeError/, line: 2 })
  expect(await run("\nconst f = (x: any) => {\n  return x.y.z\n}\nf({})")).toMatchObject({ line: 3 })
  expect(await run("const a = 1\n  const b: = 3")).toMatchObject({ message: /^SyntaxError/, line: 2, column: 12 })
  expect(await run("enum A { b }")).toMatchObject({ message: /enum is not supported/, line: 1, column: 1 })
  expect(await run("const a = 1\nconst a = 2")).toMatchObject({ kind: "failed", message: /^SyntaxError/, line: 2 })
  expect(await run("return 1 }")).toMatchObject({ kind: "failed", message: /^SyntaxError/ })
})

test("a wrong name is answered with the right one", async () => {
  expect(await run("await leads.fnd()")).toMatchObject({
    message: /leads\.fnd is not an action\. Did you mean leads\.find\?/,
  })
  expect(await run("await leads.profile()")).toMatchObject({ message: /Did you mean linkedin\.profile\?/ })
  expect(await run("await leads.obliterate()")).toMatchObject({ message: /leads has find, learn\./ })
  expect(await run("await lead.find()")).toMatchObject({ message: /lead is not defined.*leads, linkedin, show, print/ })
})

test("the same script with the same answers does the same", async () => {
  const source = "return [Math.random(), Math.random(), Date.now(), new Date(2030, 0).getTimezoneOffset()]"
  const first = await run(source)
  expect(await run(source)).toEqual(first)
  expect(first).toMatchObject({ value: [expect.any(Number), expect.any(Number), Date.UTC(2030, 0, 2), 0] })
})

test("results, arguments, answers, sources and calls are bounded, and say by how much", async () => {
  const limits = { resultChars: 50, argumentChars: 50, answerChars: 50, sourceChars: 200, calls: 2 }
  const long: Json = "x".repeat(60)
  const lengthy = async () => ({ kind: "value" as const, value: long })
  expect(await run("return 'x'.repeat(60)", echo, limits)).toMatchObject({
    kind: "failed",
    message: /returns 62 .* 50/,
  })
  expect(await run("await leads.find('x'.repeat(60))", echo, limits)).toMatchObject({
    message: /64 characters; at most 50/,
  })
  expect(await run("await leads.find()", lengthy, limits)).toMatchObject({ message: /leads\.find answered 62 .* 50/ })
  expect(await run(`// ${long.repeat(5)}`, echo, limits)).toMatchObject({ kind: "failed", message: /303 .* 200/ })
  const many = await run("for (;;) await leads.find()", async () => ({ kind: "value", value: 1 }), limits)
  expect(many).toMatchObject({ kind: "failed", message: /may make 2 calls/, calls: 2 })
})
