import { type Answer, absent, page, type Question, redirect, text } from "../answer.ts"
import { accounts } from "./accounts.ts"
import { userCell, xFrame } from "./frame.ts"
import { restId, xConversationPage } from "./messaging.ts"
import { drawn, post, statusId } from "./post.ts"
import { xProfilePage } from "./profile.ts"
import { list } from "./timeline.ts"
import { xLockedPage, xLoginPage } from "./walls.ts"

/** The cookie of somebody who signed in. */
const session = "auth_token"

/** X. Signing in works as on LinkedIn: "replica" is right, "challenge" leads to the page of a locked account. */
export function x(question: Question): Answer {
  const { url, method, cookies } = question
  if (url.hostname !== "x.com") return redirect(`https://x.com${url.pathname}${url.search}`)
  if (method === "POST") return submitted(question)
  const path = question.path.join("/")
  switch (path) {
    case "":
    case "home":
      return cookies.has(session) ? page(xFrame("Home / X", list("Your Home Timeline", []))) : redirect("/i/flow/login")
    case "login":
    case "i/flow/login":
      return page(xLoginPage(null))
    case "account/access":
      return page(xLockedPage())
    case "search":
      return search(url.searchParams.get("q") ?? "")
    case "messages/compose":
      return conversation(question)
    default:
      return accountPage(question)
  }
}

/** t.co, which forwards to what an account links to. */
export function shortened({ url }: Question): Answer {
  const account = accounts.find(({ shortLink }) => shortLink === url.origin + url.pathname)
  return account?.employer ? redirect(`https://${account.employer.domain}/`) : absent(url)
}

function accountPage({ url, path: [handle = "", section, id, ...rest] }: Question): Answer {
  const account = accounts.find((one) => one.handle.toLowerCase() === handle.toLowerCase())
  if (account === undefined) return absent(url)
  if (section === undefined) return page(xProfilePage(account))
  const { author } = account
  const found = account.posts.find(({ at }) => String(statusId(at)) === id)
  if (section !== "status" || found === undefined || rest.length > 0) return absent(url)
  return page(xFrame(`${author.name} on X / X`, list("Conversation", [post(author, found)])))
}

function conversation({ url, inbox }: Question): Answer {
  const account = accounts.find(({ handle }) => restId(handle) === url.searchParams.get("recipient_id"))
  if (account === undefined) return absent(url)
  return page(xConversationPage(account, inbox.conversation("x-message", account.handle.toLowerCase())))
}

/** Accounts whose name, handle or bio has all the words. */
function search(words: string): Answer {
  const wanted = words.toLowerCase().split(/\s+/)
  const found = accounts.filter(({ author, bio, state }) => {
    const text = `${author.name} @${author.handle} ${bio}`.toLowerCase()
    return state !== "suspended" && wanted.every((word) => text.includes(word))
  })
  const cells = found.slice(0, 10).map(({ author, bio }) => userCell(author, drawn(bio)))
  return page(xFrame(`${words} - Search / X`, list("Search timeline", cells)))
}

function submitted({ url, form, inbox }: Question): Answer {
  if (url.pathname === "/i/api/dm/new") {
    const account = accounts.find(({ handle }) => restId(handle) === form.get("recipient"))
    const body = form.get("body") ?? ""
    if (account === undefined || body === "") return absent(url)
    inbox.put({ channel: "x-message", to: account.handle.toLowerCase(), subject: null, body })
    return text("{}", "application/json")
  }
  if (url.pathname !== "/i/flow/login") return absent(url)
  if (form.get("password") === "challenge") return redirect("/account/access")
  if (form.get("password") !== "replica") return page(xLoginPage("Wrong password."))
  return redirect("/home", {
    "set-cookie": `${session}=replica; Domain=.x.com; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=None`,
  })
}
