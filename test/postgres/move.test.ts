import { existsSync } from "node:fs"
import { join } from "node:path"
import { sql } from "drizzle-orm"
import { describe, expect, test } from "vitest"
import { placeOf } from "../../src/db/place.ts"
import { openStore } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { digestsOf } from "../../src/db/transfer.ts"
import { moveHome } from "../../src/leads/move.ts"
import { at, everything, importedLead } from "../leads/fixture.ts"
import { liveHistory } from "../soak/history.ts"
import { asSuperuser, newFolder, newPlace, serverUrl } from "./databases.ts"

const clock = () => new Date(at)
const here = () => placeOf(join(newFolder(), "giant.db"))

describe.runIf(serverUrl)("moving a home", () => {
  test("a home that has seen much is the same on Postgres, and back in a file again, byte for byte", async () => {
    const [there, back] = [await newPlace(), here()]
    await liveHistory({
      steps: 60,
      seed: 23,
      open: openStore,
      async atEnd(store) {
        const before = await everything(store)
        const moved = await moveHome(store, there, clock)
        expect(moved.kind).toBe("moved")
        const moving = openStore(there, clock)
        expect(await everything(moving)).toEqual(before)
        expect((await moveHome(moving, back, clock)).kind).toBe("moved")
        const again = openStore(back, clock)
        expect(await Array.fromAsync(digestsOf(again))).toEqual(moved.kind === "moved" && moved.tables)
        // Ids go on where they were, also where the highest were taken back.
        const next = await Promise.all([store, moving, again].map((one) => importedLead(one, { name: "Next" })))
        expect(new Set(next).size).toBe(1)
        await Promise.all([moving.close(), again.close()])
      },
    })
  })

  test("bytes, numbers and every script come over as they are", async () => {
    const [from, there] = [openStore(here(), clock), await newPlace()]
    await from.write((db) =>
      db.insert(tables.questions).values({
        ...{ runId: 1, calls: [], api: "a", seal: "s", createdAt: at },
        snapshot: Buffer.from([0, 1, 2, 255, 92, 39]),
      }),
    )
    await importedLead(from, { name: "山田 \\ 'x' \"y\" {z} 🚀\n\t", value: 0.1, custom: { a: [1, null], b: "ü" } })
    expect((await moveHome(from, there, clock)).kind).toBe("moved")
    const store = openStore(there, clock)
    const [question] = await store.read((db) => db.select().from(tables.questions))
    expect(question?.snapshot).toEqual(Buffer.from([0, 1, 2, 255, 92, 39]))
    expect(await everything(store)).toEqual(await everything(from))
    await Promise.all([from.close(), store.close()])
  })

  test("a target that holds another home is refused and left as it was", async () => {
    const [from, there] = [openStore(here(), clock), await newPlace()]
    await importedLead(from, { name: "Mine" })
    const other = openStore(there, clock)
    await importedLead(other, { name: "Theirs" })
    expect(await moveHome(from, there, clock)).toMatchObject({
      kind: "in-use",
      tables: expect.arrayContaining(["leads"]),
    })
    expect(await other.rows(sql`SELECT name FROM leads`)).toEqual([{ name: "Theirs" }])
    const path = here()
    await openStore(path, clock).close()
    expect((await moveHome(other, path, clock)).kind).toBe("in-use")
    await Promise.all([from.close(), other.close()])
  })

  test("a move that was cut off leaves a database that nobody works in, and the next one finishes it", async () => {
    const [from, there] = [openStore(here(), clock), await newPlace()]
    await importedLead(from, { name: "Mine" })
    await expect(
      moveHome(from, there, clock, ({ table }) => {
        if (table === "facts") throw new Error("The machine went off.")
      }),
    ).rejects.toThrow("went off")
    const half = openStore(there, clock)
    await expect(half.opened()).rejects.toThrow(/only a part of it is there/)
    await half.close()
    expect((await moveHome(from, there, clock)).kind).toBe("moved")
    const store = openStore(there, clock)
    expect(await everything(store)).toEqual(await everything(from))
    const back = placeOf(join(newFolder(), "giant.db"))
    await expect(
      moveHome(store, back, clock, () => {
        throw new Error("The machine went off.")
      }),
    ).rejects.toThrow("went off")
    expect(existsSync(back.engine === "sqlite" ? back.path : "")).toBe(false)
    await Promise.all([from.close(), store.close()])
  })

  test("what is written meanwhile is not lost: the move is given up and says where", async () => {
    const [from, there] = [openStore(here(), clock), await newPlace()]
    await importedLead(from, { name: "Mine" })
    let late: Promise<number> | null = null
    const moved = await moveHome(from, there, clock, () => {
      late ??= importedLead(from, { name: "Late" })
    })
    await late
    expect(moved).toMatchObject({ kind: "changed", tables: expect.arrayContaining(["leads"]) })
    await from.close()
  })
})

describe.runIf(serverUrl)("a connection that is lost", () => {
  test("takes nothing away and does nothing twice", async () => {
    const place = await newPlace()
    const store = openStore(place, clock)
    await store.opened()
    const author = { actor: "human:ada", kind: "edit" }
    const writing = Array.from({ length: 300 }, (_, i) =>
      store.change(author, async (db) => {
        const lead = { name: `Lead ${i}`, createdAt: at, updatedAt: at }
        const [row] = await db.insert(tables.leads).values(lead).returning({ id: tables.leads.id })
        return row?.id ?? 0
      }),
    )
    const cut = async () => {
      for (let i = 0; i < 8; i += 1) {
        await asSuperuser(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
          place.url,
        )
        await new Promise((resolve) => setTimeout(resolve, 60))
      }
    }
    const [ids] = await Promise.all([Promise.all(writing), cut()])
    expect(new Set(ids).size).toBe(300)
    const rows = await store.rows<{ id: number; name: string }>(sql`SELECT id, name FROM leads ORDER BY id`)
    expect(rows.map(({ name }) => name).toSorted()).toEqual(ids.map((_, i) => `Lead ${i}`).toSorted())
    expect(rows.map(({ id }) => id)).toEqual([...ids].sort((a, b) => a - b))
    await store.close()
  })
})
