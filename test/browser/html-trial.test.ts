import { afterAll, expect, test } from "vitest"
import { openHtmlTrials } from "../../src/browser/html-trial.ts"
import { trialOf } from "../../src/views/trial.ts"
import { testChromium } from "../chromium.ts"

const trials = openHtmlTrials(testChromium)
afterAll(() => trials.close())

const rows = [{ lead_id: 1, name: "Ines Vance" }]
const answers = { all: { kind: "rows" as const, columns: ["lead_id", "name"], rows, isCut: false, reads: ["leads"] } }
const tried = (html: string) => trials.try(trialOf(html, answers))

test("a page that shows its rows has nothing wrong with it", async () => {
  const html = `<ul id="list"></ul><script>
view.rows("all").then((rows) => { for (const { name } of rows) list.append(Object.assign(document.createElement("li"), { textContent: name })) })
view.changed(() => {}); view.keep({ seen: 1 })</script>`
  expect(await tried(html)).toEqual([])
  expect(await tried(`<!doctype html><html><head><title>x</title></head><body>${html}</body></html>`)).toEqual([])
})

test.each([
  ["a mistake in a script", "<p>x</p><script>const a = ;</script>", /Unexpected token/],
  ["something that is not there", "<p>x</p><script>nothing.there()</script>", /nothing is not defined/],
  ["a promise that nobody catches", '<p>x</p><script>view.rows("alll").then(() => {})</script>', /no query alll/],
  [
    "a script from elsewhere",
    '<p>x</p><script src="https://cdn.example/x.js"></script>',
    /Content Security Policy|nothing is loaded/,
  ],
  [
    "an image from elsewhere",
    '<p>x</p><img src="https://cdn.example/x.png">',
    /Content Security Policy|nothing is loaded/,
  ],
  ["a loop that never ends", "<p>x</p><script>for (;;);</script>", /does not answer/],
  ["nothing to see", "<script>1</script>", /shows nothing/],
])("%s is said", async (_, html, words) => {
  expect((await tried(html)).join("\n")).toMatch(words)
})
