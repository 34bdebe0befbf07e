import { and, eq, getTableColumns } from "drizzle-orm"
import type { Json } from "../db/json.ts"
import type { Author, Db, Store } from "../db/store.ts"
import { type DefinedField, tables } from "../db/tables.ts"
import { choice, type Entity, type Field, fieldsOf, form, teamFields, text } from "./fields.ts"
import { parseDate } from "./normal-forms/date.ts"
import { parseNumber } from "./normal-forms/number.ts"
import { wordsOf } from "./normal-forms/text.ts"
import { parseUrl } from "./normal-forms/web-address.ts"
import { tableOf } from "./values.ts"

type FieldDefinition = Pick<DefinedField, "entity" | "name" | "type"> & { label?: string; choices?: string[] }
type Defined =
  | { kind: "defined"; field: DefinedField }
  | { kind: "unchanged"; field: DefinedField }
  | { kind: "refused"; reason: string }

const longestName = 40

/** Adds a field to leads or companies; its values have a normal form by its type. Defining it again may rename its label and add
 * choices; its type stays, because values of it exist. */
export async function defineField(store: Store, author: Author, wanted: FieldDefinition, now: Date): Promise<Defined> {
  const { entity, name, type } = wanted
  const wrong = whatIsWrong(wanted)
  if (wrong) return { kind: "refused", reason: wrong }
  return store.change(author, async (db): Promise<Defined> => {
    const known = await definition(db, entity, name)
    const choices = [...new Set([...(known?.choices ?? []), ...(wanted.choices ?? [])])]
    const label = wanted.label?.trim() || known?.label || name.replaceAll("_", " ")
    if (!known) {
      const values = { entity, name, type, label, choices, createdAt: now.toISOString() }
      const [field] = await db.insert(tables.fields).values(values).returning()
      if (!field) throw new Error("The database made no row for a field.")
      return { kind: "defined", field }
    }
    if (known.type !== type) {
      return { kind: "refused", reason: `${name} is a ${known.type} already; give the new field another name.` }
    }
    if (known.label === label && known.choices.length === choices.length) return { kind: "unchanged", field: known }
    await db.update(tables.fields).set({ label, choices }).where(eq(tables.fields.id, known.id))
    return { kind: "defined", field: { ...known, label, choices } }
  })
}

/** The fields that the team added, in the order in which it did. */
export function definedFields(store: Store, entity: Entity): Promise<DefinedField[]> {
  const { fields } = tables
  return store.read((db) => db.select().from(fields).where(eq(fields.entity, entity)).orderBy(fields.id))
}

/** A field that can be learned, by its name. */
export async function fieldNamed(db: Db, entity: Entity, name: string): Promise<Field | null> {
  const own = Object.hasOwn(fieldsOf(entity), name) ? fieldsOf(entity)[name] : undefined
  if (own) return own
  const defined = await definition(db, entity, name)
  return defined ? customField(defined) : null
}

function whatIsWrong({ entity, name, type, choices = [] }: FieldDefinition): string | null {
  if (!/^[a-z][a-z0-9_]*$/.test(name) || name.length > longestName) {
    return `${name} is no name of a field: lower-case letters, digits and _, at most ${longestName}, such as renewal_date.`
  }
  const taken = [...Object.keys({ ...fieldsOf(entity), ...teamFields }), ...columnNames(entity)]
  if (taken.includes(name)) return `A ${entity} has a field ${name} already.`
  if (type === "choice" && choices.length === 0) return `${name} needs its choices.`
  if (type !== "choice" && choices.length > 0) return `Only a field of type choice has choices; ${name} is a ${type}.`
  const isSameWord = new Set(choices.map(wordsOf)).size < choices.length || choices.some((one) => wordsOf(one) === "")
  return isSameWord ? `The choices of ${name} must differ in more than case and punctuation.` : null
}

function columnNames(entity: Entity): string[] {
  return Object.values(getTableColumns(tableOf(entity))).map((column) => column.name)
}

async function definition(db: Db, entity: Entity, name: string): Promise<DefinedField | null> {
  const { fields } = tables
  const [found] = await db
    .select()
    .from(fields)
    .where(and(eq(fields.entity, entity), eq(fields.name, name)))
  return found ?? null
}

function customField({ name, type, choices }: DefinedField): Field {
  if (type === "choice") return choice(name, null, choices)
  if (type === "number") return { ...form(name, null, parseNumber, /[+-]?\d[\d.,'’ ]*/g, null), normalise: numberIn }
  if (type === "date") return { ...form(name, null, (day) => parseDate(day), /.+/g, null), saidBy: saysDate }
  if (type === "flag") return flag(name)
  return type === "url" ? form(name, null, parseUrl, /\S+/g, null) : text(name, null)
}

function numberIn(value: Json): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null
  return typeof value === "string" ? parseNumber(value) : null
}

/** A date may stand anywhere in a quote. */
function saysDate(value: Json, quote: string): boolean {
  const words = quote.split(" ")
  return words.some((_, at) => parseDate(words.slice(at, at + 3).join(" ")) === value)
}

/** Words alone do not say what a flag means, so that a quote supports it only where it is nothing but a yes or no. */
function flag(name: string): Field {
  const normalise = (value: Json) => {
    if (typeof value === "boolean") return value
    const word = typeof value === "string" ? value.trim().toLowerCase() : ""
    return ["yes", "true", "1"].includes(word) ? true : ["no", "false", "0"].includes(word) ? false : null
  }
  return { name, column: null, identity: null, normalise, saidBy: (value, quote) => normalise(quote) === value }
}
