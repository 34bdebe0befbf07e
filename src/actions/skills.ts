import { readdir, readFile, realpath, stat } from "node:fs/promises"
import { join, relative, sep } from "node:path"
import { parse, YAMLParseError } from "yaml"
import { z } from "zod"
import { skill } from "./answers.ts"
import { ActionRefused } from "./define.ts"
import { action } from "./services.ts"

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "lower-case letters, digits and hyphens")
/** Whatever else a head says is for other agents. */
const head = z.looseObject({ name, description: z.string().trim().min(1).max(1_024) })
type Skill = { name: string; description: string; text: string; folder: string }

/** Characters of a skill's further file; files of a skill that are listed. */
const longestFile = 100_000
const mostFiles = 50

/** A skill's file that cannot be understood. */
export class SkillInvalid extends Error {
  readonly code = "skill_invalid"
  readonly hint = "It begins with a YAML head of name and description between two lines of ---."
  constructor(path: string, problem: string) {
    super(`${path} is no skill: ${problem}`)
  }
}

/** How to do things well: folders that the team wrote or took over, or that came with Small Giant. */
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
    summary: "One skill, to be followed, or another file of its folder",
    example: 'return await skills.read("first-message")',
    parameters: { name, file: z.string().min(1).max(300).optional() },
    returns: z.string(),
    taints: false,
    run: async ({ services }, { name, file }) => {
      const skills = await readSkills(services.skillFolders)
      const found = skills.find((one) => one.name === name)
      if (!found)
        throw new ActionRefused(`There is no skill ${name}. There is: ${skills.map((one) => one.name).join(", ")}.`)
      const files = await filesOf(found.folder)
      if (file === undefined) return [found.text, ...furtherFiles(name, files)].join("\n\n")
      const asked = file.replace(/^\.\//, "")
      if (!files.includes(asked))
        throw new ActionRefused(
          `The skill ${name} has no file ${file}. It has: ${files.join(", ") || "no other file"}.`,
        )
      const text = await readFile(join(found.folder, asked), "utf8")
      if (text.includes("\0")) throw new ActionRefused(`${file} is no text.`)
      return text.slice(0, longestFile)
    },
  }),
]

function furtherFiles(name: string, files: string[]): string[] {
  if (files.length === 0) return []
  return [`Further files, read by skills.read(${JSON.stringify(name)}, file): ${files.join(", ")}`]
}

/** The other files of a skill, below its own folder whatever links say, as its text names them: `references/prices.md`. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => path !== "SKILL.md" && !path.split("/").some((part) => part.startsWith(".")))
    .toSorted()
    .slice(0, mostFiles)
}

/** Every skill once: of two with one name, that of the earlier folder. Throws SkillInvalid. */
async function readSkills(folders: string[]): Promise<Skill[]> {
  const found = new Map<string, Skill>()
  for (const folder of folders) {
    for (const entry of await foldersIn(folder)) {
      const path = join(entry, "SKILL.md")
      const text = await ifThere(() => readFile(path, "utf8"))
      const skill = text === null ? null : parseSkill(text, path, entry)
      if (skill && !found.has(skill.name)) found.set(skill.name, skill)
    }
  }
  return [...found.values()]
}

function parseSkill(text: string, path: string, folder: string): Skill {
  const [, yaml = "", body = ""] = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n([\s\S]*))?$/.exec(text) ?? []
  const parsed = head.safeParse(parseYaml(yaml, path))
  if (!parsed.success) throw new SkillInvalid(path, z.prettifyError(parsed.error))
  const { name, description } = parsed.data
  return { name, description, text: body.trim(), folder }
}

function parseYaml(yaml: string, path: string): unknown {
  try {
    return parse(yaml)
  } catch (error) {
    if (error instanceof YAMLParseError) throw new SkillInvalid(path, error.message)
    throw error
  }
}

/** The folders of a folder, also linked ones, by where they really are. */
async function foldersIn(folder: string): Promise<string[]> {
  const names = (await ifThere(() => readdir(folder))) ?? []
  const paths = await Promise.all(
    names.toSorted().map(async (name) => {
      const path = await ifThere(() => realpath(join(folder, name)))
      return path !== null && (await stat(path)).isDirectory() ? [path] : []
    }),
  )
  return paths.flat()
}

async function ifThere<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null
    throw error
  }
}
