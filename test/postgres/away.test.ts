import { setTimeout as sleep } from "node:timers/promises"
import { sql } from "drizzle-orm"
import { expect, test } from "vitest"
import { placeOf } from "../../src/db/place.ts"
import { openStore } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { newFolder, serverUrl } from "./databases.ts"
import { postgresPrograms, startPostgres } from "./server.ts"

test.runIf(serverUrl && postgresPrograms())(
  "a server that crashes again and again costs nothing but time: what was acknowledged is there, once, and nobody saw an error",
  async () => {
    const server = await startPostgres({ isDurable: true })
    const url = await server.newDatabase()
    const stores = [1, 2].map(() => openStore(placeOf(url, newFolder())))
    await Promise.all(stores.map((store) => store.opened()))
    const at = new Date().toISOString()
    const acknowledged: string[] = []
    let isOver = false
    const write = async (machine: number, writer: number) => {
      for (let n = 0; !isOver; n += 1) {
        const name = `${machine} ${writer} ${n}`
        await stores[machine]?.change({ actor: "human:ada", kind: "edit" }, (db) =>
          db.insert(tables.leads).values({ name, createdAt: at, updatedAt: at }),
        )
        acknowledged.push(name)
      }
    }
    const writing = [0, 1].flatMap((machine) => [0, 1, 2].map((writer) => write(machine, writer)))
    const written = (more: number) => expect.poll(() => acknowledged.length).toBeGreaterThan(more)
    for (let crashes = 0; crashes < 4; crashes += 1) {
      await written(acknowledged.length + 20)
      await server.stop("immediate")
      await sleep(200)
      await server.start()
    }
    await written(acknowledged.length + 20)
    isOver = true
    await Promise.all(writing)
    const rows = (await stores[0]?.rows<{ name: string }>(sql`SELECT name FROM leads`)) ?? []
    expect(rows.map(({ name }) => name).toSorted()).toEqual(acknowledged.toSorted())
    await Promise.all(stores.map((store) => store.close()))
    await server.remove()
  },
)
