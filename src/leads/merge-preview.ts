import type { Json } from "../db/json.ts"
import type { Store } from "../db/store.ts"
import { everyField, isBetter, sideOf } from "./merge.ts"
import { isSame, rowOf } from "./values.ts"

/** What two leads have for a field, and whose stays; `both` where they say the same. */
export type MergedField = { field: string; kept: Json; dropped: Json; stays: "kept" | "dropped" | "both" }
export type MergePreview =
  | { kind: "preview"; keep: number; drop: number; names: { keep: string; drop: string }; fields: MergedField[] }
  | { kind: "refused"; reason: string }

/** What `mergeLeads` would make of two leads; nothing is written. Throws EntityNotFound. */
export async function previewMerge(store: Store, keep: number, drop: number): Promise<MergePreview> {
  return store.read(async (db): Promise<MergePreview> => {
    const [kept, dropped] = [
      await rowOf(db, { entity: "lead", id: keep }),
      await rowOf(db, { entity: "lead", id: drop }),
    ]
    if (kept.id === dropped.id) return { kind: "refused", reason: `They are one lead already: ${kept.id}.` }
    const fields: MergedField[] = []
    for (const field of everyField("lead", kept, dropped)) {
      const mine = await sideOf(db, "lead", kept, field)
      const theirs = await sideOf(db, "lead", dropped, field)
      if (isNothing(mine.value) && isNothing(theirs.value)) continue
      const isOne = isSame(mine.value, theirs.value)
      const stays = isOne ? "both" : isBetter(theirs, mine, field) ? "dropped" : "kept"
      fields.push({ field: field.name, kept: mine.value, dropped: theirs.value, stays })
    }
    const names = { keep: nameOf(kept), drop: nameOf(dropped) }
    return { kind: "preview", keep: kept.id, drop: dropped.id, names, fields }
  })
}

function isNothing(value: Json): boolean {
  return value === null || value === ""
}

function nameOf({ id, name, email }: { id: number; name?: unknown; email?: unknown }): string {
  return String(name || email || `Lead ${id}`)
}
