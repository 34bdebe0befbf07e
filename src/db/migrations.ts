import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type MigrationMeta, readMigrationFiles } from "drizzle-orm/migrator"
import type { Engine } from "./engine.ts"

/** A folder with the migrations of each engine in one of its name: those of this version, unless another program is played. */
export const ownMigrations = fileURLToPath(new URL("../../migrations", import.meta.url))

/** The migrations of an engine, the first one first. */
export function migrationsIn(folder: string, engine: Engine): MigrationMeta[] {
  return readMigrationFiles({ migrationsFolder: join(folder, engine) })
}
