import { asc, eq } from "drizzle-orm"
import { Hono } from "hono"
import { streamSSE } from "hono/streaming"
import { z } from "zod"
import type { Desk } from "../../src/conversation/desk.ts"
import type { Json } from "../../src/db/json.ts"
import type { Store } from "../../src/db/store.ts"
import { type Call, type Message, type Run, tables } from "../../src/db/tables.ts"
import type { Person } from "../access.ts"
import { actorName, modelName, money, number, time } from "../elements.ts"
import { NotFound } from "../errors.ts"
import { type Html, html } from "../html.ts"
import type { Frame, PageEnv } from "../layout.ts"
import { maySee } from "../own-runs.ts"
import type { RunWords, Word } from "../run-words.ts"

/** What a message is made of, as far as it is shown; anything else is shown as JSON. */
const block = z.union([
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.literal("thinking"), thinking: z.string() }),
  z.object({ type: z.literal("tool_use"), name: z.string(), input: z.json() }),
  z.object({ type: z.literal("tool_result"), content: z.json().optional(), is_error: z.boolean().optional() }),
])
type Block = z.output<typeof block>
const script = z
  .object({ code: z.string() })
  .or(z.object({ script: z.string() }).transform(({ script }) => ({ code: script })))

type Transcript = { run: Run; messages: Message[]; calls: Call[] }

/** One run as a conversation: what was asked, what the agent wrote, what it called and what came of it. */
export function runRoutes(
  store: Store,
  frame: Frame,
  words: RunWords | undefined,
  desk: Desk | undefined,
): Hono<PageEnv> {
  const { runs, messages, calls } = tables
  const app = new Hono<PageEnv>()
  const runFor = async (person: Person, id: string): Promise<Run> => {
    const [run] = await store.read((db) =>
      db
        .select()
        .from(runs)
        .where(eq(runs.id, Number(id))),
    )
    if (!run || !maySee(person, run)) throw new NotFound(`There is no run ${id} for you.`)
    return run
  }
  const read = async (person: Person, id: string): Promise<Transcript> => {
    const run = await runFor(person, id)
    return store.read(async (db) => {
      return {
        run,
        messages: await db.select().from(messages).where(eq(messages.runId, run.id)).orderBy(asc(messages.id)),
        calls: await db.select().from(calls).where(eq(calls.runId, run.id)).orderBy(asc(calls.id)),
      }
    })
  }
  app.get("/runs/:id{[0-9]+}", async (c) => {
    const found = await read(c.get("person"), c.req.param("id"))
    const shown = html`<article class="record run" data-run="${found.run.id}">${runHeader(found.run)}${transcript(found)}</article>`
    return frame(c, { title: `Run ${found.run.id}`, at: "/runs" }, shown)
  })
  app.get("/runs/:id{[0-9]+}/words", async (c) => {
    const { id: run } = await runFor(c.get("person"), c.req.param("id"))
    return streamSSE(c, async (stream) => {
      const control = new AbortController()
      stream.onAbort(() => control.abort())
      for await (const word of wordsOf(run, control.signal)) {
        await stream.writeSSE({ event: word.kind, data: word.kind === "text" ? JSON.stringify(word.text) : "" })
      }
      await stream.writeSSE({ event: "ended", data: "" })
    })
  })
  app.get("/runs/:file{[0-9]+\\.json}", async (c) =>
    c.json(await read(c.get("person"), c.req.param("file").replace(".json", ""))),
  )

  /** What a run of this process writes. Of another process the page learns when a message is finished. */
  async function* wordsOf(run: number, signal: AbortSignal): AsyncGenerator<Word> {
    if (desk?.isAtWork(run)) {
      for await (const { heard } of desk.hear(run, 0, signal)) {
        if (heard.kind === "text" || heard.kind === "row" || heard.kind === "void") yield heard
      }
    } else if (words) {
      yield* words.follow(run, signal)
    }
  }

  return app
}

function runHeader(run: Run): Html {
  const outcome = run.outcome ?? "running"
  const facts = [
    ["Model", html`${modelName(run.model)}`],
    ["Asked by", html`${actorName(run.person)}`],
    ["Started", time(run.startedAt)],
    [
      "Tokens",
      html`${number(run.inputTokens)} in, ${number(run.outputTokens)} out, ${number(run.cachedTokens)} from cache`,
    ],
    ["Cost", html`${money(run.costUsd)} for ${number(run.requests)} ${run.requests === 1 ? "request" : "requests"}`],
    ["Has read", html`${run.tainted ? "text from outside (tainted)" : "nothing from outside"}`],
  ] as const
  return html`<header class="who"><p class="crumb"><a href="/runs">Runs</a></p>
<div class="title"><div><h1>${run.agent} ${run.id}</h1>${run.summary ? html`<p>${run.summary}</p>` : ""}</div><span class="state" data-state="${outcome}">${outcome}</span></div>
<dl class="figures">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
${run.leadId === null ? "" : html`<div><dt>Lead</dt><dd><a href="/leads/${run.leadId}">lead ${run.leadId}</a></dd></div>`}
${run.parentId === null ? "" : html`<div><dt>Started by</dt><dd><a href="/runs/${run.parentId}">run ${run.parentId}</a></dd></div>`}</dl>
<p class="quiet">To take back everything it changed: <code>giant undo ${run.id}</code></p></header>`
}

/** Messages in their order, the prompt first; a call stands after the message that asked for it. */
function transcript({ run, messages, calls }: Transcript): Html {
  const entries: Html[] = []
  const left = [...calls]
  const callsUntil = (isBefore: (call: Call) => boolean) => {
    for (let call = left[0]; call && isBefore(call); call = left[0]) {
      entries.push(callEntry(call))
      left.shift()
    }
  }
  for (const [at, message] of messages.entries()) {
    const isAnswer = message.role === "user"
    if (at > 0)
      callsUntil(({ createdAt }) => createdAt < message.createdAt || (isAnswer && createdAt === message.createdAt))
    entries.push(...messageEntry(message))
  }
  callsUntil(() => true)
  const asked =
    messages.length === 0 ? html`<li class="said" data-by="user"><h2>Asked</h2><p>${run.prompt}</p></li>` : ""
  const working =
    run.endedAt === null
      ? html`<li class="working"><span role="status"><span class="pulse"></span>working</span></li>`
      : ""
  return html`<ol class="transcript">${asked}${entries}${working}</ol>`
}

function messageEntry({ role, content, stopReason }: Message): Html[] {
  const blocks =
    typeof content === "string"
      ? [{ type: "text" as const, text: content }]
      : Array.isArray(content)
        ? content
        : [content]
  const stopped =
    stopReason !== null && !["end_turn", "tool_use"].includes(stopReason)
      ? [html`<li class="quiet">Stopped: ${stopReason}</li>`]
      : []
  return [...blocks.map((one) => blockEntry(role, one)), ...stopped]
}

function blockEntry(role: Message["role"], content: Json): Html {
  const parsed = block.safeParse(content)
  if (!parsed.success) return html`<li class="result"><pre>${JSON.stringify(content, null, 2)}</pre></li>`
  return knownBlock(role, parsed.data)
}

function knownBlock(role: Message["role"], shown: Block): Html {
  switch (shown.type) {
    case "text":
      return html`<li class="said" data-by="${role}"><h2>${role === "user" ? "Asked" : "Agent"}</h2><p>${shown.text}</p></li>`
    case "thinking":
      return html`<li class="thought"><details><summary>Thought about it</summary><p>${shown.thinking}</p></details></li>`
    case "tool_use": {
      const code = script.safeParse(shown.input)
      return html`<li class="script"><h2>${shown.name}</h2><pre><code>${code.success ? code.data.code : JSON.stringify(shown.input, null, 2)}</code></pre></li>`
    }
    case "tool_result":
      return html`<li class="result"${shown.is_error ? html` data-error` : ""}><h2>${shown.is_error ? "It failed" : "It answered"}</h2><pre>${resultText(shown.content ?? null)}</pre></li>`
  }
}

/** The words of a result; JSON in it is set out for reading. */
function resultText(content: Json): string {
  if (typeof content === "string") return setOut(content)
  if (!Array.isArray(content)) return JSON.stringify(content, null, 2)
  const texts = content.map((part) => {
    const text = z.object({ type: z.literal("text"), text: z.string() }).safeParse(part)
    return text.success ? setOut(text.data.text) : JSON.stringify(part, null, 2)
  })
  return texts.join("\n")
}

function setOut(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

function callEntry(call: Call): Html {
  const failed = call.result !== null && call.result !== "ok"
  return html`<li class="call" data-verdict="${call.verdict}"><details><summary><code>${call.action}</code>
<span class="verdict">${call.verdict}</span>${call.result === null ? "" : html`<span${failed ? html` class="failed"` : ""}>${call.result}</span>`}
${call.milliseconds === null ? "" : html`<span class="quiet">${number(call.milliseconds)} ms</span>`}</summary>
<p class="quiet">${call.effect}: ${call.reason}</p><pre>${JSON.stringify(call.arguments, null, 2)}</pre></details></li>`
}
