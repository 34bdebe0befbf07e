/** What free HTML finds as `view`: rows of its queries, actions that it proposes, what it keeps. It speaks with its host by JSON-RPC
 * with the method names of MCP Apps, over a port that it hands over with its first message. It runs inside the frame: it is written
 * out as text, so it can use nothing from outside itself. */
export function frameClient(): void {
  type Answer = { structuredContent?: Record<string, unknown>; isError?: boolean; content?: { text?: string }[] }
  type Message = { id?: unknown; method?: unknown; result?: unknown; error?: { message?: unknown } }
  type Waiting = { resolve(value: never): void; reject(error: Error): void }

  const waiting = new Map<number, Waiting>()
  const listeners: (() => void)[] = []
  const known = new WeakMap<object, { query: string; version: string; inputs: object }>()
  const { port1: own, port2: handedOver } = new MessageChannel()
  let last = 0
  let height = 0

  own.onmessage = ({ data }) => hear(data)

  function post(message: object): void {
    own.postMessage(message)
  }

  function ask(method: string, params: object, transfer: Transferable[] = []): Promise<never> {
    last += 1
    const id = last
    const message = { jsonrpc: "2.0", id, method, params }
    if (transfer.length > 0) parent.postMessage(message, "*", transfer)
    else post(message)
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
  }

  function hear(message: Message): void {
    if (typeof message !== "object" || message === null) return
    if (message.method === "ping") post({ jsonrpc: "2.0", id: message.id, result: {} })
    if (message.method === "ui/notifications/tool-result") {
      for (const listener of listeners) listener()
    }
    const asked = waiting.get(Number(message.id))
    if (message.method !== undefined || !asked) return
    waiting.delete(Number(message.id))
    if (message.error) asked.reject(new Error(String(message.error.message)))
    else asked.resolve(message.result as never)
  }

  const ready: Promise<{ hostContext?: { state?: object } }> = ask(
    "ui/initialize",
    { appInfo: { name: "view", version: "1" }, appCapabilities: {}, protocolVersion: "2026-01-26" },
    [handedOver],
  )

  async function call(name: string, given: object): Promise<Record<string, unknown>> {
    await ready
    const { structuredContent, isError, content }: Answer = await ask("tools/call", { name, arguments: given })
    if (isError) throw new Error(content?.[0]?.text ?? "That was refused.")
    return structuredContent ?? {}
  }

  const view = {
    state: {},
    ready: ready.then(() => {}),
    async rows(query: string, inputs: object = {}) {
      const { rows, versions } = (await call("rows", { query, inputs })) as { rows: object[]; versions: string[] }
      for (const [at, row] of rows.entries()) known.set(row, { query, version: versions[at] ?? "", inputs })
      return rows
    },
    act: (action: string, row: object | null = null, fields: object = {}) =>
      call("act", { action, row: row === null ? null : (known.get(row) ?? null), fields }),
    changed: (listener: () => void) => listeners.push(listener),
    async keep(state: object) {
      await ready
      await ask("ui/update-model-context", { structuredContent: state })
    },
  }
  Object.assign(globalThis, { view })

  ready.then(({ hostContext }) => {
    Object.assign(view.state, hostContext?.state)
    post({ jsonrpc: "2.0", method: "ui/notifications/initialized", params: {} })
    new ResizeObserver(() => {
      const now = Math.ceil(document.documentElement.getBoundingClientRect().height)
      if (now === height) return
      height = now
      post({ jsonrpc: "2.0", method: "ui/notifications/size-changed", params: { height } })
    }).observe(document.documentElement)
  })
}
