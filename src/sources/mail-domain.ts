/** What the domain name system says of mail; Node's own resolver is one. */
export type MailResolver = {
  resolveMx(domain: string): Promise<{ exchange: string; priority: number }[]>
  resolve4(domain: string): Promise<string[]>
  resolve6(domain: string): Promise<string[]>
}

/** Whether mail to a domain can arrive. That a mailbox exists is never known: no mail server is asked. */
export type MailVerdict = { kind: "valid domain" | "no mail" | "unknown"; reason: string }

/** Looks up a domain's mail hosts (RFC 5321, section 5.1; RFC 7505 for domains that want no mail). Without a resolver, as in
 * rehearsal, nothing is asked. */
export async function checkMailDomain(domain: string, resolver: MailResolver | null): Promise<MailVerdict> {
  if (!resolver) return { kind: "unknown", reason: "In rehearsal the domain name system is not asked." }
  const mail = await lookUp(() => resolver.resolveMx(domain))
  if (mail.kind === "failed")
    return { kind: "unknown", reason: `The domain name system does not answer (${mail.code}).` }
  if (mail.kind === "no such name") return { kind: "no mail", reason: `${domain} does not exist.` }
  const hosts = mail.found.filter(({ exchange }) => exchange !== "" && exchange !== ".")
  if (hosts.length > 0) return { kind: "valid domain", reason: `${domain} has mail hosts.` }
  if (mail.found.length > 0) return { kind: "no mail", reason: `${domain} says that it takes no mail.` }
  const addresses = await Promise.all([
    lookUp(() => resolver.resolve4(domain)),
    lookUp(() => resolver.resolve6(domain)),
  ])
  if (addresses.some((one) => one.kind === "answered" && one.found.length > 0)) {
    return { kind: "valid domain", reason: `${domain} has no mail hosts, but an address, which counts as one.` }
  }
  if (addresses.some(({ kind }) => kind === "failed")) {
    return { kind: "unknown", reason: "The domain name system did not answer everything." }
  }
  return { kind: "no mail", reason: `${domain} has neither mail hosts nor an address.` }
}

type LookedUp<T> = { kind: "answered"; found: T[] } | { kind: "no such name" } | { kind: "failed"; code: string }

async function lookUp<T>(ask: () => Promise<T[]>): Promise<LookedUp<T>> {
  try {
    return { kind: "answered", found: await ask() }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "failed"
    if (code === "ENODATA") return { kind: "answered", found: [] }
    return code === "ENOTFOUND" ? { kind: "no such name" } : { kind: "failed", code }
  }
}
