import { styleText } from "node:util"
import type { Command } from "commander"
import { openQuestions, questionOf } from "../actions/questions.ts"
import type { Question } from "../db/tables.ts"
import { answer } from "./answer.ts"
import { paperOf, withAgents } from "./ask.ts"
import { confirm } from "./confirm.ts"
import { type HomeOptions, withHomeToLookAt } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { questionText } from "./question-text.ts"
import { plainText, tableText } from "./table.ts"
import { receipt } from "./turn.ts"
import type { WorldOptions } from "./world.ts"

export function questionsCommand(program: Command, io: Io): void {
  const questions = program
    .command("questions")
    .summary("what agents may not do without your yes")
    .description("Lists what waits for a person's yes or no; show ID prints the exact calls, yes ID and no ID answer.")
    .action((_options: unknown, command: Command) => list(io, command.optsWithGlobals()))
  questions
    .command("list")
    .summary("what waits for an answer")
    .action((_options: unknown, command: Command) => list(io, command.optsWithGlobals()))
  questions
    .command("show")
    .summary("one question with its exact calls")
    .argument("<id>", "its number")
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions>()
      await withHomeToLookAt(io, options, async ({ store }) => {
        const question = await known(await questionOf(store, Number(id)), id)
        if (options.json) return printJson(io, { question: asJson(question) })
        const said = question.answer
          ? `${question.answer} by ${question.answeredBy}: ${question.outcome ?? ""}`
          : "open"
        io.out(`${questionText(question)}\nRun ${question.runId}, ${question.createdAt}, ${plainText(said)}\n`)
      })
    })
  for (const [word, kind] of [
    ["yes", "approved"],
    ["no", "denied"],
  ] as const) {
    questions
      .command(word)
      .summary(word === "yes" ? "agree: exactly these calls are made, once" : "decline: the calls are refused")
      .description(
        `Shows the exact calls, has you type ${word}, and lets the agent go on. Only a person at a terminal, or signed in to the viewer, can answer.`,
      )
      .argument("<id>", "its number")
      .action((id: string, _options: unknown, command: Command) =>
        decide(io, id, word, kind, command.optsWithGlobals()),
      )
  }
}

async function list(io: Io, options: HomeOptions): Promise<void> {
  await withHomeToLookAt(io, options, async ({ store }) => {
    const open = await openQuestions(store)
    if (options.json) return printJson(io, { questions: open.map(asJson) })
    if (open.length === 0) return io.out("Nothing waits for your answer.\n")
    const rows = open.map(({ id, runId, leadId, calls, createdAt }) => ({
      question: id,
      ...{ run: runId, lead: leadId, asked: createdAt.slice(0, 16).replace("T", " ") },
      calls: calls.map(({ action, arguments: args }) => `${action}(${JSON.stringify(args).slice(1, -1)})`).join("; "),
    }))
    io.out(`${tableText(rows, { width: io.width, colour: io.isTerminal })}\ngiant questions show ID has all of it.\n`)
  })
}

async function decide(
  io: Io,
  id: string,
  word: "yes" | "no",
  kind: "approved" | "denied",
  options: WorldOptions,
): Promise<void> {
  if (!io.isInteractive) {
    throw new CommandFailed(
      "needs_person",
      "Only a person at a terminal can answer.",
      `Type giant questions ${word} ${plainText(id)} in a terminal of your own, or answer on the viewer's page /questions.`,
    )
  }
  await withAgents(io, options, async (host) => {
    const question = await known(await questionOf(host.home.store, Number(id)), id)
    if (question.answer !== null) {
      throw new CommandFailed(
        "answered",
        `Question ${question.id} was ${question.answer} already, by ${plainText(question.answeredBy ?? "")}.`,
        "giant questions lists what is open.",
      )
    }
    await confirm(io, questionText(question), word)
    const answered = await answer(io, host, paperOf(io), question, kind, io.signal)
    if (answered.kind === "said") io.err(`${styleText("dim", receipt(answered.turn))}\n`)
    if (answered.kind === "refused") {
      throw new CommandFailed("refused", answered.reason, "giant questions lists what is open.")
    }
  })
}

async function known(question: Question | null, id: string): Promise<Question> {
  if (question) return question
  throw new CommandFailed("not_found", `There is no question ${plainText(id)}.`, "giant questions lists them.")
}

function asJson({ id, runId, taskId, leadId, calls, answer, answeredBy, answeredAt, outcome, createdAt }: Question) {
  return {
    ...{ id, run: runId, task: taskId, lead: leadId, calls, answer },
    ...{ answered_by: answeredBy, answered_at: answeredAt, outcome, created_at: createdAt },
  }
}
