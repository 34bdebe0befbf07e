import { openQuestions } from "../actions/questions.ts"
import { type Answered, answerQuestion } from "../conversation/questions.ts"
import type { Store } from "../db/store.ts"
import type { Question } from "../db/tables.ts"
import type { Host } from "./host.ts"
import type { Io } from "./io.ts"
import { answerHint, inPlainSight, questionText } from "./question-text.ts"
import type { Paper } from "./screen.ts"
import { talkerOf } from "./talker.ts"
import { answerShown, followed } from "./turn.ts"

/** A person's answer to the question that they have seen, and what came of it, told as a turn is. */
export async function answer(
  io: Io,
  host: Host,
  paper: Paper,
  question: Question,
  kind: "approved" | "denied",
  signal: AbortSignal,
): Promise<Answered> {
  const persons = { kind, by: host.home.person, seal: question.seal }
  const answered = await followed(host, paper, (listeners) =>
    answerQuestion(talkerOf(host), question.id, persons, { signal, ...listeners }),
  )
  await tell(io, host.home.store, paper, answered)
  return answered
}

async function tell(io: Io, store: Store, paper: Paper, answered: Answered): Promise<void> {
  switch (answered.kind) {
    case "refused":
      return paper.line(inPlainSight(answered.reason))
    case "asks": {
      const [next] = (await openQuestions(store)).filter(({ id }) => id === answered.question)
      return paper.line(next ? `${questionText(next)}\n${answerHint(next)}` : "It asked again.")
    }
    case "shown":
      return paper.line(await answerShown(io, store, answered.runId, answered.answer))
    case "said":
      return answered.turn.outcome.kind === "done" ? undefined : paper.line(inPlainSight(answered.turn.outcome.reason))
    case "left":
      paper.line(inPlainSight(answered.outcome))
      if (answered.taskId !== null)
        paper.line("The task goes on with the next free agent: giant start or giant enrich.")
  }
}
