import { request } from "node:https"
import { isIP, isIPv6 } from "node:net"

/** Where hosts are found. `resolve` answers every address of a host and throws when there is none; `isPublic` says which of them
 * may be spoken to. In a replica each host is the replica's port, whose certificate (PEM) is the only one that counts. */
type OutsideRoute =
  | { kind: "live"; resolve: (host: string) => Promise<string[]>; isPublic: (address: string) => boolean }
  | { kind: "replica"; port: number; certificate: string }

/** A GET request. */
type Question = { url: string; headers?: Record<string, string>; signal: AbortSignal }

/** answered: any status, `url` is the address that answered. failed: nothing that could be read came. refused: it was not asked. */
type OutsideAnswer =
  | { kind: "answered"; url: string; status: number; headers: Record<string, string>; body: string }
  | { kind: "failed"; reason: string }
  | { kind: "refused"; reason: string }

/** The one way in which sources speak to the outside, besides the browser. */
export type Outside = (question: Question) => Promise<OutsideAnswer>

const patienceMs = 15_000
const mostBytes = 2_000_000
const mostRedirects = 4
/** How the replica marks what it does not have. */
const absentHeader = "x-giant-replica"

/** HTTPS on its usual port, to public addresses only. Each name is resolved once and exactly the addresses that were checked are
 * connected to; redirects are held to the same rules, and lose the headers of the question when they lead to another host. */
export function openOutside(route: OutsideRoute): Outside {
  return async ({ url, headers = {}, signal }) => {
    const either = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
    let address = url
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const isSameHost = hostOf(address) === hostOf(url)
      const answer = await ask(route, address, isSameHost ? headers : {}, either)
      if (route.kind === "replica" && answer.kind === "answered" && absentHeader in answer.headers) {
        return { kind: "failed", reason: `The replica web has nothing of ${hostOf(address)}.` }
      }
      const location =
        answer.kind === "answered" && answer.status >= 300 && answer.status < 400 && answer.headers.location
      if (!location) return answer
      if (!URL.canParse(location, address)) return { kind: "failed", reason: `${hostOf(url)} redirects to no address.` }
      address = new URL(location, address).href
    }
    return { kind: "failed", reason: `${hostOf(url)} redirects too often.` }
  }
}

async function ask(
  route: OutsideRoute,
  address: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<OutsideAnswer> {
  if (!URL.canParse(address)) return { kind: "refused", reason: "That is no address." }
  const url = new URL(address)
  const found = await whereIs(route, url)
  if ("reason" in found) return found
  const pinned = found.addresses.map((one) => ({ address: one, family: isIPv6(one) ? 6 : 4 }))
  return new Promise((resolve) => {
    const failed = (reason: string) => resolve({ kind: "failed", reason: `${url.hostname} ${reason}.` })
    const asked = request(
      url,
      {
        port: found.port,
        agent: false,
        lookup: (_host, _options, done) => done(null, pinned),
        headers: { "user-agent": "SmallGiant/0.1", ...headers, "accept-encoding": "identity" },
        signal,
        ...(found.certificate === null ? {} : { ca: found.certificate, checkServerIdentity: () => undefined }),
      },
      (response) => {
        const parts: Buffer[] = []
        let size = 0
        response.on("data", (part: Buffer) => {
          size += part.length
          parts.push(part)
          if (size > mostBytes) {
            failed("sends more than two megabytes")
            response.destroy()
          }
        })
        response.once("error", () => failed("broke off its answer"))
        response.once("end", () =>
          resolve({
            kind: "answered",
            url: url.href,
            status: response.statusCode ?? 0,
            headers: Object.fromEntries(
              Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(", ")]),
            ),
            body: Buffer.concat(parts).toString("utf8"),
          }),
        )
      },
    )
    asked.once("error", () => failed(signal.aborted ? "did not answer in time" : "does not answer"))
    asked.end()
  })
}

type Where = { addresses: string[]; port: number; certificate: string | null }
type NotAsked = { kind: "failed" | "refused"; reason: string }

async function whereIs(route: OutsideRoute, url: URL): Promise<Where | NotAsked> {
  const { hostname } = url
  if (url.protocol !== "https:" || url.port !== "" || url.username !== "" || url.password !== "") {
    return { kind: "refused", reason: `Only plain https addresses are asked, not one like this of ${hostname}.` }
  }
  if (isIP(hostname.replace(/^\[|\]$/g, ""))) return { kind: "refused", reason: `${hostname} is no name of a host.` }
  if (route.kind === "replica") return { addresses: ["127.0.0.1"], port: route.port, certificate: route.certificate }
  const addresses = await route.resolve(hostname).catch(() => [])
  if (addresses.length === 0) return { kind: "failed", reason: `${hostname} does not exist.` }
  if (!addresses.every(route.isPublic)) {
    return { kind: "refused", reason: `${hostname} leads to an address that is not on the public internet.` }
  }
  return { addresses, port: 443, certificate: null }
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).hostname : address
}
