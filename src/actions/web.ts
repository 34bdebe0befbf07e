import { z } from "zod"
import { withStep } from "../browser/sites/web/page/steps.ts"
import { text } from "./answers.ts"
import { type ActionContext, ActionRefused, type Opening } from "./define.ts"
import { fenced } from "./fence.ts"
import { placeOf } from "./openings.ts"
import { ownerOfLead } from "./pages.ts"
import { action, type Services } from "./services.ts"
import { lineOf } from "./taint.ts"

const longestText = 8_000
const longestTitle = 200
const longestAddress = 500
const mostLinks = 40

const looked = z
  .object({
    kind: z.enum(["found", "gone", "private", "blocked", "drift", "parked"]),
    url: z.string(),
    title: text,
    text: z.string(),
    left: z.int(),
    links: z.array(z.object({ handle: z.string(), text: z.string() })),
    evidence: z.int().nullable(),
    reason: text,
  })
  .meta({ id: "Looked" })
type Looked = z.input<typeof looked>

const place = z.string().trim().min(1).max(longestAddress)
const handle = z.string().regex(/^\d+:c\d+$/, "A control's handle, such as 31:c5, as web.open shows it.")
const from = z.int().min(0).max(10_000_000).optional()

/** Pages that no adapter is for, by the lane of company sites. */
export const webActions = [
  action({
    name: "web.read",
    effect: "browse",
    summary: "The main text of any page, by address or a link's handle; `from` reads on",
    example:
      'const page = await web.read("https://acme.example/about")\nprint(page.text, page.links)\nreturn page.links[0] && (await web.read(page.links[0].handle)).title',
    parameters: { place, from },
    returns: looked,
    taints: ({ evidence }) => evidence !== null,
    opens: ({ place }) => openingOf(place),
    run: (context, { place, from = 0 }) => read(context, place, from),
  }),
  action({
    name: "web.open",
    effect: "browse",
    summary:
      "A page's outline with handles on links (31:l3) and controls (31:c5); hint marks words that it does not show",
    example: 'print((await web.open("https://acme.example/team")).text)\nprint((await web.click("31:c5")).text)',
    parameters: { place, from },
    returns: looked,
    taints: ({ evidence }) => evidence !== null,
    opens: ({ place }) => openingOf(place),
    run: (context, { place, from = 0 }) => open(context, place, from),
  }),
  action({
    name: "web.click",
    effect: "browse",
    summary: "Presses a control that web.open has shown, and shows what stands there then; forms are not sent",
    example: 'print((await web.click("31:c5")).text)',
    parameters: { handle },
    returns: looked,
    opens: ({ handle }) => elementOf(handle, null),
    run: (context, { handle }) => touch(context, handle, null),
  }),
  action({
    name: "web.type",
    effect: "browse",
    summary: "Writes a few words into a search field that web.open has shown, and presses Enter",
    example: 'print((await web.type("31:c2", "Ada Example")).text)',
    parameters: {
      handle,
      words: z
        .string()
        .trim()
        .min(1)
        .max(80)
        .regex(/^[^\n\r]*$/),
    },
    returns: looked,
    opens: ({ handle, words }) => elementOf(handle, words),
    run: (context, { handle, words }) => touch(context, handle, words),
  }),
]

function openingOf(place: string): Opening {
  if (/^\d+:[lc]\d+$/.test(place)) return elementOf(place, null)
  const address = /^https?:\/\//i.test(place) ? place : `https://${place}`
  if (!URL.canParse(address)) return { kind: "refused", reason: `${place} is no address and no handle of a link.` }
  return { kind: "address", url: withoutHash(address) }
}

function elementOf(handle: string, words: string | null): Opening & { kind: "element" } {
  const [evidence = "", element = ""] = handle.split(":")
  return { kind: "element", evidence: Number(evidence), element, words }
}

async function read(context: ActionContext<Services>, place: string, from: number): Promise<Looked> {
  const seen = await load(context, await addressOf(context, place))
  if (seen.kind !== "read" || seen.reading.kind !== "found") return unseen(seen)
  const { reading, evidenceId: evidence } = seen
  const links = (reading.fields.links ?? []).map(({ text }, at) => ({ handle: `${evidence}:l${at}`, text }))
  return {
    ...found(seen, reading.text.split("\nStructured data:\n")[0] ?? "", from),
    links: links.slice(0, mostLinks),
  }
}

async function open(context: ActionContext<Services>, place: string, from: number): Promise<Looked> {
  return outline(context, await addressOf(context, place), from)
}

async function outline(context: ActionContext<Services>, address: string, from: number): Promise<Looked> {
  const seen = await load(context, address)
  if (seen.kind !== "read" || seen.reading.kind !== "found") return unseen(seen)
  const taken = await context.services.snapshot(seen.evidenceId)
  if (taken.kind === "refused") throw new ActionRefused(taken.reason)
  return found(seen, taken.snapshot.text, from)
}

/** Takes one step more than the page's address names, and looks again. */
async function touch(context: ActionContext<Services>, handle: string, words: string | null): Promise<Looked> {
  const opening = elementOf(handle, words)
  const taken = await context.services.snapshot(opening.evidence)
  if (taken.kind === "refused") throw new ActionRefused(taken.reason)
  const at = Number(opening.element.slice(1))
  const control = taken.snapshot.controls.find((one) => one.at === at)
  if (!control) throw new ActionRefused(`The page has no ${handle}.`)
  if (words !== null && control.role !== "textbox") throw new ActionRefused(`${handle} is no field to write in.`)
  const step = { at, print: control.print }
  const next = withStep(
    await addressOf(context, handle),
    words === null ? { kind: "click", ...step } : { kind: "type", ...step, words },
  )
  return outline(context, next, 0)
}

/** The address of a place; for a control, that of its page with the steps that led to it. */
async function addressOf({ store, runId }: ActionContext<Services>, place: string): Promise<string> {
  const opening = openingOf(place)
  if (opening.kind === "address") return opening.url
  const address = opening.kind === "element" ? await placeOf(store, await lineOf(store, runId), opening) : null
  if (address === null) throw new ActionRefused(`${place} is no address and no handle of a link.`)
  return address
}

type Loaded = Awaited<ReturnType<typeof load>>

async function load(context: ActionContext<Services>, url: string) {
  const { services, runId, signal } = context
  const read = await services.read(url, { runId, owner: await ownerOfLead(context), signal, as: "web.page" })
  if (read.kind === "refused") throw new ActionRefused(read.reason)
  return { ...read, url }
}

function found({ reading, evidenceId: evidence }: Loaded & { kind: "read" }, whole: string, from: number): Looked {
  const { url } = reading
  const title = reading.title?.slice(0, longestTitle) ?? null
  return {
    kind: "found",
    url,
    title,
    ...fenced({ evidence, url, text: whole }, from, longestText),
    links: [],
    evidence,
    reason: null,
  }
}

function unseen(seen: Loaded): Looked {
  const nothing = { title: null, text: "", left: 0, links: [] }
  if (seen.kind === "parked") return { kind: "parked", url: seen.url, ...nothing, evidence: null, reason: seen.reason }
  const { url, kind, reason } = seen.reading
  return { kind, url, ...nothing, evidence: seen.evidenceId, reason: reason ?? kind }
}

function withoutHash(address: string): string {
  const url = new URL(address)
  url.hash = ""
  return url.href
}
