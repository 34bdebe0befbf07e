import { createHash } from "node:crypto"
import { z } from "zod"
import type { Action } from "./define.ts"

type Catalogue = readonly Action<never>[]

/** What stands in every script besides the actions. */
const builtIn = `/** Gives rows (or any value) straight to the person and ends the turn: return show(rows) */
declare function show(value: any): any
/** Adds a line to what you read back */
declare function print(...values: any[]): void
declare const console: { log(...values: any[]): void; info(...values: any[]): void; warn(...values: any[]): void; error(...values: any[]): void; debug(...values: any[]): void }`

/** The TypeScript that scripts are checked against: every action in its namespace, and every type they speak of. */
export function declarationsOf(catalogue: Catalogue): string {
  const namespaces = Map.groupBy(catalogue, ({ name }) => namespaceOf(name))
  const blocks = [...namespaces].map(([namespace, actions]) => {
    const members = actions.map((action) => `  /** ${action.summary} */\n  function ${memberOf(action)}`)
    return `declare namespace ${namespace} {\n${members.join("\n")}\n}`
  })
  return [typesOf(catalogue), builtIn, ...blocks].join("\n\n")
}

/** One action as a declaration: `leads.get(id: number): Promise<Known>`. */
export function declare(action: Action<never>): string {
  return `${namespaceOf(action.name)}.${memberOf(action)}`
}

/** An action for a reader who knows that every one is awaited: `leads.get(id: number): Known`. */
export function declareBriefly(action: Action<never>): string {
  const { parameters, answer } = signatureOf(action)
  return `${action.name}(${parameters})${answer === "null" ? "" : `: ${answer}`}`
}

/** The named types that these actions speak of, also by way of other types, but for those left out. */
export function typesOf(catalogue: Catalogue, leftOut: string[] = []): string {
  const found = new Map<string, JsonSchema>()
  for (const action of catalogue) {
    const { parameters, answer } = schemasOf(action)
    for (const schema of [parameters, answer]) {
      for (const [name, definition] of Object.entries(schema.$defs ?? {})) found.set(name, definition)
    }
  }
  return [...found]
    .filter(([name]) => !leftOut.includes(name))
    .map(([name, definition]) => `type ${name} = ${typeText(definition)}`)
    .join("\n")
}

/** Changes whenever a script that was written for these actions might mean something else. */
export function versionOf(catalogue: Catalogue): string {
  const known = versions.get(catalogue) ?? createHash("sha256").update(declarationsOf(catalogue)).digest("hex")
  versions.set(catalogue, known)
  return known
}

/** Every run asks for these, and neither a catalogue nor an action ever changes. */
const versions = new WeakMap<Catalogue, string>()
const schemas = new WeakMap<Action<never>, { parameters: JsonSchema; answer: JsonSchema }>()

type JsonSchema = {
  /** Given by a shape that is clearer in TypeScript than its schema would be. */
  typescript?: string
  $ref?: string
  $defs?: Record<string, JsonSchema>
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  additionalProperties?: JsonSchema | boolean
}

function namespaceOf(name: string): string {
  return name.slice(0, name.indexOf("."))
}

function memberOf(action: Action<never>): string {
  const { parameters, answer } = signatureOf(action)
  return `${action.name.slice(action.name.indexOf(".") + 1)}(${parameters}): Promise<${answer}>`
}

function signatureOf(action: Action<never>): { parameters: string; answer: string } {
  const schemas = schemasOf(action)
  const { properties = {}, required } = schemas.parameters
  const parameters = Object.entries(properties).map(([name, type]) => memberText(name, type, required))
  return { parameters: parameters.join(", "), answer: typeText(schemas.answer.properties?.answer ?? {}) }
}

function schemasOf(action: Action<never>) {
  const known = schemas.get(action) ?? {
    parameters: schemaOf(z.object(action.parameters), "input"),
    answer: schemaOf(z.object({ answer: action.returns }), "output"),
  }
  schemas.set(action, known)
  return known
}

/** What zod writes is JSON Schema, of which the members above are read. */
function schemaOf(type: z.ZodType, io: "input" | "output"): JsonSchema {
  return z.toJSONSchema(type, { io, unrepresentable: "any" }) as JsonSchema
}

function typeText(schema: JsonSchema): string {
  if (schema.typescript) return schema.typescript
  if (schema.$ref) return schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ")
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return [...new Set(choices.map(typeText))].join(" | ")
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeText({ ...schema, type })).join(" | ")
  if (schema.type === "array") return `${wrapped(typeText(schema.items ?? {}))}[]`
  if (schema.type === "object") return objectText(schema)
  if (schema.type === "integer") return "number"
  return schema.type ?? "any"
}

function objectText({ properties, required, additionalProperties }: JsonSchema): string {
  if (properties) {
    const members = Object.entries(properties).map(([name, type]) => memberText(name, type, required))
    return `{ ${members.join("; ")} }`
  }
  return `Record<string, ${typeof additionalProperties === "object" ? typeText(additionalProperties) : "any"}>`
}

function memberText(name: string, type: JsonSchema, required: string[] = []): string {
  return `${name}${required.includes(name) ? "" : "?"}: ${typeText(type)}`
}

function wrapped(text: string): string {
  return text.includes(" | ") ? `(${text})` : text
}
