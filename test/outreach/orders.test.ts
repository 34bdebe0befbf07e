import { expect, test } from "vitest"
import { runOrders } from "./orders.ts"

test("whatever two processes do in any order, nothing is sent twice, unapproved, altered or to somebody suppressed", async () => {
  const checked = await runOrders(7, 2, 120, 1)
  expect(checked.wrong).toEqual([])
  expect(checked.delivered).toBeGreaterThan(0)
})
