import { once } from "node:events"
import { type AddressInfo, createServer, connect as dial, type Socket } from "node:net"

/** A way to a server that can be cut as a pulled cable cuts it: nobody is told, and nothing arrives. */
export type Cable = {
  /** The server's URL by this way. */
  url: string
  pull(): void
  plug(): void
  close(): Promise<void>
}

export async function layCable(url: string): Promise<Cable> {
  const to = new URL(url)
  const ends = new Set<Socket>()
  let isPulled = false
  const hub = createServer((near) => {
    const far = dial(Number(to.port), to.hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(one)
      // What is under way when it is pulled is lost, and so is that connection for good.
      one.on("data", (bytes) => void (isPulled || lost.has(near) || other.write(bytes)))
      one.on("error", () => {})
      one.on("close", () => {
        ends.delete(one)
        if (!lost.has(near)) other.destroy()
      })
    }
    near.once("close", () => far.destroy())
    if (isPulled) lost.add(near)
    open.add(near)
  })
  const open = new Set<Socket>()
  const lost = new Set<Socket>()
  hub.listen(0, "127.0.0.1")
  await once(hub, "listening")
  const by = new URL(url)
  by.port = String((hub.address() as AddressInfo).port)
  return {
    url: by.href,
    pull() {
      isPulled = true
      for (const one of open) lost.add(one)
    },
    plug() {
      isPulled = false
    },
    async close() {
      hub.close()
      for (const one of ends) one.destroy()
      await once(hub, "close")
    },
  }
}
