import { expect, test } from "vitest"
import { adapterFor } from "../../../src/browser/sites/route.ts"

test.each([
  [
    "https://www.linkedin.com/in/Maren-Halloway?trk=x",
    "linkedin.profile",
    "https://www.linkedin.com/in/maren-halloway/",
  ],
  ["http://ke.linkedin.com/in/wanjiru/en", "linkedin.profile", "https://www.linkedin.com/in/wanjiru/"],
  [
    "https://www.linkedin.com/in/jörn/details/experience/",
    "linkedin.profile",
    "https://www.linkedin.com/in/j%C3%B6rn/",
  ],
  ["https://linkedin.com/company/kumo-tofu", "linkedin.company", "https://www.linkedin.com/company/kumo-tofu/"],
  ["https://linkedin.com/company/kumo/about/?x=1", "linkedin.company", "https://www.linkedin.com/company/kumo/about/"],
  [
    "https://linkedin.com/in/ned/recent-activity/",
    "linkedin.posts",
    "https://www.linkedin.com/in/ned/recent-activity/all/",
  ],
  [
    "https://www.linkedin.com/feed/update/urn:li:activity:7390000000000000000",
    "linkedin.posts",
    "https://www.linkedin.com/feed/update/urn:li:activity:7390000000000000000/",
  ],
  [
    "https://www.linkedin.com/search/results/people/?keywords=cold%20chain&origin=X",
    "linkedin.search",
    "https://www.linkedin.com/search/results/people/?keywords=cold+chain",
  ],
  ["https://twitter.com/Maren_Cold?s=20", "x.profile", "https://x.com/maren_cold"],
  ["https://x.com/maren_cold/status/42?s=1", "x.posts", "https://x.com/maren_cold/status/42"],
  ["https://x.com/search?q=cold&src=typed&f=user", "x.search", "https://x.com/search?q=cold&f=user"],
  ["https://www.northlight.example/team?x=1#top", "company.site", "https://www.northlight.example/team?x=1"],
  ["https://northlight.example/blog", "company.site", "https://northlight.example/blog"],
  ["https://northlight.example/blog/cold-chains?p=2#x", "web.page", "https://northlight.example/blog/cold-chains?p=2"],
  ["https://northlight.example/2026/05/cold", "web.page", "https://northlight.example/2026/05/cold"],
  ["https://github.com/northlight", "web.page", "https://github.com/northlight"],
  ["https://github.com/", "company.site", "https://github.com/"],
  ["http://linkedin.com.northlight.example/in/x", "company.site", "http://linkedin.com.northlight.example/in/x"],
])("%s is read as %s at %s", (address, page, opened) => {
  const adapter = adapterFor(address)
  expect(adapter?.page).toBe(page)
  expect(adapter?.address(new URL(address))).toBe(opened)
})

test.each([
  "not an address",
  "ftp://northlight.example/",
  "file:///etc/passwd",
  "javascript:alert(1)",
  "https://user:secret@northlight.example/",
  "https://northlight.example:8443/",
  "http://127.0.0.1/",
  "http://2130706433/",
  "http://[::1]/",
  "http://localhost/",
  "http://intranet/",
  "http://printer.local/",
  "http://metadata.internal/",
  "https://northlight.example./",
  "https://www.linkedin.com/feed/",
  "https://www.linkedin.com/messaging/",
  "https://x.com/home",
  "https://x.com/i/flow/login",
  "https://business.x.com/en",
])("%s is read by nobody", (address) => {
  expect(adapterFor(address)).toBeNull()
})

test("a company's site may speak to its own domain alone, and LinkedIn to its own and its content's", () => {
  const company = new URL("https://shop.northlight.co.uk/")
  expect(adapterFor(company.href)?.hosts(company)).toEqual(["northlight.co.uk", "*.northlight.co.uk"])
  const profile = new URL("https://www.linkedin.com/in/ned/")
  expect(adapterFor(profile.href)?.hosts(profile)).toEqual(["www.linkedin.com", "*.linkedin.com", "*.licdn.com"])
})
