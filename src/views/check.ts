import type { Json } from "../db/json.ts"
import type { Queries } from "../db/sql.ts"
import { type Answered, parametersIn, readAnswers } from "./asking.ts"
import { readInputs, sampleValues, type Values } from "./inputs.ts"
import { actionsOf, isReviewOfDrafts, type Manifest, queryOf, type ViewAction, type ViewPart } from "./manifest.ts"
import { fillIn, variablesOf } from "./proposal.ts"

export type Checking = {
  queries: Queries
  /** Why the run may not offer an action in a view; null if it may. */
  mayOffer(action: string): string | null
  /** What is wrong with the arguments of a call; null if nothing. */
  tryArguments(action: string, args: Json[]): string | null
  /** What is wrong with free HTML in a real browser, with these rows. */
  tryHtml(html: string, answers: Record<string, Answered>): Promise<string[]>
}

/** What is wrong with a view, or what it reads and may do. */
export type Checked = { kind: "wrong"; problems: string[] } | { kind: "right"; rights: string[] }

/** Tries a view before anybody sees it: what it names exists, its queries run, its actions could be called, its HTML loads. */
export async function checkView(checking: Checking, manifest: Manifest): Promise<Checked> {
  const start = readInputs(manifest.inputs)
  if (start.kind === "wrong") return { kind: "wrong", problems: [`inputs: at first, ${start.reason}`] }
  const answers = await readAnswers(checking.queries, manifest, start.values)
  const problems = [
    ...queryProblems(manifest, answers),
    ...actionProblems(checking, manifest),
    ...(manifest.parts ?? []).flatMap((part, at) =>
      partProblems(checking, manifest, part, answers).map((problem) => `parts[${at}] (${part.type}): ${problem}`),
    ),
  ]
  if (problems.length > 0) return { kind: "wrong", problems }
  const broken = manifest.html === undefined ? [] : await checking.tryHtml(manifest.html, answers)
  if (broken.length > 0) return { kind: "wrong", problems: broken.map((problem) => `html: ${problem}`) }
  return { kind: "right", rights: rightsOf(manifest, answers) }
}

/** What a view reads and may do, as a person agrees to it. */
function rightsOf(manifest: Manifest, answers: Record<string, Answered>): string[] {
  const reads = Object.values(answers).flatMap((answer) => (answer.kind === "rows" ? answer.reads : []))
  const decides = (manifest.parts ?? []).some((part) => {
    const answer = answers[queryOf(part) ?? ""]
    return answer?.kind === "rows" && isReviewOfDrafts(part, answer.columns)
  })
  const calls = Object.values(manifest.actions ?? {}).map(({ call }) => call)
  const rights = [
    ...calls.map((call) => `do ${call}`),
    ...(decides ? ["decide drafts"] : []),
    ...reads
      .filter((table) => !table.includes("_search") && !table.startsWith("sqlite_"))
      .map((table) => `read ${table}`),
  ]
  return [...new Set(rights)].toSorted()
}

function queryProblems({ queries = {}, inputs = {} }: Manifest, answers: Record<string, Answered>): string[] {
  return Object.entries(queries).flatMap(([name, { sql }]) => {
    const unknown = parametersIn(sql).find((parameter) => !Object.hasOwn(inputs, parameter))
    if (unknown) return [`queries.${name}: :${unknown} is no input of this view; add it to inputs.`]
    const answer = answers[name]
    return answer?.kind === "refused" ? [`queries.${name}: ${answer.reason}`] : []
  })
}

function actionProblems(checking: Checking, { actions = {} }: Manifest): string[] {
  return Object.entries(actions).flatMap(([name, { call }]) => {
    const refused = checking.mayOffer(call)
    return refused ? [`actions.${name}: ${refused}`] : []
  })
}

function partProblems(
  checking: Checking,
  { actions = {}, queries = {} }: Manifest,
  part: ViewPart,
  answers: Record<string, Answered>,
): string[] {
  const unknown = actionsOf(part).find((name) => !Object.hasOwn(actions, name))
  if (unknown) return [`there is no action ${unknown}; there is ${namesOf(actions)}.`]
  const query = queryOf(part)
  if (query !== null && !Object.hasOwn(queries, query)) {
    return [`there is no query ${query}; there is ${namesOf(queries)}.`]
  }
  const answer = query === null ? undefined : answers[query]
  if (query !== null && answer?.kind !== "rows") return []
  const columns = answer?.kind === "rows" ? answer.columns : []
  const missing = columnsOf(part).find((column) => !columns.includes(column))
  if (missing) return [`query ${query} has no column ${missing}; it has ${columns.join(", ")}.`]
  const row = answer?.kind === "rows" ? answer.rows[0] : undefined
  const to: Values = part.type === "board" ? { to: part.values[0] ?? "" } : {}
  return actionsOf(part).flatMap((name) => {
    const action = actions[name]
    return action ? callProblems(checking, name, action, columns, row && { ...row, ...to }, to) : []
  })
}

/** With the first row there is, and a value of its type for each field. */
function callProblems(
  checking: Checking,
  name: string,
  action: ViewAction,
  columns: string[],
  row: Values | undefined,
  to: Values,
): string[] {
  const known = [...columns, ...Object.keys(action.fields ?? {}), ...Object.keys(to)]
  const unknown = variablesOf(action.args).find((variable) => !known.includes(variable))
  if (unknown)
    return [
      `actions.${name} needs $${unknown}, which is neither a column of the query nor a field: ${known.join(", ")}.`,
    ]
  if (columns.length > 0 && row === undefined) return []
  const { args } = fillIn(action.args, { ...row, ...sampleValues(action.fields) })
  const wrong = checking.tryArguments(action.call, args)
  return wrong ? [`actions.${name}, tried with ${JSON.stringify(args).slice(0, 300)}: ${wrong}`] : []
}

function columnsOf(part: ViewPart): string[] {
  switch (part.type) {
    case "table":
      return part.columns ?? []
    case "cards":
    case "review":
      return [part.heading, ...(part.lines ?? []), part.text].filter((column) => column !== undefined)
    case "board":
      return [part.by, part.heading, ...(part.lines ?? [])].filter((column) => column !== undefined)
    case "stat":
      return part.value === undefined ? [] : [part.value]
    case "chart":
      return [part.x, part.y]
    case "form":
      return []
  }
}

function namesOf(named: object): string {
  return Object.keys(named).join(", ") || "none"
}
