import { describe } from "vitest"

// What asks the most of the engine, on a Postgres within this process; all the rest runs on a server (GIANT_TEST_DATABASE_URL). One file,
// for the start of a PGlite takes seconds.
describe("the store", async () => void (await import("../db/store.test.ts")))
describe("the tables", async () => void (await import("./tables.ts")))
describe("jotting", async () => void (await import("../db/jot.test.ts")))
describe("migrations", async () => void (await import("../db/migrations.test.ts")))
describe("one history on both engines", async () => void (await import("./same-history.ts")))
describe("learning", async () => void (await import("../leads/learn.test.ts")))
describe("undo", async () => void (await import("../leads/undo.test.ts")))
describe("tasks", async () => void (await import("../harness/tasks.test.ts")))
