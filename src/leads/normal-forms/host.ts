import { domainToASCII } from "node:url"
import { foldText } from "./text.ts"

export function asciiHost(host: string): string | null {
  const ascii = domainToASCII(host.toLowerCase())
  return ascii.length <= 253 &&
    /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)$/.test(ascii)
    ? ascii
    : null
}

export function readUrl(text: string): URL | null {
  if (text.length > 2048) return null
  const written = foldText(text).replace(/^\/\//, "")
  const [host = ""] = written.replace(/^https?:\/\//i, "").split(/[/?#]/, 1)
  if (/[\s<>"]/.test(written) || host.includes("@")) return null
  const url = URL.parse(/^https?:\/\//i.test(written) ? written : `https://${written}`)
  return url && asciiHost(url.hostname) ? url : null
}
