import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { openStore } from "../../src/db/store.ts"
import { editValue } from "../../src/leads/edit.ts"
import { learn } from "../../src/leads/learn.ts"
import { addReminder } from "../../src/leads/reminders.ts"
import { later, profilePage } from "../leads/fixture.ts"
import { giantHere as giant, giantJson as jsonOf, newHome, rowsOf } from "./giant.ts"

const giantJson = (args: string[]) => jsonOf(args, giant)
const agent = { actor: "agent:enricher", kind: "run" }

async function homeWithMira(): Promise<string> {
  const home = newHome()
  const file = join(home, "leads.csv")
  writeFileSync(file, "Name,LinkedIn,Title\nMira Holm,https://www.linkedin.com/in/mira-holm,Analyst\n")
  await giantJson(["import", file, "--home", home])
  return home
}

test("a suggestion is listed with what stands there now, and accepted, replaced or turned down by its number", async () => {
  const home = await homeWithMira()
  const store = openStore(join(home, "giant.db"))
  const mira = { entity: "lead", id: 1 } as const
  for (const field of ["title", "company", "location"]) {
    await editValue(store, { actor: "human:ada", kind: "edit" }, mira, { field, value: `Ada's ${field}` }, later)
  }
  const evidence = await profilePage(store, {
    url: "https://www.linkedin.com/in/mira-holm",
    text: "Mira Holm, Head of Data at Northwind Robotics, Oslo",
    fields: { title: "Head of Data", company: "Northwind Robotics", location: "Oslo" },
    quotes: { title: "Head of Data", company: "Northwind Robotics", location: "Oslo" },
  })
  const claims = [
    { field: "title", value: "Head of Data", evidence },
    { field: "company", value: "Northwind Robotics", evidence },
    { field: "location", value: "Oslo", evidence },
  ]
  expect(await learn(store, agent, mira, claims, later)).toMatchObject(claims.map(() => ({ kind: "suggested" })))
  await store.close()

  const numberOf = (field: string) =>
    String(rowsOf(home, `SELECT id FROM facts WHERE state = 'suggested' AND field = '${field}'`)[0]?.id)
  const [title, company, location] = [numberOf("title"), numberOf("company"), numberOf("location")]
  const listed = await giant(["suggestions", "--home", home])
  expect(listed.out).toMatch(/Mira Holm \(lead 1\) .*title .*Ada's title .*Head of Data/)
  expect((await giantJson(["suggestions", "list", "--home", home])).suggestions).toHaveLength(3)

  expect((await giant(["suggestions", "accept", title, "--home", home])).out).toContain("it is the value now")
  expect((await giant(["suggestions", "edit", company, "Northwind", "--home", home])).code).toBe(0)
  expect((await giant(["suggestions", "reject", location, "--home", home])).out).toBe("Turned down.\n")
  expect(rowsOf(home, "SELECT title, company, location FROM leads")).toEqual([
    { title: "Head of Data", company: "Northwind", location: "Ada's location" },
  ])
  expect((await giantJson(["suggestions", "--home", home])).suggestions).toEqual([])
  const again = await giant(["suggestions", "accept", title, "--home", home])
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining("giant suggestions lists what waits") })
  expect((await giant(["suggestions", "reject", "two", "--home", home])).err).toContain("no number of a suggestion")
})

test("reminders that are due are listed, put off and done by their number; those of others only when asked for", async () => {
  const home = await homeWithMira()
  const [{ actor } = {}] = rowsOf(home, "SELECT actor FROM changesets")
  const store = openStore(join(home, "giant.db"))
  const remind = (text: string, dueAt: string, person = String(actor)) =>
    addReminder(store, { actor: person, kind: "edit" }, 1, { text, dueAt: new Date(dueAt), person }, later)
  const call = await remind("Call her back", "2020-01-02T09:00:00Z")
  const write = await remind("Write to her", "2999-01-02T09:00:00Z")
  await remind("Ask for a quote", "2020-01-03T09:00:00Z", "human:somebody-else")
  await store.close()
  const numbers = async (...options: string[]) => {
    const { reminders } = await giantJson(["reminders", ...options, "--home", home])
    return reminders.map(({ id }: { id: number }) => id)
  }
  expect((await giant(["reminders", "--home", home])).out).toMatch(/2020-01-02 09:00 .*Mira Holm \(1\) .*Call her back/)
  expect(await numbers()).toEqual([call])
  expect(await numbers("--all")).toEqual([call, write])
  expect(await numbers("--everybody")).toHaveLength(2)

  expect((await giant(["reminders", "snooze", String(call), "2", "--home", home])).out).toContain("Put off to")
  expect((await giant(["reminders", "--home", home])).out).toBe("Nothing is due.\n")
  expect((await giant(["reminders", "done", String(call), "--home", home])).out).toBe("Done.\n")
  expect(await numbers("--all")).toEqual([write])
  const gone = await giant(["reminders", "done", String(call), "--home", home])
  expect(gone).toMatchObject({ code: 1, err: expect.stringContaining(`No open reminder has the number ${call}`) })
  expect((await giant(["reminders", "snooze", String(write), "soon", "--home", home])).err).toContain(
    "no number of days",
  )
})
