import { parseCountry } from "../normal-forms/country.ts"
import { type DateOrder, dateOrderOf, parseDate } from "../normal-forms/date.ts"
import { parseEmail } from "../normal-forms/email.ts"
import { parseLinkedinCompanyUrl, parseLinkedinUrl } from "../normal-forms/linkedin.ts"
import { parseMoney } from "../normal-forms/number.ts"
import { joinName, parsePersonName } from "../normal-forms/person-name.ts"
import { parsePhone } from "../normal-forms/phone.ts"
import { foldLines, foldText } from "../normal-forms/text.ts"
import { parseCompanyDomain, parseUrl } from "../normal-forms/web-address.ts"
import { parseXHandle } from "../normal-forms/x-handle.ts"
import { type DecodeRefusalCode, openText, type Refusal, type TextFile } from "./decode.ts"
import type { FieldName, LeadSource } from "./headers.ts"
import { type MappedColumn, type MappingRefusalCode, mapColumns } from "./mapping.ts"
import type { Marks } from "./marks.ts"
import { forbidsContact, type LeadStatus, parseStatus } from "./status.ts"
import { openTable, type TableRefusalCode, type TableRow } from "./table.ts"

/** A person as a file has them, in normal forms; what the file does not say is null. */
export type ImportedLead = {
  name: string | null
  title: string | null
  company: string | null
  companyDomain: string | null
  emails: string[]
  phones: string[]
  linkedinUrl: string | null
  companyLinkedinUrl: string | null
  companyIndustry: string | null
  companySize: string | null
  xHandle: string | null
  website: string | null
  location: string | null
  status: LeadStatus | null
  value: number | null
  owner: string | null
  notes: string | null
  /** `YYYY-MM-DD`. */
  connectedOn: string | null
  /** The file says that this person must not be contacted. */
  doNotContact: boolean
  /** By header: columns that are no field of ours, and values that are not what their column says. */
  custom: Record<string, string>
}

export type RowResult =
  | { kind: "lead"; line: number; lead: ImportedLead; marks?: Marks }
  | { kind: "refused"; line: number; reason: string; raw: string }

export type LeadFileOptions = {
  /** Choices of the person, each `Header=field`. */
  map?: string[]
  /** ISO 3166 alpha-2, to read phone numbers without a country code where the row names no country. */
  region?: string | null
}

export type LeadFile = {
  kind: "opened"
  /** Whose export it is. */
  source: LeadSource
  mapping: MappedColumn[]
  columns: string[]
  bytes: number
  /** Bytes read so far by the latest reading of `rows`. */
  bytesRead(): number
  /** Batches of up to a thousand rows; each iteration reads the file from its start. */
  rows: AsyncIterable<RowResult[]>
}

export type LeadFileRefusal = Refusal<DecodeRefusalCode | TableRefusalCode | MappingRefusalCode>

const batchSize = 1000

/** Opens a file of leads, whatever product exported it: CSV, JSON or JSON lines, in any usual encoding and language. */
export async function openLeadFile(path: string, options: LeadFileOptions = {}): Promise<LeadFile | LeadFileRefusal> {
  const text = await openText(path)
  return text.kind === "refused" ? text : openChunks(text, options)
}

/** Leads out of a text that is in hand: what a file would hold. */
export function openLeadText(text: string, options: LeadFileOptions = {}): Promise<LeadFile | LeadFileRefusal> {
  async function* chunks() {
    yield text
  }
  const bytes = Buffer.byteLength(text)
  return openChunks({ bytes, bytesRead: () => bytes, chunks: { [Symbol.asyncIterator]: chunks } }, options)
}

async function openChunks(
  text: Pick<TextFile, "bytes" | "bytesRead" | "chunks">,
  options: LeadFileOptions,
): Promise<LeadFile | LeadFileRefusal> {
  const table = await openTable(text.chunks)
  if (table.kind === "refused") return table
  const mapping = mapColumns(table.columns, table.sample, options.map)
  if (mapping.kind === "refused") return mapping
  const plan = planOf(mapping.columns, table.sample, options.region ?? null)
  return {
    kind: "opened",
    source: mapping.source,
    mapping: mapping.columns,
    columns: table.columns,
    bytes: text.bytes,
    bytesRead: text.bytesRead,
    rows: { [Symbol.asyncIterator]: () => readLeads(table.rows, plan) },
  }
}

type Plan = {
  columns: Map<FieldName | "custom", { column: string; index: number }[]>
  dateOrder: DateOrder | null
  region: string | null
}

function planOf(mapping: MappedColumn[], sample: string[][], region: string | null): Plan {
  const columns: Plan["columns"] = new Map()
  for (const { field, column, index } of mapping) columns.set(field, [...(columns.get(field) ?? []), { column, index }])
  const [dates] = columns.get("connected_on") ?? []
  const dateOrder = dates ? dateOrderOf(sample.map((cells) => cells[dates.index] ?? "")) : null
  return { columns, dateOrder, region }
}

async function* readLeads(batches: AsyncIterable<TableRow[]>, plan: Plan): AsyncGenerator<RowResult[]> {
  for await (const rows of batches) {
    for (let at = 0; at < rows.length; at += batchSize)
      yield rows.slice(at, at + batchSize).map((row) => readRow(row, plan))
  }
}

function readRow(row: TableRow, plan: Plan): RowResult {
  if (row.kind === "refused") return row
  const lead = readLead({ cells: row.cells, plan, custom: [] }, row.extra)
  const { name, emails, linkedinUrl, xHandle } = lead
  if (name || emails.length > 0 || linkedinUrl || xHandle) return { kind: "lead", line: row.line, lead }
  const raw = row.cells.join(", ").slice(0, 500)
  return { kind: "refused", line: row.line, reason: "has no name and nothing to recognise a person by", raw }
}

/** A row being read; what finds no field gathers in `custom`. */
type Row = { cells: string[]; plan: Plan; custom: [string, string][] }

function readLead(row: Row, extra: Record<string, string> | null): ImportedLead {
  const country = one(row, "country", foldText)
  const region = (country && parseCountry(country)) ?? row.plan.region
  const stage = one(row, "status", foldText)
  const status = stage === null ? null : parseStatus(stage)
  const money = one(row, "value", parseMoney)
  const lead: Omit<ImportedLead, "custom"> = {
    name: nameIn(row),
    title: one(row, "title", foldText),
    company: one(row, "company", foldText),
    companyDomain: one(row, "company_domain", parseCompanyDomain),
    emails: every(row, "email", /[\s;,|<>]+/, parseEmail),
    phones: every(row, "phone", /[;|\n]|:::|,\s*(?=[+(])/, (text) => parsePhone(text, region)),
    linkedinUrl: one(row, "linkedin_url", parseLinkedinUrl),
    companyLinkedinUrl: one(row, "company_linkedin_url", parseLinkedinCompanyUrl),
    companyIndustry: one(row, "company_industry", foldText),
    companySize: one(row, "company_size", foldText),
    xHandle: one(row, "x_handle", parseXHandle),
    website: one(row, "website", parseUrl),
    location: locationIn(row, country),
    status,
    value: money?.amount ?? null,
    owner: one(row, "owner", foldText),
    notes: one(row, "notes", foldLines),
    connectedOn: one(row, "connected_on", (text) => parseDate(text, row.plan.dateOrder)),
    doNotContact: (stage !== null && forbidsContact(stage)) || isTicked(row),
  }
  if (stage !== status) keepColumns(row, "status")
  // There is no company to say it of.
  if (lead.company === null) for (const field of ["company_industry", "company_size"] as const) keepColumns(row, field)
  if (money?.currency) keep(row, "Currency", money.currency)
  keepColumns(row, "custom")
  for (const [column, value] of Object.entries(extra ?? {})) keep(row, column, value)
  return { ...lead, custom: Object.fromEntries(row.custom) }
}

/** The one value of a field. A cell that cannot be read as the field is kept as it is. */
function one<T>(row: Row, field: FieldName, parse: (text: string) => T | null): T | null {
  const [from] = row.plan.columns.get(field) ?? []
  const cell = from ? (row.cells[from.index] ?? "") : ""
  if (!from || isBlank(cell)) return null
  const value = parse(cell)
  if (value === null) keep(row, from.column, cell)
  return value
}

/** All values of a field, each once, out of every column of it. A cell with a part that cannot be read is kept as it is. */
function every(row: Row, field: FieldName, seam: RegExp, parse: (text: string) => string | null): string[] {
  const values: string[] = []
  for (const { column, index } of row.plan.columns.get(field) ?? []) {
    const cell = row.cells[index] ?? ""
    if (isBlank(cell)) continue
    const whole = parse(cell)
    const parsed = whole ? [whole] : cell.split(seam).flatMap((part) => (/[@\d]/.test(part) ? [parse(part)] : []))
    for (const value of parsed) if (value !== null && !values.includes(value)) values.push(value)
    if (parsed.length === 0 || parsed.includes(null)) keep(row, column, cell)
  }
  return values
}

function keep({ custom }: Row, column: string, cell: string) {
  const text = foldLines(cell)
  if (text) custom.push([column, text])
}

function keepColumns(row: Row, field: FieldName | "custom") {
  for (const { column, index } of row.plan.columns.get(field) ?? []) keep(row, column, row.cells[index] ?? "")
}

function nameIn({ cells, plan }: Row): string | null {
  const cell = (field: FieldName) => cells[plan.columns.get(field)?.[0]?.index ?? -1] ?? ""
  const name = parsePersonName(cell("name")) ?? joinName(cell("first_name"), cell("middle_name"), cell("last_name"))
  // "Null" and "None" are also last names: they are blank only where nothing else stands beside them.
  return name && blankWords.test(name) ? null : name
}

/** The location as the file writes it, otherwise put together of its parts. */
function locationIn(row: Row, country: string | null): string | null {
  const written = one(row, "location", foldText)
  if (!written)
    return [one(row, "city", foldText), one(row, "region", foldText), country].filter(Boolean).join(", ") || null
  for (const field of ["city", "region", "country"] as const) keepColumns(row, field)
  return written
}

function isTicked({ cells, plan }: Row): boolean {
  return (plan.columns.get("do_not_contact") ?? []).some(({ index }) =>
    /^\s*(?:1|x|y|yes|true|ja|oui|si|sim|wahr)\s*$/i.test(cells[index] ?? ""),
  )
}

function isBlank(cell: string): boolean {
  return blank.test(cell)
}

// A set would be asked for every cell of the file, and keep each.
const placeholder = "(?:-|--|—|n/a|#n/a|na|null|none|undefined|unknown|\\(blank\\)|\\[not provided\\]|#ref!|\\?)"
const blank = new RegExp(`^\\s*${placeholder}?\\s*$`, "i")
const blankWords = new RegExp(`^${placeholder}(?: ${placeholder})*$`, "i")
