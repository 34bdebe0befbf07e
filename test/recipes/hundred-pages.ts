import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { profilePage } from "../../src/rehearsal/web/linkedin/profile.ts"
import { refusalPage } from "../../src/rehearsal/web/linkedin/walls.ts"
import { xProfilePage } from "../../src/rehearsal/web/x/profile.ts"
import { type ListedLead, olderPage } from "./hundred-leads.ts"

type Page = { html?: string; status?: number; location?: string }

/** Writes what stands at the addresses of the leads into a folder that the replica serves. */
export function writePages(folder: string, leads: ListedLead[]): void {
  for (const lead of leads) {
    put(folder, `www.linkedin.com/in/${lead.slug}`, profileOf(lead))
    if (lead.xHandle) put(folder, `x.com/${lead.xHandle}`, { html: xPageOf(lead, lead.xHandle) })
  }
}

function profileOf({ kind, person, slug }: ListedLead): Page {
  if (kind === "authwall") return { status: 302, location: `/authwall?trk=bf&sessionRedirect=${slug}` }
  if (kind === "checkpoint") return { status: 302, location: "/checkpoint/challenge/replica" }
  if (kind === "status-999") return { status: 999, html: refusalPage().text }
  if (kind === "gone" || person === null) return { status: 302, location: "/404/" }
  if (kind === "layout-2022" || kind === "layout-2023" || kind === "guest") return { html: olderPage(kind, person) }
  return { html: `<!DOCTYPE html>\n${profilePage(person).text}` }
}

function xPageOf({ kind, name }: ListedLead, handle: string): string {
  return xProfilePage({
    ...{ handle, author: { name, handle }, bio: "Counts boats.", location: "Leeds", followers: 420, following: 12 },
    ...{ joined: "2014-03", posts: [], schema: false, employer: null, shortLink: "https://t.co/none" },
    state: kind === "x-suspended" ? "suspended" : kind === "x-protected" ? "protected" : "open",
  }).text
}

function put(folder: string, address: string, { html, status = 200, location }: Page): void {
  const place = join(folder, ...address.split("/"))
  mkdirSync(place, { recursive: true })
  if (html !== undefined) writeFileSync(join(place, "index.html"), html)
  if (status !== 200)
    writeFileSync(join(place, "response.json"), JSON.stringify({ status, headers: location ? { location } : {} }))
}
