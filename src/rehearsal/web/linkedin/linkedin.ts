import { type Answer, absent, page, type Question, redirect, text } from "../answer.ts"
import { companies } from "../companies.ts"
import { people } from "../people.ts"
import { memberId, type Person } from "../person.ts"
import { viewer } from "../strangers.ts"
import { companyAboutPage, companyPage, guestCompanyPage } from "./company.ts"
import { contactInfoPage, experiencePage } from "./details.ts"
import { conversationPage } from "./messaging.ts"
import { peopleSearchPage } from "./people-search.ts"
import { profilePage } from "./profile.ts"
import { recentActivityPage } from "./recent-activity.ts"
import { authwallPage, challengePage, feedPage, loginPage, notFoundPage, refusalPage } from "./walls.ts"

/** The cookies of somebody who signed in, and of somebody who entered the code. */
const session = "li_at"
const verified = "li_verified"

/** The team member who is signed in, and is nobody's lead. */
const member: Person = {
  ...viewer,
  location: "Bristol, England, United Kingdom",
  about: null,
  followers: 212,
  roles: [{ title: "Sales", company: "A small team", from: "2024-02" }],
  schools: [],
  skills: [],
  posts: [],
}

/**
 * LinkedIn. Signing in: the password "replica" works, "challenge" leads to the page that asks for a code, where
 * 123456 works; everything else is wrong.
 */
export function linkedin(question: Question): Answer {
  const { url, method } = question
  if (url.hostname !== "www.linkedin.com") return redirect(`https://www.linkedin.com${url.pathname}${url.search}`)
  const [room = "", name = "", ...rest] = question.path
  const section = rest.join("/")
  if (method === "POST") return submitted(question)

  switch (room) {
    case "in":
      return profile(question, name, section)
    case "company":
      return company(url, name, section)
    case "messaging":
      return conversation(question, name)
    case "search":
      return name === "results" && section === "people"
        ? page(peopleSearchPage(url.searchParams.get("keywords") ?? ""))
        : absent(url)
    case "login":
    case "uas":
      return page(loginPage(null))
    case "authwall":
    case "signup":
      return page(authwallPage())
    case "checkpoint":
      return page(challengePage(null))
    case "404":
      return page(notFoundPage())
    case "":
    case "feed":
      return question.cookies.has(session) ? page(feedPage()) : redirect("/uas/login")
    default:
      return absent(url)
  }
}

function profile(question: Question, slug: string, section: string): Answer {
  const { url, cookies } = question
  if (slug === "me") return redirect(cookies.has(session) ? `/in/${viewer.slug}/` : "/uas/login")
  const person = [...people, member].find((one) => one.slug === slug.normalize("NFC"))
  if (person === undefined) return absent(url)
  if (person.awkward === "gone") return redirect("/404/")
  if (person.awkward === "status-999") return page(refusalPage(), 999)
  if (person.awkward === "authwall" && !cookies.has(session)) {
    return redirect(`/authwall?trk=bf&sessionRedirect=${encodeURIComponent(url.href)}`)
  }
  if (person.awkward === "checkpoint" && !cookies.has(verified)) return redirect("/checkpoint/challenge/replica")
  const answer = profileSection(person, section)
  if (answer === null) return absent(url)
  return person.awkward === "slow" ? { ...answer, delay: 2000 } : answer
}

function profileSection(person: Person, section: string): Answer | null {
  switch (section) {
    case "":
      return page(profilePage(person))
    case "details/experience":
      return page(experiencePage(person))
    case "overlay/contact-info":
      return page(contactInfoPage(person))
    case "recent-activity/all":
      return page(recentActivityPage(person))
    default:
      return null
  }
}

function conversation({ url, inbox }: Question, section: string): Answer {
  const person = personOf(url.searchParams.get("recipient"))
  if (section !== "compose" || person === null) return absent(url)
  return page(conversationPage(person, inbox.conversation("linkedin-message", person.slug)))
}

function personOf(id: string | null): Person | null {
  return people.find(({ slug }) => memberId(slug) === id) ?? null
}

function company(url: URL, slug: string, section: string): Answer {
  const found = companies.find((one) => one.slug === slug || String(one.number) === slug)
  if (found === undefined) return absent(url)
  if (slug !== found.slug) return redirect(`/company/${found.slug}/`)
  if (section === "") return page(found.linkedin === "guest" ? guestCompanyPage(found) : companyPage(found))
  return section === "about" ? page(companyAboutPage(found)) : absent(url)
}

function submitted({ url, form, inbox }: Question): Answer {
  switch (url.pathname) {
    case "/messaging/send": {
      const person = personOf(form.get("recipient"))
      const body = form.get("body") ?? ""
      if (person === null || body === "") return absent(url)
      inbox.put({ channel: "linkedin-message", to: person.slug, subject: null, body })
      return text("{}", "application/json")
    }
    case "/preload/custom-invite/": {
      const person = people.find(({ slug }) => slug === form.get("vanityName"))
      const body = form.get("message") ?? ""
      if (person === undefined || body.length > longestNote) return absent(url)
      inbox.put({ channel: "linkedin-note", to: person.slug, subject: null, body })
      return text("{}", "application/json")
    }
    case "/uas/login-submit":
      if (form.get("session_password") === "challenge") return redirect("/checkpoint/challenge/replica")
      if (form.get("session_password") !== "replica")
        return page(loginPage("That's not the right password. Try again."))
      return redirect("/feed/", { "set-cookie": cookie(session) })
    case "/checkpoint/challenge/verify":
      if (form.get("pin") !== "123456") return page(challengePage("That code is not right. Try again."))
      return redirect("/feed/", { "set-cookie": [cookie(session), cookie(verified)] })
    default:
      return absent(url)
  }
}

/** In characters, on a free account. */
const longestNote = 200

function cookie(name: string): string {
  return `${name}=replica; Domain=.linkedin.com; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=None`
}
