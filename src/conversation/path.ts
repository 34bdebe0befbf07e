import { and, desc, eq } from "drizzle-orm"
import { z } from "zod"
import { conditionsFor, type Found } from "../actions/finding.ts"
import type { JsonObject } from "../db/json.ts"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { findLeads, leadListing, leadQuery } from "../leads/find.ts"
import { companyListing, companyQuery, findCompanies } from "../leads/find-companies.ts"
import type { Shown } from "./answers.ts"

/** The page of the viewer that shows what an answer shows: the view, or the table whose filters find exactly these rows. Null where
 * there is none. */
export async function pathOf(store: Store, runId: number, shown: Shown): Promise<string | null> {
  if (shown.kind === "view") return `/views/${shown.id}`
  if (shown.kind === "leads") {
    return tablePath(store, runId, shown.rows, { action: "leads.find", path: "/", listing: leadListing }, (asked) => {
      const query = leadQuery.safeParse(asked)
      return query.success ? findLeads(store, query.data) : null
    })
  }
  if (shown.kind !== "companies") return null
  const table = { action: "companies.find", path: "/companies", listing: companyListing }
  return tablePath(store, runId, shown.rows, table, (asked) => {
    const query = companyQuery.safeParse(asked)
    return query.success ? findCompanies(store, query.data) : null
  })
}

type Asked = ReturnType<typeof conditionsFor>
const arguments_ = z.tuple([z.custom<Found>((value) => typeof value === "object" && value !== null)]).or(z.tuple([]))

/** Asks again what the run's searches asked, the last one first, and takes the one that finds the same rows. */
async function tablePath(
  store: Store,
  runId: number,
  rows: JsonObject[],
  { action, path, listing }: { action: string; path: string; listing: typeof leadListing },
  find: (asked: Asked) => Promise<{ rows: { id: number }[] }> | null,
): Promise<string | null> {
  const { calls } = tables
  const searches = await store.read((db) =>
    db
      .select({ arguments: calls.arguments })
      .from(calls)
      .where(and(eq(calls.runId, runId), eq(calls.action, action), eq(calls.result, "ok")))
      .orderBy(desc(calls.id))
      .limit(5),
  )
  const ids = rows.map((row) => row.id).join()
  for (const search of searches) {
    const parsed = arguments_.safeParse(search.arguments)
    if (!parsed.success) continue
    const asked = conditionsFor(listing, parsed.data[0])
    const found = await find(asked)
    if (found && found.rows.map(({ id }) => id).join() === ids) return address(path, asked)
  }
  return null
}

function address(path: string, { q, where, sort, dir, limit }: Asked): string {
  const named = Object.entries({ q, ...where, sort, dir, limit }).flatMap(([name, value]) =>
    value === undefined ? [] : [[snakeCase(name), String(value)]],
  )
  const parameters = new URLSearchParams(named)
  return named.length > 0 ? `${path}?${parameters}` : path
}

function snakeCase(name: string): string {
  return name.startsWith("custom.") ? name : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
