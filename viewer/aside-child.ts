import type { Place } from "../src/db/place.ts"
import { openStoreReadOnly } from "../src/db/store.ts"
import type { ChildMessage } from "./aside.ts"
import { type ReadingName, readings } from "./readings.ts"

/** The process that reads aside: one question after another, until nobody is there to ask. */
process.once("message", (place: Place) => {
  const store = openStoreReadOnly(place)
  process.on("message", async ({ name, asked }: { name: ReadingName; asked: never }) => {
    try {
      answer({ kind: "read", value: await readings[name](store, asked) })
    } catch (error) {
      answer({ kind: "failed", why: error instanceof Error ? error.message : String(error) })
    }
  })
  process.once("disconnect", () => store.close())
  answer({ kind: "ready" })
})

function answer(message: ChildMessage) {
  process.send?.(message)
}
