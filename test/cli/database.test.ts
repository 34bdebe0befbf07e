import { existsSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { giantHere, newHome } from "./giant.ts"

const secret = "s3cret"

function refusesClearly(ended: { code: number | null; out: string; err: string }, words: RegExp) {
  expect(ended.code).toBe(1)
  expect(ended.err).toMatch(words)
  expect(ended.err.trim().split("\n").length).toBeLessThanOrEqual(2)
  expect(ended.out + ended.err).not.toContain(secret)
}

test.each([
  ["mysql://ada:s3cret@db.example/leads", /not one of Postgres/],
  ["postgres://ada:s3cret@[/leads", /not one of Postgres/],
  ["postgres://ada:s3cret@127.0.0.1:1/leads", /No Postgres answers at postgres:\/\/127\.0\.0\.1:1\/leads/],
])("a database URL that cannot be used is refused in a sentence, without its password", async (url, words) => {
  const home = newHome()
  refusesClearly(await giantHere(["leads", "--home", home], { GIANT_DATABASE_URL: url }), words)
  expect(existsSync(join(home, "giant.db"))).toBe(false)
  writeFileSync(join(home, "secrets.json"), JSON.stringify({ database: url }), { mode: 0o600 })
  refusesClearly(await giantHere(["leads", "--home", home]), words)
  expect(existsSync(join(home, "giant.db"))).toBe(false)
})

test("a home is moved into another file, which holds the same, and not where one is already", async () => {
  const home = newHome()
  writeFileSync(join(home, "leads.csv"), "name,email\nMira Holm,mira@holm.example\n")
  await giantHere(["import", join(home, "leads.csv"), "--home", home])
  const to = join(home, "elsewhere.db")
  const { out } = await giantHere(["move", "--to", to, "--home", home])
  expect(out).toMatch(/rows? moved to .*elsewhere\.db, every one compared/)
  const own = join(home, "giant.db")
  expect(out).toContain(`The home works in ${own} as before.`)
  expect(out).toContain(`To work in the new file instead: move ${own} away, move ${to} to ${own}.`)
  expect(readdirSync(home).filter((name) => name.includes("moving"))).toEqual([])
  refusesClearly(await giantHere(["move", "--to", to, "--home", home]), /holds another home already/)
  refusesClearly(await giantHere(["move", "--to", join(home, "giant.db"), "--home", home]), /is there already/)
  refusesClearly(
    await giantHere(["move", "--to", `postgres://ada:${secret}@127.0.0.1:1/leads`, "--home", home]),
    /No Postgres answers/,
  )
})
