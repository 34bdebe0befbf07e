import { z } from "zod"
import { declare, typesOf } from "./declarations.ts"
import type { Action } from "./define.ts"
import { keepResult } from "./results.ts"
import { failed, inputSchemaOf, type ModelTool, type ToolDeps } from "./tool.ts"

const searchInput = z.strictObject({
  words: z.string().max(500).optional(),
  script: z.string().max(20_000).optional(),
})
const most = 8

/** Finds actions by words, or by a script over the catalogue itself. */
export function searchTool({
  catalogue: all,
  offered: catalogue = all,
  sandbox,
  context,
}: Pick<ToolDeps, "catalogue" | "offered" | "sandbox" | "context">): ModelTool {
  return {
    name: "search",
    description:
      "Declares actions: by words, with examples (no words: a list of all), or by a script over catalogue: { name, effect, summary, declaration, example }[].",
    inputSchema: inputSchemaOf(searchInput),
    repeatable: "always",
    async run(input, { signal }) {
      const parsed = searchInput.safeParse(input)
      if (!parsed.success) return failed(`search takes { words } or { script }: ${z.prettifyError(parsed.error)}`)
      const { words = "", script } = parsed.data
      if (script === undefined) return { text: await keep(found(catalogue, words)), isError: false }
      const known = `const catalogue = ${JSON.stringify(catalogue.map(entryOf))};`
      const outcome = await sandbox.run(
        { source: known + script, api: { actions: [] }, now: context.clock().getTime(), seed: context.runId },
        async () => ({ kind: "error", message: "A script over the catalogue calls no action." }),
        { signal },
      )
      if (outcome.kind === "returned")
        return { text: await keep(`${outcome.printed}${JSON.stringify(outcome.value)}`), isError: false }
      return failed("message" in outcome ? outcome.message : "The script did not end.")
    },
  }

  function keep(text: string): Promise<string> {
    return keepResult(context.store, context.runId, text, context.clock())
  }
}

function found(catalogue: readonly Action<never>[], text: string): string {
  const words = text.toLowerCase().match(/[a-z]+/g) ?? []
  if (words.length === 0) return catalogue.map(({ name, summary }) => `${name}: ${firstLine(summary)}`).join("\n")
  const scored = catalogue.map((action) => {
    const about = `${action.name} ${action.summary} ${action.effect} ${declare(action)}`.toLowerCase()
    const name = action.name.toLowerCase()
    const score = words.reduce((sum, word) => sum + Number(about.includes(word)) + Number(name.includes(word)) / 2, 0)
    return { action, score }
  })
  const hits = scored.filter(({ score }) => score > 0).toSorted((a, b) => b.score - a.score)
  const actions = hits.slice(0, most).map(({ action }) => action)
  if (actions.length === 0) return `Nothing found. There is: ${catalogue.map(({ name }) => name).join(", ")}.`
  const entries = actions.map((action) => `// ${action.summary}\n${declare(action)}\n// such as\n${action.example}`)
  return [...entries, typesOf(actions)].join("\n\n")
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? ""
}

function entryOf(action: Action<never>) {
  const { name, effect, summary, example } = action
  return { name, effect, summary, declaration: declare(action), example }
}
