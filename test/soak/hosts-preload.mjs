// What a host of the soak is started with: a clock that goes wrong by so much, and a note of everything that its invented web was asked.
import { appendFileSync } from "node:fs"
import https from "node:https"
import { syncBuiltinESMExports } from "node:module"

const { GIANT_SOAK_LOG: log, GIANT_SOAK_SKEW: skew = "0" } = process.env
const rightTime = Date.now

const aside = Number(skew)
if (aside !== 0) {
  const RightDate = Date
  globalThis.Date = class extends RightDate {
    constructor(...given) {
      if (given.length === 0) super(rightTime() + aside)
      else super(...given)
    }
    static now() {
      return rightTime() + aside
    }
  }
}

if (log) {
  const { createServer } = https
  https.createServer = (...given) => {
    const server = createServer(...given)
    server.on("request", (request, response) => {
      const from = rightTime()
      response.once("close", () => {
        const host = (request.headers.host ?? "").replace(/:\d+$/, "")
        appendFileSync(log, `${JSON.stringify({ from, to: rightTime(), host, path: request.url })}\n`)
      })
    })
    return server
  }
  syncBuiltinESMExports()
}
