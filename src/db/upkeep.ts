import { checkDatabase } from "./check.ts"
import { eraseFile } from "./erasure.ts"

/** What the engine says of its database. `problems` is empty where it is whole. */
export type EngineCheck = {
  /** Its name and version, and how it is set up. */
  engine: string
  problems: string[]
  /** What to do about them. */
  restore: string
}

/** Whether nothing is left. `busy`: somebody else reads old pages, so that they still stand there. */
export type Erased = { kind: "erased" } | { kind: "busy" }

/** Keeping a database in order. */
export type Upkeep = {
  /** Looks at every page and index. Takes seconds for a gigabyte. */
  check(): Promise<EngineCheck>
  /** Writes the whole database anew, without what deleted rows left in it. Takes as long as copying it, and as much room. */
  erase(): Promise<Erased>
}

export function fileUpkeep(path: string): Upkeep {
  return { check: async () => checkDatabase(path), erase: async () => eraseFile(path) }
}
