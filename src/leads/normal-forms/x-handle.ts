import { readUrl } from "./host.ts"
import { foldText, wordList } from "./text.ts"

/** An X handle without its `@`, in the case it was written in. Accepts `@h`, `h`, and addresses on x.com and twitter.com. */
export function parseXHandle(text: string): string | null {
  const written = foldText(text)
  const handle = /[./]/.test(written) ? handleOfUrl(written) : written.replace(/^@/, "")
  return handle && /^\w{1,15}$/.test(handle) && /[a-z]/i.test(handle) && !xPages.has(handle.toLowerCase())
    ? handle
    : null
}

function handleOfUrl(text: string): string | null {
  const url = readUrl(text)
  if (!url || !/^(?:www\.|mobile\.|m\.)?(?:x|twitter)\.com$/.test(url.hostname)) return null
  const [first = "", second] = url.pathname.split("/").filter(Boolean)
  return first === "intent" && (second === "user" || second === "follow")
    ? url.searchParams.get("screen_name")
    : first.replace(/^@/, "")
}

const xPages = wordList(`
  home explore search notifications messages settings i intent share hashtag login logout signup tos privacy about compose
  download jobs account lists bookmarks topics communities premium who_to_follow
`)
