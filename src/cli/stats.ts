import type { Command } from "commander"
import { levelOf } from "../game/points.ts"
import { readStats, type Stats } from "../game/stats.ts"
import { type HomeOptions, withHomeToLookAt } from "./home.ts"
import { type Io, printJson } from "./io.ts"
import { bar } from "./progress.ts"
import { plainText, tableText } from "./table.ts"
import { count } from "./wording.ts"

const barWidth = 20
const mostQuests = 5

export function statsCommand(program: Command, io: Io): void {
  program
    .command("stats")
    .summary("the game: points, quests, and what it all cost")
    .description("The numbers of the viewer's stats page: the board, quests, coverage, the funnel, precision and cost.")
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions>()
      await withHomeToLookAt(io, options, async ({ store }) => {
        const at = io.clock()
        const stats = await readStats(store, at)
        if (options.json) return printJson(io, { ...stats, at: at.toISOString() })
        io.out(`${statsText(stats, { width: io.width, colour: io.isTerminal })}\n`)
      })
    })
}

type Look = { width: number; colour: boolean }

function statsText(stats: Stats, look: Look): string {
  const { leads, companies } = stats
  const table = (rows: Parameters<typeof tableText>[0]) => tableText(rows, look)
  const parts: [string, string][] = [
    [`${count(leads, "lead")}, ${count(companies, "company", "companies")}`, standing(stats)],
    ["Quests", questLines(stats)],
    ["The board", table(boardRows(stats))],
    [
      "How much is known",
      table(stats.coverage.map(({ field, known }) => ({ field, known: bar(known, leads, barWidth) }))),
    ],
    ["From new to won", table(stats.funnel.map(({ status, leads: number }) => ({ status, leads: number })))],
    ["Checked again", table(precisionRows(stats))],
    ["What it cost", table(costRows(stats))],
    [
      "Taken back",
      table(stats.undone.map(({ at, actor, undoes, why }) => ({ at, by: actor, changeset: undoes, why }))),
    ],
  ]
  return parts
    .filter(([, text]) => text !== "")
    .map(([heading, text]) => `${heading}\n${text}`)
    .join("\n\n")
}

function standing({ board, season }: Stats): string {
  const points = board.reduce((sum, player) => sum + player.points, 0)
  const { name, next } = levelOf(points)
  const thisWeek = season.weeks.at(-1)?.points ?? 0
  const further = next ? `, ${next.from - points} to ${next.name}` : ""
  return `Together: ${name}, ${count(points, "point")}${further}. This week ${thisWeek} of ${season.goal}.`
}

function questLines({ quests }: Stats): string {
  return quests
    .slice(0, mostQuests)
    .map(({ title, minutes, points, command }) => `+${points}  ${title}: ${count(minutes, "minute")}\n    ${command}`)
    .join("\n")
}

function boardRows({ board }: Stats) {
  return board.map(({ actor, week, best, points, level }) => ({
    who: plainText(actor.replace(/^(human|agent):/, "")),
    "this week": week,
    "best week": best.points,
    "all time": points,
    level: level.name,
  }))
}

function precisionRows({ precision }: Stats) {
  return [...Map.groupBy(precision, ({ source }) => source)].map(([source, some]) => {
    const checked = some.reduce((sum, one) => sum + one.checked, 0)
    const right = some.reduce((sum, one) => sum + one.right, 0)
    return { source, checked, right, precision: `${Math.floor((right / checked) * 100)} %` }
  })
}

function costRows({ models, work }: Stats) {
  if (models.length === 0) return []
  const each = (number: number) => (number === 0 ? null : (work.costUsd / number).toFixed(4))
  return [
    ...models.map(({ model, runs, tokens, costUsd }) => ({
      model: model === "rehearsal" ? "rehearsal (scripted)" : model,
      runs,
      tokens,
      usd: costUsd.toFixed(4),
      "usd a value": null,
      "usd a lead": null,
    })),
    {
      ...{ model: "all", runs: work.runs, tokens: work.tokensIn + work.tokensOut, usd: work.costUsd.toFixed(4) },
      ...{ "usd a value": each(work.facts), "usd a lead": each(work.leads) },
    },
  ]
}
