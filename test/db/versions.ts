import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ownMigrations } from "../../src/db/migrations.ts"

/** The migrations of a version to come: this one's, and one more of these statements, for each engine. */
export function versionWith(statements: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "giant-versions-"))
  for (const engine of ["sqlite", "postgres"]) {
    mkdirSync(join(folder, engine, "meta"), { recursive: true })
    cpSync(join(ownMigrations, engine, "0000_first.sql"), join(folder, engine, "0000_first.sql"))
    writeFileSync(join(folder, engine, "0001_more.sql"), statements.join(";\n--> statement-breakpoint\n"))
    const entries = ["0000_first", "0001_more"].map((tag, idx) => ({
      ...{ idx, tag, version: "7", when: idx + 1, breakpoints: true },
    }))
    writeFileSync(join(folder, engine, "meta", "_journal.json"), JSON.stringify({ version: "7", entries }))
  }
  return folder
}
