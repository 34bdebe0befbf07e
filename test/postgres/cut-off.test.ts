import { setTimeout as sleep } from "node:timers/promises"
import { sql } from "drizzle-orm"
import { afterEach, describe, expect, test } from "vitest"
import { ownMigrations } from "../../src/db/migrations.ts"
import { openServer } from "../../src/db/postgres/server.ts"
import { openPostgresStore } from "../../src/db/postgres/store.ts"
import { openStore, type Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { type Cable, layCable } from "./cable.ts"
import { asSuperuser, newFolder, newPlace, serverUrl } from "./databases.ts"

const at = "2026-11-01T09:00:00.000Z"
const human = { actor: "human:ada", kind: "edit" }
/** Nobody looks by themselves for so long, in milliseconds: who wakes was told. */
const long = 600_000
const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A machine with the server at the other end of a cable, which loses patience soon. */
async function twoMachines(): Promise<{ near: Store; far: Store; cable: Cable; url: string }> {
  const place = await newPlace()
  const near = openStore(place)
  const cable = await layCable(place.url)
  const times = { connect: 3_000, silence: 3_000, idle: 1_000, lock: 5_000, pulse: 300 }
  const far = openPostgresStore(openServer(cable.url, times), {
    ...{ place, home: newFolder(), user: "giant", clock: () => new Date(), isReadOnly: false },
    migrations: ownMigrations,
  })
  await near.opened()
  await far.opened()
  closing.push(cable.close, near.close, far.close)
  return { near, far, cable, url: place.url }
}

const add = (store: Store, name: string) =>
  store.change(human, (db) => db.insert(tables.leads).values({ name, createdAt: at, updatedAt: at }))
const names = async (store: Store) =>
  (await store.rows<{ name: string }>(sql`SELECT name FROM leads ORDER BY id`)).map(({ name }) => name)

/** Whether something was heard; the first time only that one listens. */
function ears(store: Store): { next(): Promise<boolean>; heard(): number } {
  let heard = 0
  return {
    heard: () => heard,
    async next() {
      await store.news(long)
      heard += 1
      return true
    },
  }
}

describe.runIf(serverUrl)("news of commits", () => {
  test("what another connection commits is heard, and nothing where nothing was committed", async () => {
    const { near, far } = await twoMachines()
    const listening = ears(far)
    await listening.next()
    const next = listening.next()
    await sleep(400)
    expect(listening.heard()).toBe(1)
    await add(near, "Ada")
    expect(await next).toBe(true)
    expect(await names(far)).toEqual(["Ada"])
  })

  test("a listener whose connection was ended listens again, and misses nothing of the time between", async () => {
    const { near, far, url } = await twoMachines()
    const listening = ears(far)
    await listening.next()
    const next = listening.next()
    await asSuperuser("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'", url)
    await add(near, "Ada")
    expect(await next).toBe(true)
    const after = listening.next()
    await add(near, "Ben")
    expect(await after).toBe(true)
    expect(await names(far)).toEqual(["Ada", "Ben"])
  })

  test("so does one whose cable was pulled, which is told of no end", async () => {
    const { near, far, cable } = await twoMachines()
    const listening = ears(far)
    await listening.next()
    const next = listening.next()
    cable.pull()
    await add(near, "Ada")
    cable.plug()
    expect(await next).toBe(true)
    expect(await names(far)).toEqual(["Ada"])
  })
})

describe.runIf(serverUrl)("a machine that falls silent in the middle of a change", () => {
  test("holds up the others for no longer than the server waits, and its change is done once when it is back", async () => {
    const { near, far, cable } = await twoMachines()
    const silent = Promise.withResolvers<void>()
    let tries = 0
    const changing = far.change(human, async (db) => {
      tries += 1
      await db.insert(tables.leads).values({ name: "Far", createdAt: at, updatedAt: at })
      if (tries > 1) return
      cable.pull()
      silent.resolve()
      await db.insert(tables.leads).values({ name: "Far too", createdAt: at, updatedAt: at })
    })
    await silent.promise
    await add(near, "Near")
    expect(await names(near)).toEqual(["Near"])
    cable.plug()
    await changing
    expect([tries, await names(near)]).toEqual([2, ["Near", "Far"]])
  })
})
