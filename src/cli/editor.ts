import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { CommandFailed, type Io } from "./io.ts"

/** The text as the person at the terminal leaves it in their editor. Throws CommandFailed where there is neither, and where nothing was
 * changed. */
export async function editText({ isInteractive, environment, signal }: Io, text: string): Promise<string> {
  const editor = environment.VISUAL ?? environment.EDITOR
  if (!isInteractive || editor === undefined) {
    const why = isInteractive ? "No editor is set." : "An editor needs a terminal."
    throw new CommandFailed("no_editor", why, 'Set EDITOR, or give the whole new text: --body "..."')
  }
  const folder = mkdtempSync(join(tmpdir(), "giant-edit-"))
  const file = join(folder, "draft.txt")
  try {
    writeFileSync(file, `${text}\n`, { mode: 0o600 })
    await runEditor(editor, file, signal)
    const edited = readFileSync(file, "utf8").replace(/\n$/, "")
    if (edited === text) throw new CommandFailed("unchanged", "Nothing was changed.", "The draft is as it was.")
    return edited
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The setting may be a whole command, such as `code --wait`. */
async function runEditor(editor: string, file: string, signal: AbortSignal): Promise<void> {
  const child =
    process.platform === "win32"
      ? spawn(`${editor} "${file}"`, { stdio: "inherit", shell: true, signal })
      : spawn("sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit", signal })
  const [code]: unknown[] = await once(child, "close")
  if (code !== 0) throw new CommandFailed("editor_failed", `${editor} ended with an error.`, "The draft is as it was.")
}
