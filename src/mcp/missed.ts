import type { EventStore } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js"

/** Messages of one client that are kept. */
const mostKept = 200

/** What a client was told lately, so that one whose connection broke hears what it missed: the answer of a long call above all. */
export function openMissed(): EventStore {
  const kept = new Map<string, { stream: string; message: Parameters<EventStore["storeEvent"]>[1] }>()
  let number = 0
  return {
    async storeEvent(stream, message) {
      number += 1
      kept.set(String(number), { stream, message })
      kept.delete(String(number - mostKept))
      return String(number)
    },
    async getStreamIdForEventId(id) {
      return kept.get(id)?.stream
    },
    async replayEventsAfter(id, { send }) {
      const stream = kept.get(id)?.stream ?? ""
      for (const [later, event] of kept) {
        // What only opened a stream is no message.
        const isMessage = "jsonrpc" in event.message
        if (event.stream === stream && Number(later) > Number(id) && isMessage) await send(later, event.message)
      }
      return stream
    },
  }
}
