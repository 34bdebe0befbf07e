import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { giantHere as giant, giantJson as jsonOf, newHome, rowsAlready, rowsOf, startGiant } from "./giant.ts"

const giantJson = (args: string[]) => jsonOf(args, giant)

async function homeWith(lines: string[]): Promise<string> {
  const home = newHome()
  const file = join(home, "leads.csv")
  writeFileSync(file, `${lines.join("\n")}\n`)
  await giantJson(["import", file, "--home", home])
  return home
}

test("two who were told apart are not listed again, until that is undone", async () => {
  const home = await homeWith([
    "Name,Email,Company",
    "Mira Holm,mira@fjord.example,Fjord Labs",
    "Mira Halm,m.halm@fjord.example,Fjord Labs",
  ])
  const pairs = async () => (await giantJson(["duplicates", "--home", home])).pairs
  expect(await pairs()).toMatchObject([{ keep: { id: 1 }, drop: { id: 2 } }])
  const { changeset } = await giantJson(["duplicates", "apart", "1", "2", "--home", home])
  expect(await pairs()).toEqual([])
  const again = await giant(["duplicates", "apart", "2", "1", "--home", home])
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining("It is known already that 1 and 2 are two") })
  await giantJson(["undo", `changeset:${changeset}`, "--home", home])
  expect(await pairs()).toHaveLength(1)
})

test("one change is undone by its number, as the history tells it", async () => {
  const home = await homeWith(["Name,Email,Company,Title", "Mira Holm,mira@fjord.example,Fjord Labs,CTO"])
  const { history } = await giantJson(["history", "mira@fjord.example", "--home", home])
  expect(history.map(({ table }: { table: string }) => table)).toEqual(expect.arrayContaining(["leads", "identities"]))
  const address = history.find(({ table }: { table: string }) => table === "identities")
  await giantJson(["undo", `change:${address.change}`, "--home", home])
  expect(rowsOf(home, "SELECT value FROM identities WHERE lead_id IS NOT NULL")).toEqual([])
  expect(rowsOf(home, "SELECT name FROM leads")).toEqual([{ name: "Mira Holm" }])
  expect((await giant(["undo", "change:999", "--home", home])).err).toContain("There is no change 999")
})

test("an import that is interrupted says how much of it stays, and the same command goes on", async () => {
  const home = newHome()
  const file = join(home, "many.csv")
  const rows = 30_000
  const lines = Array.from({ length: rows }, (_, i) => `Ada Brook ${i},ada.${i}@brook${i % 90}.example,Brook ${i % 90}`)
  writeFileSync(file, `Name,Email,Company\n${lines.join("\n")}\n`)
  const importing = startGiant(["import", file, "--home", home])
  await importing.until(() => rowsAlready(home, "SELECT id FROM leads LIMIT 1") > 0)
  importing.child.kill("SIGINT")
  const ended = await importing.ended
  expect(ended).toMatchObject({ code: 130, out: expect.stringContaining("The same command goes on from there") })
  const made = Number(rowsOf(home, "SELECT count(*) AS n FROM leads")[0]?.n)
  expect(made).toBeLessThan(rows)
  expect(ended.out).toContain(`${made.toLocaleString("en")} leads made`)
  expect(await giantJson(["import", file, "--home", home])).toMatchObject({
    leads_made: rows - made,
    unchanged: made,
    interrupted: false,
  })
})
