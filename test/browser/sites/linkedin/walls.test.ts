import { expect, test } from "vitest"
import { linkedinProfile } from "../../../../src/browser/sites/linkedin/profile/profile.ts"
import { capture } from "../fixture.ts"

const url = "https://www.linkedin.com/in/maren-halloway/"
const page = (body: string, head = "") => `<!DOCTYPE html><html><head>${head}</head><body>${body}</body></html>`
const pageKey = (key: string) => `<meta name="pageKey" content="${key}">`
const profile = page(
  '<main id="workspace"><div componentkey="com.linkedin.sdui.profile.card.refACoAA1Topcard"><h2>Maren Halloway</h2>' +
    "<p>· 2nd</p><p>I look for unusual activity</p></div></main>",
)

function read(html: string, more: { finalUrl?: string; status?: number } = {}) {
  return linkedinProfile.parse(capture(url, html, more))
}

test.each([
  ["/authwall?trk=x", "sign in"],
  ["/login/de?session_redirect=x", "sign in"],
  ["/uas/login", "sign in"],
  ["/signup/cold-join", "sign in"],
  ["/checkpoint/lg/login-submit", "security check"],
  ["/checkpoint/challenge/AgG", "security check"],
])("an answer from %s is blocked", (path, reason) => {
  const reading = read(page("<h1>Welcome</h1>"), { finalUrl: `https://www.linkedin.com${path}` })
  expect(reading).toMatchObject({ kind: "blocked", fields: {}, text: "" })
  expect(reading.reason).toContain(reason)
})

test.each([999, 429, 401, 403, 503])("status %i is blocked, even with a page in the answer", (status) => {
  expect(read(profile, { status }).kind).toBe("blocked")
})

test.each([
  [
    "an auth wall at the profile's address",
    page('<form class="authwall-join-form"></form>', pageKey("auth_wall_desktop_profile")),
  ],
  ["the guest home page at the profile's address", page("<h1>Welcome</h1>", pageKey("d_homepage-guest-home"))],
  ["a PIN challenge", page('<input name="pin" id="input__email_verification_pin">')],
  ["a visible captcha", page('<div id="captcha-internal"><iframe src="https://x.example/captcha"></iframe></div>')],
  ["a refresh without a body", page("", '<meta http-equiv="refresh" content="0; url=/x"><script>x()</script>')],
  ["a short page that says so", page("<p>Your account has been temporarily restricted</p>")],
])("%s is blocked", (_, html) => {
  expect(read(html).kind).toBe("blocked")
})

test("a captcha that nobody sees and words about restrictions do not block a profile", () => {
  const hidden = '<iframe src="https://x.example/captcha" style="position:absolute; left: -9999px"></iframe>'
  const badge = '<div class="grecaptcha-badge"><iframe src="https://x.example/recaptcha/anchor"></iframe></div>'
  const reading = read(profile.replace("</body>", `${hidden}${badge}</body>`))
  expect(reading).toMatchObject({ kind: "found", fields: { headline: "I look for unusual activity" } })
})

test.each([
  ["the signed-in page for what is not there", "https://www.linkedin.com/404/", page("<h1>Not here</h1>")],
  ["the guest page for what is not there", url, page('<h1 class="page-not-found__headline">Not here</h1>')],
])("%s is gone", (_, finalUrl, html) => {
  expect(read(html, { finalUrl }).kind).toBe("gone")
})

test("a page that is not recognised is drift and never an empty result", () => {
  expect(read(page("<main><p>Something new</p></main>"))).toMatchObject({ kind: "drift", fields: {} })
  expect(read(page("<h1>Other</h1>"), { finalUrl: "https://elsewhere.example/" }).kind).toBe("drift")
  expect(read("").kind).toBe("drift")
})
