import type { Command } from "commander"
import { eq } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { type UndoPlan, undoChangeset } from "../leads/undo.ts"
import { type HomeOptions, withHomeToLookAt } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { plainText } from "./table.ts"
import { count } from "./wording.ts"

export function undoCommand(program: Command, io: Io): void {
  program
    .command("undo")
    .summary("take back a run, an import or any other change")
    .description(
      "Puts every row back as it was before a run or changeset. What was changed again afterwards is kept and reported. An undo can itself be undone.",
    )
    .argument("<what>", "the number of a run (giant runs), or changeset:NUMBER or change:NUMBER (giant history)")
    .option("--dry-run", "only say what would be done")
    .action(async (what: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions & { dryRun?: boolean }>()
      await withHomeToLookAt(io, options, async ({ store, person }) => {
        const { changeset, change } = await findChanges(store, what)
        const result = await undoChangeset(store, { actor: person }, changeset, {
          preview: options.dryRun ?? false,
          ...(change === null ? {} : { change }),
        })
        if (result.kind === "refused") throw new CommandFailed("not_undone", result.reason, result.hint)
        if (options.json) return printJson(io, { dry_run: options.dryRun ?? false, ...result.plan })
        io.out(`${describe(result.plan, options.dryRun ?? false)}\n`)
      })
    })
}

type Changes = { changeset: number; change: number | null }

/** `change:12` is one change of a row, with the changeset that it belongs to; for anything else see `findChangeset`. */
async function findChanges(store: Store, what: string): Promise<Changes> {
  const change = Number(/^change:?(\d+)$/i.exec(what.trim())?.[1])
  if (Number.isNaN(change)) return { changeset: await findChangeset(store, what), change: null }
  const { changes } = tables
  const [found] = await store.read((db) =>
    db.select({ changeset: changes.changesetId }).from(changes).where(eq(changes.id, change)),
  )
  if (found) return { changeset: found.changeset, change }
  throw new CommandFailed("not_found", `There is no change ${change}.`, "giant history shows the numbers.")
}

/** `12` or `run:12` is a run; `changeset:12` (also `c12`) a changeset. A number that is no run may be a changeset. */
async function findChangeset(store: Store, what: string): Promise<number> {
  const match = /^(?:(run|changeset|c):?)?(\d+)$/i.exec(what.trim())
  const id = Number(match?.[2])
  const kind = match?.[1]?.toLowerCase()
  if (!match)
    throw new CommandFailed(
      "usage",
      `${what} names no run or changeset.`,
      "Write giant undo 12, giant undo changeset:12, or giant undo change:12.",
    )
  if (kind !== "changeset" && kind !== "c") {
    const { changesets, runs } = tables
    const [ofRun] = await store.read((db) =>
      db.select({ id: changesets.id }).from(changesets).where(eq(changesets.runId, id)),
    )
    if (ofRun) return ofRun.id
    const [run] = await store.read((db) => db.select({ id: runs.id }).from(runs).where(eq(runs.id, id)))
    if (run) throw new CommandFailed("nothing_to_undo", `Run ${id} changed nothing.`, "giant runs shows what runs did.")
    if (kind === "run") throw new CommandFailed("not_found", `There is no run ${id}.`, "giant runs lists them.")
  }
  return id
}

function describe(plan: UndoPlan, isPreview: boolean): string {
  const { updated, removed, brought_back } = plan.restored
  const parts = [
    updated > 0 ? `${count(updated, "row")} put back` : null,
    removed > 0 ? `${count(removed, "row")} removed` : null,
    brought_back > 0 ? `${count(brought_back, "row")} brought back` : null,
  ].filter((part) => part !== null)
  const done = parts.length > 0 ? parts.join(", ") : "nothing to put back"
  const head = `${isPreview ? "Would undo" : "Undone"}: changeset ${plan.changeset} of ${plainText(plan.actor)} (${plan.kind}): ${done}.`
  const kept = plan.kept.map(
    ({ table, row, column, by, reason }) =>
      `  kept ${table} ${row}${column ? ` ${column}` : ""}: ${reason} (by ${plainText(by)})`,
  )
  const back = plan.undoneBy === null ? [] : [`To take this back: giant undo changeset:${plan.undoneBy}`]
  return [head, ...kept, ...back].join("\n")
}
