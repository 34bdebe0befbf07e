import { z } from "zod"
import type { Json } from "../db/json.ts"
import { declare } from "./declarations.ts"
import type { Action } from "./define.ts"

export type Parsed = { kind: "right"; args: Record<string, unknown> } | { kind: "wrong"; reason: string }

/** The arguments of a call by name. Keys may also be written as the database writes them (`linkedin_url`). */
export function parseArguments<Services>(action: Action<Services>, args: Json[]): Parsed {
  const names = Object.keys(action.parameters)
  const wrong = (problem: string): Parsed => ({
    kind: "wrong",
    reason: `${action.name}: ${problem}\nIt is ${declare(action)}`,
  })
  if (args.length > names.length) return wrong(`it takes ${names.length} arguments, not ${args.length}.`)
  const byName = names
    .slice(0, args.length)
    .map((name, i) => [name, camelKeys(action.parameters[name], given(action.parameters[name], args[i]))])
  const parsed = shapeFor(action).safeParse(Object.fromEntries(byName))
  return parsed.success ? { kind: "right", args: parsed.data } : wrong(z.prettifyError(parsed.error))
}

const shapes = new WeakMap<object, z.ZodType<Record<string, unknown>>>()

/** Made once: a script may call an action thousands of times. */
function shapeFor<Services>(action: Action<Services>): z.ZodType<Record<string, unknown>> {
  const known = shapes.get(action) ?? z.strictObject(action.parameters)
  shapes.set(action, known)
  return known
}

/** Null stands for an argument that is left out, unless it means something itself. */
function given(type: z.ZodType | undefined, value: Json | undefined): Json | undefined {
  return value === null && type?.safeParse(null).success !== true ? undefined : value
}

function camelKeys(type: z.ZodType | undefined, value: Json | undefined): Json | undefined {
  const shape = shapeOf(type)
  if (!shape || typeof value !== "object" || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).map(([key, own]) => {
    const camel = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    return [!(key in shape) && camel in shape ? camel : key, own]
  })
  return Object.fromEntries(entries)
}

function shapeOf(type: unknown): z.ZodRawShape | null {
  if (type instanceof z.ZodOptional) return shapeOf(type.unwrap())
  return type instanceof z.ZodObject ? type.shape : null
}
