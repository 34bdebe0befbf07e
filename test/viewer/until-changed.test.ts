import { expect, test } from "vitest"
import { untilChanged } from "../../viewer/until-changed.ts"
import { addLeads, openSample } from "./sample.ts"

test("what was read is kept until somebody commits something, for each key apart", async () => {
  const { store, close } = openSample()
  const kept = untilChanged<number>(store)
  let reads = 0
  const read = async () => ++reads
  expect([await kept("ada", read), await kept("ada", read), await kept("ben", read)]).toEqual([1, 1, 2])
  await addLeads(store, [{ name: "Cleo" }], "2026-11-02T09:00:00.000Z")
  expect([await kept("ada", read), await kept("ada", read)]).toEqual([3, 3])
  await close()
})

test("what was read while somebody committed is read again", async () => {
  const { store, close } = openSample()
  const kept = untilChanged<string>(store)
  await kept("ada", async () => {
    await addLeads(store, [{ name: "Cleo" }], "2026-11-02T09:00:00.000Z")
    return "before"
  })
  expect(await kept("ada", async () => "after")).toBe("after")
  await close()
})
