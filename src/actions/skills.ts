import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { parse } from "yaml"
import { z } from "zod"
import { skill } from "./answers.ts"
import { ActionRefused } from "./define.ts"
import { action } from "./services.ts"

const name = z.string().regex(/^[a-z][a-z0-9-]{0,60}$/, "lower-case letters, digits and hyphens")
const head = z.looseObject({ name, description: z.string().min(1).max(1_000) })
type Skill = z.output<typeof head> & { text: string }

/** A skill's file that cannot be understood. */
export class SkillInvalid extends Error {
  readonly code = "skill_invalid"
  readonly hint = "It begins with a YAML head of name and description between two lines of ---."
  constructor(path: string, problem: string) {
    super(`${path} is no skill: ${problem}`)
  }
}

/** How to do things well: files that the team wrote, or that came with Small Giant. */
export const skillActions = [
  action({
    name: "skills.find",
    effect: "read",
    summary: "Skills that are about some words; without words, all of them",
    example: 'return await skills.find("first message")',
    parameters: { words: z.string().max(200).optional() },
    returns: z.array(skill),
    taints: false,
    run: async ({ services }, { words = "" }) => {
      const asked = words.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
      const scored = (await readSkills(services.skillFolders)).map(({ name, description, text }) => {
        const about = `${name} ${description} ${text}`.toLowerCase()
        return { name, description, score: asked.filter((word) => about.includes(word)).length }
      })
      return scored
        .filter(({ score }) => asked.length === 0 || score > 0)
        .toSorted((one, other) => other.score - one.score)
        .map(({ name, description }) => ({ name, description }))
    },
  }),
  action({
    name: "skills.read",
    effect: "read",
    summary: "One skill, to be followed",
    example: 'return await skills.read("first-message")',
    parameters: { name },
    returns: z.string(),
    taints: false,
    run: async ({ services }, { name }) => {
      const skills = await readSkills(services.skillFolders)
      const found = skills.find((one) => one.name === name)
      if (!found)
        throw new ActionRefused(`There is no skill ${name}. There is: ${skills.map((one) => one.name).join(", ")}.`)
      return found.text
    },
  }),
]

/** Every skill once: of two with one name, that of the earlier folder. Throws SkillInvalid. */
async function readSkills(folders: string[]): Promise<Skill[]> {
  const found = new Map<string, Skill>()
  for (const folder of folders) {
    for (const entry of await foldersIn(folder)) {
      const path = join(folder, entry, "SKILL.md")
      const text = await ifThere(() => readFile(path, "utf8"))
      const skill = text === null ? null : parseSkill(text, path)
      if (skill && !found.has(skill.name)) found.set(skill.name, skill)
    }
  }
  return [...found.values()]
}

function parseSkill(text: string, path: string): Skill {
  const [, yaml = "", body = ""] = /^---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/.exec(text) ?? []
  const parsed = head.safeParse(parse(yaml))
  if (!parsed.success) throw new SkillInvalid(path, z.prettifyError(parsed.error))
  return { ...parsed.data, text: body.trim() }
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await ifThere(() => readdir(folder, { withFileTypes: true }))
  return (entries ?? [])
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
}

async function ifThere<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null
    throw error
  }
}
