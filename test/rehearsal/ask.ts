import { once } from "node:events"
import type { IncomingMessage } from "node:http"
import { request } from "node:https"
import { text } from "node:stream/consumers"
import { type CheerioAPI, load } from "cheerio"
import type { Replica } from "../../src/rehearsal/replica.ts"

type Answered = { status: number; headers: IncomingMessage["headers"]; body: string }

/** Asks the replica for an address as a browser does that was routed to it: by name, trusting its key alone. */
export async function ask(
  replica: Replica,
  address: string,
  options: { method?: string; headers?: Record<string, string>; body?: string; path?: string } = {},
): Promise<Answered> {
  const url = new URL(address)
  const asked = request({
    host: "127.0.0.1",
    port: replica.port,
    servername: url.hostname,
    ca: replica.certificate,
    checkServerIdentity: () => undefined,
    agent: false,
    method: options.method ?? "GET",
    path: options.path ?? url.pathname + url.search,
    headers: { host: url.host, ...options.headers },
  })
  asked.end(options.body)
  const [answer]: IncomingMessage[] = await once(asked, "response")
  if (answer === undefined) throw new Error(`${address} was not answered.`)
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) }
}

/** A page that is there, as its raw HTML says it: nothing has run. */
export async function pageAt(replica: Replica, address: string): Promise<CheerioAPI> {
  const { status, body } = await ask(replica, address)
  if (status !== 200) throw new Error(`${address} answered ${status}.`)
  return load(body)
}
