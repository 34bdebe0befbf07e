import type { Browser } from "playwright"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Replica, startReplica } from "../../src/rehearsal/replica.ts"
import { startBrowser } from "../chromium.ts"

let replica: Replica
let browser: Browser
beforeAll(async () => {
  replica = await startReplica({ overlay: null })
  browser = await startBrowser([
    `--host-resolver-rules=MAP * 127.0.0.1:${replica.port}`,
    `--ignore-certificate-errors-spki-list=${replica.spki}`,
  ])
})
afterAll(async () => {
  await browser?.close()
  await replica?.close()
})

const experience = "main [componentkey$=ExperienceTopLevelSection]"

test("Experience comes when it is scrolled to inside the scroller, and not when the window is", async () => {
  const page = await browser.newPage()
  await page.goto("https://www.linkedin.com/in/isla-drummond-rae/")
  await page.evaluate(() => scrollTo(0, 100_000))
  await page.waitForTimeout(400)
  expect(await page.locator(experience).count()).toBe(0)
  await page.locator("[id^=profileCardsExperienceOnly]").scrollIntoViewIfNeeded()
  await page.locator(experience).waitFor()
  expect(await page.locator(experience).textContent()).toContain("Chief Technology Officer")
  await page.close()
})

test("pages run without an error and ask for nothing that the replica does not have", async () => {
  const page = await browser.newPage()
  const faults: string[] = []
  page.on("pageerror", (error) => faults.push(error.message))
  page.on("response", (response) => {
    if (response.status() >= 400) faults.push(response.url())
  })
  for (const address of [
    "https://www.linkedin.com/in/rana-almarzouqi-qanat/",
    "https://www.linkedin.com/company/loomwerk/",
    "https://x.com/isla_slackwater",
    "https://tidewright.example/",
  ]) {
    await page.goto(address)
  }
  expect(faults).toEqual([])
  expect(
    replica.requests().filter((request) => request.status >= 400 && !request.url.endsWith("/favicon.ico")),
  ).toEqual([])
  await page.close()
})

test("a form signs in, and the login wall is gone", async () => {
  const page = await browser.newPage()
  await page.goto("https://www.linkedin.com/in/leontyne-marsh-abara/")
  expect(new URL(page.url()).pathname).toBe("/authwall")
  await page.getByRole("link", { name: "Sign in" }).click()
  await page.getByLabel("Email or phone").fill("team@small.example")
  await page.getByLabel("Password").fill("replica")
  await page.getByRole("button", { name: "Sign in" }).click()
  await page.waitForURL("**/feed/")
  await page.goto("https://www.linkedin.com/in/leontyne-marsh-abara/")
  expect(await page.getByRole("heading", { name: "Leontyne Marsh-Abara" }).count()).toBe(1)
  await page.close()
})
