import { z } from "zod"
import type { Action } from "./define.ts"

/** What actions answer with, as TypeScript. */
export const types = `type Lead = { id; name; title; companyId; company; email; phone; linkedinUrl; xHandle; location; status; value; score; owner; source; custom; enrichedAt; createdAt; updatedAt } // absent: null
type Company = { id; name; domain; linkedinUrl; xHandle; industry; size; location; description }
type Fact = { field: string; value; evidence?: number; quote?: string; reason?: string } // no evidence: an inference, say from what
type Seen = { kind: "found" | "gone" | "private" | "blocked" | "drift" | "parked"; reason: string | null; fields; facts: Fact[]; evidence: number | null }
type Learned = { field: string; kind: "learned" | "unchanged" | "suggested" | "kept" | "refused"; reason: string }`

type JsonSchema = {
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  anyOf?: JsonSchema[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  additionalProperties?: JsonSchema | boolean
}

/** One action as a declaration: `leads.find(query?: { ... }): Promise<Lead[]>`. */
export function declare(action: Action<never>): string {
  return `${action.name}(${parametersOf(action)}): Promise<${action.returns}>`
}

function parametersOf(action: Action<never>): string {
  const schema = z.toJSONSchema(z.object(action.parameters), { io: "input", unrepresentable: "any" }) as JsonSchema
  return Object.entries(schema.properties ?? {})
    .map(([name, type]) => `${name}${schema.required?.includes(name) ? "" : "?"}: ${typeText(type)}`)
    .join(", ")
}

function typeText(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ")
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeText))].join(" | ")
  if (schema.type === "array") return `${wrapped(typeText(schema.items ?? {}))}[]`
  if (schema.type === "object" && schema.properties) return objectText(schema)
  if (schema.type === "object") return "Record<string, unknown>"
  if (schema.type === "integer") return "number"
  return typeof schema.type === "string" ? schema.type : "unknown"
}

function objectText(schema: JsonSchema): string {
  const properties = Object.entries(schema.properties ?? {})
  if (properties.some(([name]) => name === "quote")) return "Fact"
  return `{ ${properties.map(([name, type]) => `${name}${schema.required?.includes(name) ? "" : "?"}: ${typeText(type)}`).join("; ")} }`
}

function wrapped(text: string): string {
  return text.includes(" | ") ? `(${text})` : text
}
