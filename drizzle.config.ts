import { defineConfig } from "drizzle-kit"

const isPostgres = process.env.GIANT_ENGINE === "postgres"

export default defineConfig({
  dialect: isPostgres ? "postgresql" : "sqlite",
  schema: "./src/db/schema.ts",
  out: isPostgres ? "./migrations/postgres" : "./migrations/sqlite",
})
