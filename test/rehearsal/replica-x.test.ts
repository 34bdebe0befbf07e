import { afterAll, beforeAll, expect, test } from "vitest"
import { type Replica, startReplica } from "../../src/rehearsal/replica.ts"
import { people } from "../../src/rehearsal/web/people.ts"
import { ask, pageAt } from "./ask.ts"

let replica: Replica
beforeAll(async () => {
  replica = await startReplica({ overlay: null })
})
afterAll(() => replica.close())

test("an X profile has the head, the timeline and other people beside", async () => {
  for (const person of people.filter(({ awkward }) => awkward !== "x-suspended")) {
    const account = person.x
    if (account === undefined) continue
    const $ = await pageAt(replica, `https://x.com/${account.handle}`)
    const column = $("#react-root main[role=main] [data-testid=primaryColumn]")
    expect(column.find("[data-testid=UserName]").text()).toContain(`@${account.handle}`)
    expect(column.find("[data-testid=UserJoinDate]").text()).toMatch(/^Joined \w+ \d{4}$/)
    expect(column.find("[data-testid=UserUrl]").attr("href")).toMatch(/^https:\/\/t\.co\/\w{10}$/)
    expect($("header[role=banner] [data-testid=SideNav_AccountSwitcher_Button]").text()).toContain("@robintellwright")
    expect($("[data-testid=sidebarColumn] [data-testid=UserCell]")).toHaveLength(3)
    expect($("[data-testid=UserProfileSchema-test]")).toHaveLength(account.schema ? 1 : 0)
    if (person.awkward === "x-protected") {
      expect(column.find("[data-testid=UserName] [data-testid=icon-lock]")).toHaveLength(1)
      expect(column.find("[data-testid=emptyState]")).toHaveLength(1)
    } else {
      expect(column.find("[data-testid=placementTracking] a[href*='/status/']")).toHaveLength(0)
      expect(column.find("[data-testid=socialContext] a")).toHaveLength(1)
      for (const post of account.posts)
        expect(column.find(`time[datetime="${new Date(post.at).toISOString()}"]`)).not.toHaveLength(0)
    }
  }
})

test("emoji are images, as on X", async () => {
  const $ = await pageAt(replica, "https://x.com/isla_slackwater")
  expect($("[data-testid=UserDescription] img").attr("alt")).toBe("🌊")
  expect($("[data-testid=UserDescription]").text()).not.toContain("🌊")
})

test("a suspended account says so where a timeline would stand", async () => {
  const $ = await pageAt(replica, "https://x.com/vik_customs")
  expect($("[data-testid=emptyState] > [data-testid=empty_state_header_text]").text()).toBe("Account suspended")
})

test("a short link leads to the site that the profile shows", async () => {
  const $ = await pageAt(replica, "https://x.com/isla_slackwater")
  const answer = await ask(replica, $("[data-testid=UserUrl]").attr("href") ?? "")
  expect(answer.headers.location).toBe(`https://${$("[data-testid=UserUrl]").text()}/`)
})

test("a post has a page under its own number", async () => {
  const $ = await pageAt(replica, "https://x.com/isla_slackwater")
  const link = $("[data-testid=User-Name] a[href*='/isla_slackwater/status/']").first().attr("href") ?? ""
  const post = await pageAt(replica, `https://x.com${link}`)
  expect(post("article[data-testid=tweet]")).toHaveLength(1)
})
