import { readFileSync } from "node:fs"
import { userInfo } from "node:os"
import { join } from "node:path"
import { beforeEach, expect, test } from "vitest"
import type { Io } from "../../src/cli/io.ts"
import { runProgram } from "../../src/cli/program.ts"
import { openStore } from "../../src/db/store.ts"
import { useLink } from "../../src/team/sessions.ts"
import { newHome, rowsOf } from "./giant.ts"

const now = new Date("2026-11-18T12:00:00.000Z")

let home: string
let out = ""
let asked: string[] = []

beforeEach(() => {
  home = newHome()
  out = ""
  asked = []
})

/** A person at a terminal, who types this when asked; null for a pipe. */
function person(types: string | null): Io {
  return {
    environment: {},
    out: (text) => {
      out += text
    },
    err: () => {},
    isTerminal: false,
    isInteractive: types !== null,
    width: 100,
    ask: async (question) => {
      asked.push(question)
      return types ?? ""
    },
    clock: () => now,
    signal: new AbortController().signal,
  }
}

const giant = (types: string | null, ...args: string[]) => runProgram(person(types), [...args, "--home", home])

test("somebody joins the team by a word that a person types, and gets a link that works once", async () => {
  await giant("member", "users", "add", "Ines Vance")
  await giant("link", "users", "link", "Ines Vance", "--url", "https://crm.example/")
  const [link = ""] = /https:\/\/crm\.example\/sign-in#[\w-]{43}/.exec(out) ?? []
  const store = openStore(join(home, "giant.db"))
  const secret = link.split("#")[1] ?? ""
  expect(await useLink(store, secret, now)).toMatchObject({ name: "Ines Vance", role: "member" })
  expect(await useLink(store, secret, now)).toBeNull()
  await store.close()
  expect(readFileSync(join(home, "giant.db"), "latin1")).not.toContain(secret)
  await giant(null, "users")
  expect(out).toMatch(/Ines Vance\s+member/)
})

test("without a person, or with another word, nobody joins, rises, leaves or is let in", async () => {
  const tries = [
    ["users", "add", "Mallory", "--role", "admin"],
    ["users", "link", "Ines", "--url", "https://crm.example"],
    ["users", "remove", "Ines"],
  ]
  await giant("member", "users", "add", "Ines")
  for (const args of tries) {
    await expect(giant(null, ...args)).rejects.toMatchObject({ code: "needs_person" })
    await expect(giant("yes", ...args)).rejects.toMatchObject({ code: "not_confirmed" })
  }
  expect(rowsOf(home, "SELECT name, role FROM users WHERE removed_at IS NULL")).toEqual([
    { name: "Ines", role: "member" },
  ])
  expect(rowsOf(home, "SELECT id FROM sessions")).toEqual([])
})

test("a name that would break a line or a terminal is refused", async () => {
  for (const name of ["", " ", "a\nb", "\u001b[31mred", "<b>", "x".repeat(64)]) {
    await expect(giant("member", "users", "add", name)).rejects.toMatchObject({ code: "refused" })
  }
})

test("a link needs an address that begins with https", async () => {
  await giant("member", "users", "add", "Ines")
  await expect(giant("link", "users", "link", "Ines")).rejects.toMatchObject({ code: "no_address" })
  await expect(giant("link", "users", "link", "Ines", "--url", "http://crm.example")).rejects.toMatchObject({
    code: "usage",
  })
})

test("what this machine's user does is done by whom the team knows by that name", async () => {
  await giant("admin", "users", "add", "Ada Vance", "--role", "admin", "--system-name", userInfo().username)
  await giant("member", "users", "add", "Bo")
  expect(rowsOf(home, "SELECT actor FROM changesets ORDER BY id DESC LIMIT 1")).toEqual([{ actor: "human:Ada Vance" }])
})

test("statistics are the same numbers in a terminal and as JSON", async () => {
  await giant(null, "stats")
  expect(out).toContain("0 leads, 0 companies")
  out = ""
  await giant(null, "stats", "--json")
  expect(JSON.parse(out)).toMatchObject({ leads: 0, at: now.toISOString(), season: { goal: 25 } })
})
