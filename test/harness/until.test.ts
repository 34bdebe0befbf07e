import { expect, test } from "vitest"
import type { Outcome } from "../../src/harness/loop.ts"
import { type Left, workUntil } from "../../src/harness/until.ts"

const done: Outcome = { kind: "done", text: "", answer: null }
const rows = (...ids: number[]): Left => ({ kind: "rows", rows: ids.map((id) => ({ id })), isCut: false })

/** Works against these results of the query, one after each round; the last one stays. */
async function play(results: [Left, ...Left[]], outcome: (round: number) => Outcome = () => done) {
  let asked = 0
  const words: string[] = []
  const end = await workUntil({
    signal: new AbortController().signal,
    left: async () => results[Math.min(asked++, results.length - 1)] ?? results[0],
    async round(round, said) {
      words.push(said)
      return outcome(round)
    },
  })
  return { end, words }
}

test("a query that returns nothing needs no round", async () => {
  expect((await play([rows()])).end).toMatchObject({ kind: "reached", rounds: 0 })
})

test("rounds begin until the query returns nothing", async () => {
  const { end, words } = await play([rows(1, 2, 3), rows(2, 3), rows()])
  expect(end).toMatchObject({ kind: "reached", rounds: 2, leftAtFirst: 3, left: 0 })
  expect(words[1]).toContain("2 rows")
})

test("three rounds without a change end it; a change begins the count anew", async () => {
  const { end } = await play([rows(1, 2), rows(1, 2), rows(1, 2), rows(2)])
  expect(end).toMatchObject({ kind: "stuck", rounds: 6, left: 1 })
})

test("a round that spends its own budget is followed by another, the day's budget ends it", async () => {
  const over = (scope: "run" | "day"): Outcome => ({ kind: "over-budget", scope, reason: "Spent." })
  const { end } = await play([rows(1, 2), rows(1), rows(1)], (round) => over(round === 1 ? "run" : "day"))
  expect(end).toEqual({ kind: "stopped", reason: "Spent.", rounds: 2, leftAtFirst: 2, left: 1 })
})

test("what only a person can mend ends it", async () => {
  const { end } = await play([rows(1)], () => ({ kind: "failed", failure: "refused-key", reason: "No key." }))
  expect(end).toMatchObject({ kind: "stopped", rounds: 1 })
})

test("a query that is refused is said before anything is spent", async () => {
  const { end, words } = await play([{ kind: "refused", reason: "Only a SELECT can be asked here." }])
  expect(end).toMatchObject({ kind: "stopped", rounds: 0, reason: "Only a SELECT can be asked here." })
  expect(words).toEqual([])
})
