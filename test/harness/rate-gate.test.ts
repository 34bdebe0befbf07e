import { describe, expect, test } from "vitest"
import { openRateGate } from "../../src/harness/rate-gate.ts"
import { fakeClock } from "./fake-clock.ts"
import { apiError } from "./messages-server.ts"
import { openBench } from "./workbench.ts"

const never = new AbortController().signal
const limited = (retryAfterMs: number | null) => ({ kind: "limited" as const, retryAfterMs })

async function openFullGate(atOnce: number) {
  const clock = fakeClock()
  const gate = openRateGate({ clock, random: () => 0, atOnce })
  const tickets = await Promise.all(Array.from({ length: atOnce }, () => gate.enter(never)))
  return { clock, gate, tickets: tickets.flatMap((ticket) => ticket ?? []) }
}

/** How many get in without waiting. */
async function roomOf(gate: ReturnType<typeof openRateGate>): Promise<number> {
  const control = new AbortController()
  const asked = Array.from({ length: 100 }, () => gate.enter(control.signal))
  await new Promise(setImmediate)
  control.abort()
  const tickets = (await Promise.all(asked)).flatMap((ticket) => ticket ?? [])
  for (const ticket of tickets) gate.leave(ticket, { kind: "failed" })
  return tickets.length
}

describe("invariant 8: what one agent learns of the server's limits holds for all", () => {
  test("when one agent is told to wait, all wait", async () => {
    const { clock, gate, tickets } = await openFullGate(2)
    const began = clock.now().getTime()
    for (const ticket of tickets) gate.leave(ticket, limited(20_000))
    await gate.enter(never)
    expect(clock.now().getTime() - began).toBe(20_000)
  })

  test("no server makes anybody wait longer than a minute", async () => {
    const { clock, gate, tickets } = await openFullGate(1)
    const began = clock.now().getTime()
    for (const ticket of tickets) gate.leave(ticket, limited(86_400_000))
    await gate.enter(never)
    expect(clock.now().getTime() - began).toBe(60_000)
  })

  test("waiting ends when the run is stopped", async () => {
    const { gate } = await openFullGate(1)
    const control = new AbortController()
    const waiting = gate.enter(control.signal)
    control.abort()
    expect(await waiting).toBeNull()
  })

  test("a wave of complaints halves the room once, and success gives it back slowly", async () => {
    const { gate, tickets } = await openFullGate(16)
    for (const ticket of tickets) gate.leave(ticket, limited(null))
    expect(await roomOf(gate)).toBe(8)
    for (let round = 0; round < 9; round += 1) {
      const ticket = await gate.enter(never)
      if (ticket) gate.leave(ticket, { kind: "fine" })
    }
    expect(await roomOf(gate)).toBe(9)
  })

  test("thirty agents that meet one limit do not each find it out again and again", async () => {
    let refusals = 0
    const bench = await openBench((_, number) => {
      if (number > 30) return { text: "Done." }
      refusals += 1
      return apiError(429, "rate_limit_error", "Slow down", { "retry-after": "30" })
    })
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => bench.run()))
    expect(outcomes.every((outcome) => outcome.kind === "done")).toBe(true)
    expect(refusals).toBe(30)
    expect(bench.server.requests).toHaveLength(60)
  })
})
