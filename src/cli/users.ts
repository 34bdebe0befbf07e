import type { Command } from "commander"
import { roles } from "../db/tables/team.ts"
import { endSessionsOf, makeLink } from "../team/sessions.ts"
import { type Changed, listUsers, putUser, type Role, removeUser, userNamed } from "../team/users.ts"
import { confirm } from "./confirm.ts"
import { type Home, type HomeOptions, withHome } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { plainText, tableText } from "./table.ts"

const roleMeans: Record<Role, string> = {
  viewer: "looks at everything, and changes nothing",
  member: "asks, approves, accepts suggestions",
  admin: "does all that, and has the last word on what is shared",
}

export function usersCommand(program: Command, io: Io): void {
  const users = program
    .command("users")
    .summary("who may sign in to the viewer")
    .description(
      `The team: ${roles.map((role) => `${asA(role)} ${roleMeans[role]}`).join("; ")}. Adding somebody, changing a role and making a link need you at a terminal.`,
    )
    .action((_options: unknown, command: Command) => list(io, command.optsWithGlobals<HomeOptions>()))
  users
    .command("list")
    .summary("the team")
    .action((_options: unknown, command: Command) => list(io, command.optsWithGlobals<HomeOptions>()))

  users
    .command("add")
    .summary("take somebody into the team, or change their role")
    .argument("<name>", "as the board and the history call them")
    .option("--role <role>", roles.join(", "), "member")
    .option("--system-name <user>", "their user name on this machine, for what they do on the command line")
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions & { role: string; systemName?: string }>()
      const role = roles.find((one) => one === options.role)
      if (!role) throw new CommandFailed("usage", `There is no role ${plainText(options.role)}.`, roles.join(", "))
      await withHome(io, options, async ({ store, person }) => {
        const known = await userNamed(store, name)
        const change = known ? `is ${asA(known.role)} and becomes ${asA(role)}` : `joins the team as ${asA(role)}`
        await confirm(io, `${plainText(name)} ${change}: ${roleMeans[role]}.`, role)
        const author = { actor: person, kind: "users" }
        const user = changed(await putUser(store, author, { name, role, systemName: options.systemName }, io.clock()))
        if (options.json) return printJson(io, user)
        io.out(
          `${plainText(user.name)} is ${asA(user.role)}. giant users link "${plainText(user.name)}" lets them in.\n`,
        )
      })
    })

  users
    .command("link")
    .summary("make a link that signs somebody in once")
    .argument("<name>", "who")
    .option("--url <address>", "where the team reaches the viewer, such as https://crm.example.com")
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions & { url?: string }>()
      await withHome(io, options, async (home) => {
        const { store } = home
        const address = addressOf(home, options.url)
        const user = await userNamed(store, name)
        if (!user) throw new CommandFailed("not_found", nobody(name), "giant users lists the team.")
        await confirm(io, `Whoever has the link is ${plainText(user.name)}, ${asA(user.role)}.`, "link")
        const { secret, expiresAt } = await makeLink(store, user.id, io.clock())
        const link = `${address}/sign-in#${secret}`
        if (options.json) return printJson(io, { link, expiresAt: expiresAt.toISOString() })
        io.out(`${link}\nIt works once, until ${expiresAt.toISOString().slice(0, 16).replace("T", " ")} UTC.\n`)
      })
    })

  users
    .command("remove")
    .summary("take somebody out of the team and end their sessions")
    .argument("<name>", "who")
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions>()
      await withHome(io, options, async ({ store, person }) => {
        await confirm(io, `${plainText(name)} is signed out everywhere and cannot come back.`, "remove")
        const user = changed(await removeUser(store, { actor: person, kind: "users" }, name, io.clock()))
        await endSessionsOf(store, user.id, io.clock())
        if (options.json) return printJson(io, { removed: user.name })
        io.out(`${plainText(user.name)} is out. What they did stays under their name.\n`)
      })
    })
}

async function list(io: Io, options: HomeOptions): Promise<void> {
  await withHome(io, options, async ({ store }) => {
    const team = await listUsers(store)
    if (options.json) return printJson(io, { users: team })
    if (team.length === 0) {
      return io.out(
        "Nobody yet: on this machine the viewer needs no sign-in. giant users add NAME takes somebody into the team.\n",
      )
    }
    const rows = team.map(({ name, role, systemName, createdAt }) => ({
      name,
      role,
      "on this machine": systemName,
      since: createdAt.slice(0, 10),
    }))
    io.out(`${tableText(rows, { width: io.width, colour: io.isTerminal })}\n`)
  })
}

function changed(result: Changed) {
  if (result.kind === "changed") return result.user
  throw new CommandFailed("refused", result.reason, "giant users lists the team.")
}

function addressOf({ settings }: Home, asked: string | undefined): string {
  const address = asked ?? settings.viewerUrl ?? (settings.proxy ? `https://${settings.proxy.host}` : undefined)
  if (address === undefined) {
    const hint = "Serve it with giant viewer --host 0.0.0.0 --cert FILE --key FILE first, or give --url."
    throw new CommandFailed("no_address", "It is not known where the team reaches the viewer.", hint)
  }
  if (!URL.canParse(address) || new URL(address).protocol !== "https:") {
    throw new CommandFailed(
      "usage",
      `${plainText(address)} is no address that begins with https.`,
      "Give --url https://...",
    )
  }
  return address.replace(/\/+$/, "")
}

function nobody(name: string): string {
  return `Nobody in the team is called ${plainText(name)}.`
}

/** `a member`, `an admin`. */
function asA(role: Role): string {
  return `${role === "admin" ? "an" : "a"} ${role}`
}
