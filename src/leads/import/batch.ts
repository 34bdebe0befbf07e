import type { Value } from "../../db/bulk.ts"
import type { JsonObject } from "../../db/json.ts"
import { personColumns } from "../fields.ts"
import type { ImportedLead, RowResult } from "./lead-file.ts"
import { type EmployerMarks, identityKey, keyHash, type Marks, openMarks } from "./marks.ts"
import { refusalColumn } from "./refused.ts"

export type LeadRow = { line: number; row: ImportedLead }
export type MarkedRow = LeadRow & { marks: Marks }
export type RefusedRow = { line: number; reason: string }
type Bytes = Uint8Array<ArrayBuffer>

/** Rows of a file, worked out so far that those of people who are new go into the database as they stand. Leads are known by their
 * place: the first is 0. Everything that is long is bytes of JSON: they wait outside of the heap, pass from thread to thread without
 * being copied, and most are never looked into. */
export type Batch = {
  read: number
  refused: RefusedRow[]
  /** How many leads there are. */
  size: number
  /** Lists of a place, its values in the order of `leadColumns`, and which of the employers is its own. */
  leads: Bytes
  /** Lists of a place, a kind and a value. */
  identities: Bytes
  /** Lists of a place and a text. */
  notes: Bytes
  /** The names of those who are recognised by name with company. */
  names: Bytes
  /** A list of `EmployerMarks`, each once; and which of them is each lead's. */
  employers: Bytes
  employerOf: Int32Array<ArrayBuffer>
  /** Pairs of a place and the `keyHash` of one of its keys: the identities, and name with company. */
  keys: Int32Array<ArrayBuffer>
  /** Places of rows that one has to look at: they share a key with another of the batch, or say more than what a lead is. */
  special: number[]
  /** The rows whole, a line for each. */
  rows: Bytes
}

export const leadColumns = [...personColumns, "status", "value", "owner", "custom"] as const

/** Makes batches of rows, of which leads without an owner get this one. What many rows say of their company is worked out once. */
export function openBatches(owner: string | null): (rows: RowResult[]) => Batch {
  const marksOf = openMarks()
  return (rows) => {
    const refused: RefusedRow[] = []
    const leads: MarkedRow[] = []
    for (const row of rows) {
      if (row.kind === "refused") refused.push({ line: row.line, reason: row.reason })
      else leads.push({ line: row.line, row: owned(row.lead, owner), marks: marksOf(row.lead) })
    }
    const keys = keysOf(leads)
    return {
      read: rows.length,
      refused,
      size: leads.length,
      ...newPeople(leads),
      names: jsonBytes(
        leads.flatMap(({ row, marks }) => (marks.namesake === null || row.name === null ? [] : [row.name])),
      ),
      keys,
      special: [...sharing(keys), ...leads.flatMap(({ row }, place) => (row.doNotContact ? [place] : []))],
      rows: bytesOf(leads.map(({ line, row }) => JSON.stringify({ line, row })).join("\n")),
    }
  }
}

/** What making leads of people takes. */
export type NewPeople = Pick<Batch, "leads" | "identities" | "notes" | "employers" | "employerOf">

export function newPeople(leads: MarkedRow[]): NewPeople {
  const employers = new Map<EmployerMarks, number>()
  const employerOf = leads.map(({ marks: { employer } }) => {
    const place = employers.get(employer) ?? employers.size
    employers.set(employer, place)
    return place
  })
  return {
    leads: jsonBytes(leads.map(({ row }, place) => [place, ...valuesOf(row), employerOf[place]])),
    identities: jsonBytes(
      leads.flatMap(({ marks }, place) => marks.identities.map(({ kind, value }) => [place, kind, value])),
    ),
    notes: jsonBytes(leads.flatMap(({ row }, place) => (row.notes ? [[place, row.notes]] : []))),
    employers: jsonBytes([...employers.keys()]),
    employerOf: new Int32Array(employerOf),
  }
}

/** Looks rows up by their places. */
export function openRows({ rows }: Batch): (place: number) => LeadRow {
  const text = Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength)
  const starts = [0]
  for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10, at + 1)) starts.push(at + 1)
  return (place) => JSON.parse(text.toString("utf8", starts[place], (starts[place + 1] ?? text.length + 1) - 1))
}

/** What stands in bytes of JSON. */
export function fromBytes<T>(bytes: Bytes): T {
  return JSON.parse(new TextDecoder().decode(bytes))
}

/** Gives back what a batch holds, which the garbage collector would leave for long. */
export function release(batch: Batch): void {
  for (const value of Object.values(batch)) if (ArrayBuffer.isView(value)) value.buffer.transfer(0)
}

/** What a lead keeps of its row beside its columns. */
export function customOf(row: ImportedLead): JsonObject {
  const morePhones = row.phones.slice(1)
  const { [refusalColumn]: _, ...custom } = row.custom
  return {
    ...custom,
    ...(row.connectedOn ? { connected_on: row.connectedOn } : {}),
    ...(row.website ? { website: row.website } : {}),
    ...(morePhones.length > 0 ? { more_phones: morePhones } : {}),
  }
}

function owned(lead: ImportedLead, owner: string | null): ImportedLead {
  return lead.owner === null && owner !== null ? { ...lead, owner } : lead
}

function valuesOf(row: ImportedLead): Value[] {
  return [
    row.name,
    row.title,
    row.company,
    row.emails[0] ?? null,
    row.phones[0] ?? null,
    row.linkedinUrl,
    row.xHandle,
    row.location,
    row.status ?? "new",
    row.value,
    row.owner,
    JSON.stringify(customOf(row)),
  ]
}

function keysOf(leads: MarkedRow[]): Batch["keys"] {
  const keys: number[] = []
  for (const [place, { marks }] of leads.entries()) {
    for (const identity of marks.identities) keys.push(place, keyHash(identityKey(identity)))
    if (marks.namesake !== null) keys.push(place, keyHash(marks.namesake))
  }
  return new Int32Array(keys)
}

/** The places of leads that may have a key in common with another. */
function sharing(keys: Batch["keys"]): number[] {
  const first = new Map<number, number>()
  const found = new Set<number>()
  for (let i = 0; i < keys.length; i += 2) {
    const [place = 0, key = 0] = [keys[i], keys[i + 1]]
    const other = first.get(key)
    if (other === undefined) first.set(key, place)
    else if (other !== place) found.add(other).add(place)
  }
  return [...found]
}

function jsonBytes(value: unknown[]): Bytes {
  return bytesOf(JSON.stringify(value))
}

function bytesOf(text: string): Bytes {
  return new TextEncoder().encode(text)
}
