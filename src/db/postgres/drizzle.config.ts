import { defineConfig } from "drizzle-kit"

// Read by the schema, which is loaded after this.
process.env.GIANT_ENGINE = "postgres"

export default defineConfig({
  dialect: "postgresql",
  schema: "./src/db/schema.ts",
  out: "./migrations/postgres",
})
