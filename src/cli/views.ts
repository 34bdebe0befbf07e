import { once } from "node:events"
import type { Command } from "commander"
import { serveViewer } from "../../viewer/serve.ts"
import { listViews, removeView, type SeenView, seeView, shareView } from "../views/views.ts"
import { confirm } from "./confirm.ts"
import { type Home, type HomeOptions, withHome, withHomeToLookAt } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { openOutreach } from "./outreach.ts"
import { plainText, tableText } from "./table.ts"
import { openViewerDesk } from "./viewer-desk.ts"
import { openViewsPort } from "./views-port.ts"
import type { WorldOptions } from "./world.ts"

export function viewsCommand(program: Command, io: Io): void {
  const views = program
    .command("views")
    .summary("interfaces made on request")
    .description(
      'Pages that agents made for you: giant ask "make me a page to review the drafts". A view is yours alone until you share it.',
    )
    .action((_options: unknown, command: Command) => list(io, command.optsWithGlobals<HomeOptions>()))
  views
    .command("list")
    .summary("your views, and those that are shared")
    .action((_options: unknown, command: Command) => list(io, command.optsWithGlobals<HomeOptions>()))

  views
    .command("open")
    .summary("serve the viewer at one view, until Ctrl-C")
    .argument("<id>", "its number")
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<WorldOptions>()
      await withHomeToLookAt(io, options, async (home) => {
        const { view } = await viewOf(home, id)
        const views = openViewsPort(home, io.clock)
        const ask = openViewerDesk(io, home, options)
        const outreach = openOutreach(io, home, ask.host)
        const viewer = await serveViewer({ store: home.store, clock: io.clock, views, ask, outreach })
        const url = `${viewer.url}/views/${view.id}`
        if (options.json) printJson(io, { url })
        else io.out(`${plainText(view.title)}: ${url}  (Ctrl-C ends)\n`)
        if (!io.signal.aborted) await once(io.signal, "abort")
        await viewer.close()
        await ask.close()
        views.close()
      })
    })

  views
    .command("share")
    .summary("let the team see a view, in its present version")
    .argument("<id>", "its number")
    .option("--navigation", "put it in everybody's navigation")
    .option("--private", "make it private again")
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions & { navigation?: boolean; private?: boolean }>()
      await withHome(io, options, async (home) => {
        const { view, version } = await viewOf(home, id)
        const shared = options.private ? null : version.version
        const rights = version.rights.length > 0 ? ` It may: ${version.rights.join(", ")}.` : ""
        if (shared !== null)
          await confirm(io, `Everybody in the team will see ${plainText(view.title)}.${rights}`, "share")
        const inNavigation = options.navigation ?? false
        changed(await shareView(home.store, authorOf(home), view.id, { version: shared, inNavigation }, io.clock()))
        if (options.json) return printJson(io, { view: view.id, shared_version: shared })
        io.out(shared === null ? "It is private again.\n" : `Version ${shared} is shared.\n`)
      })
    })

  views
    .command("remove")
    .summary("take a view away; giant undo brings it back")
    .argument("<id>", "its number")
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions>()
      await withHome(io, options, async (home) => {
        const { view } = await viewOf(home, id)
        changed(await removeView(home.store, authorOf(home), view.id, io.clock()))
        if (options.json) return printJson(io, { removed: view.id })
        io.out(`${plainText(view.title)} is removed.\n`)
      })
    })
}

async function list(io: Io, options: HomeOptions): Promise<void> {
  await withHomeToLookAt(io, options, async ({ store, person }) => {
    const views = await listViews(store, person)
    const rows = views.map(({ id, title, owner, version, sharedVersion, updatedAt }) => ({
      ...{ view: id, title, owner, version },
      ...{ shared: sharedVersion === null ? "private" : `version ${sharedVersion}`, updated: updatedAt },
    }))
    if (options.json) return printJson(io, { views: rows })
    if (rows.length === 0) return io.out('There are no views yet. giant ask "make me a page to review the drafts"\n')
    io.out(`${tableText(rows, { width: io.width, colour: io.isTerminal })}\n`)
  })
}

async function viewOf({ store, person }: Home, id: string): Promise<SeenView> {
  const seen = /^\d+$/.test(id) ? await seeView(store, person, Number(id)) : null
  if (seen) return seen
  throw new CommandFailed("not_found", `There is no view ${plainText(id)} of yours.`, "giant views lists them.")
}

function authorOf({ person }: Home) {
  return { actor: person, kind: "edit", note: "views" }
}

function changed(outcome: Awaited<ReturnType<typeof removeView>>): void {
  if (outcome.kind === "refused") throw new CommandFailed("refused", outcome.reason, "giant views lists them.")
}
