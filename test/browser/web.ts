import { createHash, X509Certificate } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:https"
import { generate } from "selfsigned"

type Answer = string | ((request: IncomingMessage, response: ServerResponse) => void)

export type TestWeb = {
  port: number
  spki: string
  /** Addresses asked for, without the scheme. */
  asked: string[]
  /** `host/path` to a page, or to a function that answers. */
  serve: (pages: Record<string, Answer>) => void
  close: () => void
}

/** A small HTTPS web on 127.0.0.1 that answers for any host name, with a key of its own. */
export async function openTestWeb(): Promise<TestWeb> {
  const { private: key, cert } = await generate([{ name: "commonName", value: "test" }], { keyType: "ec" })
  const pages = new Map<string, Answer>()
  const asked: string[] = []
  const server = createServer({ key, cert }, (request, response) => {
    const address = `${request.headers.host}${request.url}`
    asked.push(address)
    const answer = pages.get(address)
    if (typeof answer === "function") return answer(request, response)
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "text/html; charset=utf-8" })
    response.end(answer ?? "<title>nothing here</title>")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  if (address === null || typeof address === "string") throw new TypeError("The test web listens on no port.")
  const publicKey = new X509Certificate(cert).publicKey.export({ type: "spki", format: "der" })
  return {
    port: address.port,
    spki: createHash("sha256").update(publicKey).digest("base64"),
    asked,
    serve: (added) => {
      for (const [where, answer] of Object.entries(added)) pages.set(where, answer)
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
