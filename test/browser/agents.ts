import { z } from "zod"
import { openStore } from "../../src/db/store.ts"
import { quietly, readerOver } from "./reading-room.ts"

/** A process with ten agents that read what is on a list, and tells what came of each reading, a line each. */
const order = z
  .object({
    home: z.string(),
    profiles: z.string(),
    captures: z.string(),
    port: z.number(),
    spki: z.string(),
    certificate: z.string(),
    addresses: z.array(z.string()),
    limits: z.array(z.object({ loads: z.number(), windowMs: z.number() })),
    scale: z.number(),
  })
  .parse(JSON.parse(process.argv[2] ?? ""))

const store = openStore(order.home)
const { limits, scale } = order
const reader = await readerOver(
  { ...order, store },
  { scale, longestWait: 600_000, policy: () => ({ limits, mayRead: { kind: "yes" } }) },
)
const todo = order.addresses.values()
await Promise.all(
  Array.from({ length: 10 }, async () => {
    for (const address of todo) {
      const read = await reader.read(address, quietly)
      console.log(JSON.stringify({ address, kind: read.kind === "read" ? read.reading.kind : read.kind }))
    }
  }),
)
await reader.close()
await store.close()
