import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import {
  type ImportedLead,
  type LeadFile,
  type LeadFileOptions,
  openLeadFile,
  type RowResult,
} from "../../../src/leads/import/lead-file.ts"

/** The path of a sample export. */
export function fixture(name: string): string {
  return join(import.meta.dirname, "fixtures", name)
}

/** Writes a file that is gone after the test. */
export async function temporaryFile(content: string | Uint8Array, name = "leads.csv"): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "giant-import-"))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

export async function opened(path: string, options: LeadFileOptions = {}): Promise<LeadFile> {
  const file = await openLeadFile(path, options)
  if (file.kind === "refused") throw new Error(`${file.code}: ${file.message}`)
  return file
}

export async function rowsOf(file: LeadFile): Promise<RowResult[]> {
  return (await Array.fromAsync(file.rows)).flat()
}

export async function leadsOf(path: string, options: LeadFileOptions = {}): Promise<ImportedLead[]> {
  const rows = await rowsOf(await opened(path, options))
  return rows.flatMap((row) => (row.kind === "lead" ? [row.lead] : []))
}

export async function refusalsOf(path: string) {
  const rows = await rowsOf(await opened(path))
  return rows.flatMap((row) => (row.kind === "refused" ? [row] : []))
}
