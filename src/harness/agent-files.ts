import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { parse, YAMLParseError } from "yaml"
import { z } from "zod"
import { grantShape } from "../actions/define.ts"
import { efforts } from "./model.ts"

const head = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, "lower-case letters, digits and hyphens"),
  /** What it is for, in a sentence. */
  for: z.string().min(1),
  /** Null for the model that the person chose. */
  model: z.string().min(1).nullable().default(null),
  effort: z.enum(efforts).optional(),
  /** plain: one tool for each action, for models that do not write scripts well. */
  mode: z.enum(["script", "plain"]).optional(),
  grant: grantShape,
  budget: z.strictObject({
    usd: z.number().positive(),
    tokens: z.number().int().positive(),
    turns: z.number().int().positive(),
    minutes: z.number().positive().max(1_440),
  }),
})

/** An agent as its file describes it: a YAML head, and below it the system prompt. */
export type Agent = z.infer<typeof head> & { system: string }

export class AgentNotFound extends Error {
  readonly code = "agent_not_found"
  readonly hint: string
  constructor(name: string, folders: string[]) {
    super(`There is no agent ${name}.`)
    this.hint = `Write ${name}.md into ${folders[0] ?? "the home's agents folder"}.`
  }
}

export class AgentFileInvalid extends Error {
  readonly code = "agent_file_invalid"
  readonly hint = "Correct the file, or remove it to use the agent that comes with Small Giant."
  constructor(path: string, problem: string) {
    super(`${path} does not describe an agent: ${problem}`)
  }
}

/** Reads the agent's Markdown file from the first folder that has one, so the team's own comes before what is
 * delivered. Throws AgentNotFound, AgentFileInvalid. */
export async function loadAgent(name: string, folders: string[]): Promise<Agent> {
  if (!head.shape.name.safeParse(name).success) throw new AgentNotFound(name, folders)
  for (const folder of folders) {
    const path = join(folder, `${name}.md`)
    const text = await readIfThere(path)
    if (text !== null) return parseAgent(text, path, name)
  }
  throw new AgentNotFound(name, folders)
}

function parseAgent(text: string, path: string, name: string): Agent {
  const parts = /^---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/.exec(text)
  const [, yaml = "", body = ""] = parts ?? []
  if (!parts) throw new AgentFileInvalid(path, "it must begin with a YAML head between two lines of ---.")
  const parsed = head.safeParse(parseYaml(yaml, path))
  if (!parsed.success) throw new AgentFileInvalid(path, z.prettifyError(parsed.error))
  if (parsed.data.name !== name) throw new AgentFileInvalid(path, `its name is ${parsed.data.name}, not ${name}.`)
  const system = body.trim()
  if (!system) throw new AgentFileInvalid(path, "there is no system prompt below the head.")
  return { ...parsed.data, system }
}

function parseYaml(yaml: string, path: string): unknown {
  try {
    return parse(yaml)
  } catch (error) {
    if (error instanceof YAMLParseError) throw new AgentFileInvalid(path, error.message)
    throw error
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8")
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null
    throw error
  }
}
