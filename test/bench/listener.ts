import { IncomingMessage, ServerResponse } from "node:http"
import { Socket } from "node:net"
import { setImmediate as nextTurn } from "node:timers/promises"
import { getRequestListener } from "@hono/node-server"

/** Asks as the server is asked, but for the network, and resolves with the milliseconds from the request to the last byte of its answer.
 * Throws where the answer is none of a page. */
export type Ask = (address: string) => Promise<number>

/** The way that requests take in the server, from its listener to its socket, which keeps nothing. */
export function openListener(answer: Parameters<typeof getRequestListener>[0], headers: Record<string, string>): Ask {
  const listener = getRequestListener(answer)
  return async (address) => {
    const socket = new Sink()
    const request = new IncomingMessage(socket)
    Object.assign(request, { method: "GET", url: address, headers, httpVersion: "1.1", complete: true })
    Object.assign(request, { httpVersionMajor: 1, httpVersionMinor: 1, rawHeaders: Object.entries(headers).flat() })
    request.push(null)
    const response = new ServerResponse(request)
    response.assignSocket(socket)
    const { promise, resolve } = Promise.withResolvers<void>()
    response.once("finish", () => resolve())
    // A request comes as an event of its own: until that ends, the runtime keeps what the one before left behind.
    await nextTurn()
    const began = performance.now()
    listener(request, response)
    await promise
    const took = performance.now() - began
    if (response.statusCode !== 200) throw new Error(`${address} is answered with ${response.statusCode}.`)
    return took
  }
}

class Sink extends Socket {
  override _write(_: unknown, __: unknown, done: () => void): void {
    done()
  }
  override _writev(_: unknown, done: () => void): void {
    done()
  }
}
