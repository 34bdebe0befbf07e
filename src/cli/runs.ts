import type { Command } from "commander"
import { asc, desc, eq } from "drizzle-orm"
import { tables } from "../db/tables.ts"
import { type HomeOptions, withHomeToRead } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { plainText, tableText } from "./table.ts"
import { tokensText } from "./wording.ts"

export function runsCommand(program: Command, io: Io): void {
  const runs = program
    .command("runs")
    .summary("what agents did")
    .description("Lists the runs of agents, newest first; giant runs show ID prints one with its transcript.")
    .option("--limit <n>", "how many", "20")
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions & { limit: string }>()
      await withHomeToRead(io, options, async ({ store }) => {
        const rows = await store.read((db) =>
          db
            .select()
            .from(tables.runs)
            .orderBy(desc(tables.runs.id))
            .limit(Math.max(1, Number(options.limit) || 20)),
        )
        if (options.json) return printJson(io, { runs: rows })
        if (rows.length === 0) return io.out("No agent has run yet. giant start sets them to work.\n")
        const cells = rows.map((run) => ({
          run: run.id,
          agent: run.agent,
          model: modelName(run.model),
          lead: run.leadId,
          outcome: run.outcome ?? "working",
          tokens: run.inputTokens + run.outputTokens,
          cached: run.cachedTokens || null,
          usd: run.costUsd.toFixed(4),
          summary: run.summary,
        }))
        io.out(`${tableText(cells, { width: io.width, colour: io.isTerminal })}\n`)
      })
    })

  runs
    .command("show")
    .summary("one run with its transcript")
    .argument("<id>", "its number")
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions>()
      await withHomeToRead(io, options, async ({ store }) => {
        const number = Number(id)
        const [run] = await store.read((db) => db.select().from(tables.runs).where(eq(tables.runs.id, number)))
        if (!run) throw new CommandFailed("not_found", `There is no run ${plainText(id)}.`, "giant runs lists them.")
        const messages = await store.read((db) =>
          db.select().from(tables.messages).where(eq(tables.messages.runId, number)).orderBy(asc(tables.messages.id)),
        )
        const calls = await store.read((db) =>
          db.select().from(tables.calls).where(eq(tables.calls.runId, number)).orderBy(asc(tables.calls.id)),
        )
        if (options.json) return printJson(io, { run, messages, calls })
        io.out(
          `Run ${run.id}: ${run.agent} (${modelName(run.model)}), ${run.outcome ?? "working"}\n${tokensText({ tokens: run.inputTokens + run.outputTokens, cachedTokens: run.cachedTokens })}, ${run.requests} requests, $${run.costUsd.toFixed(4)}\n${plainText(run.summary ?? "")}\n\n`,
        )
        for (const message of messages) io.out(`${message.role}: ${readable(message.content)}\n\n`)
        const cells = calls.map((call) => ({
          action: call.action,
          verdict: call.verdict,
          result: call.result ?? call.reason,
          ms: call.milliseconds,
        }))
        io.out(`${tableText(cells, { width: io.width, colour: io.isTerminal })}\n`)
      })
    })
}

/** A message of the transcript as lines of text; scripts keep their lines. */
function readable(content: unknown): string {
  if (!Array.isArray(content)) return plainText(String(content))
  return content
    .map((block) => {
      const text = block.text ?? block.input?.code ?? block.content ?? ""
      return String(typeof text === "string" ? text : JSON.stringify(text))
        .split("\n")
        .map(plainText)
        .join("\n")
    })
    .join("\n")
}

/** A scripted model says what it is wherever its name shows. */
function modelName(model: string): string {
  return model === "rehearsal" ? "rehearsal (scripted)" : plainText(model)
}
