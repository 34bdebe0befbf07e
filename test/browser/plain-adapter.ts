import { z } from "zod"
import type { Adapter } from "../../src/browser/sites/adapter.ts"

/** Reads any page of these hosts and finds nothing in it: for tests of what is below the adapters. */
export function plainAdapter(hosts: string[]): Adapter {
  return {
    page: "web.page",
    matches: () => true,
    address: (url) => url.href,
    hosts: () => hosts,
    ready: { any: ["body *"], scroller: null, lazy: [], screens: 0, waitMs: 3_000, lazyWaitMs: 0 },
    schema: z.object({}),
    parse: (capture) => ({
      url: capture.finalUrl,
      page: "web.page",
      kind: "found",
      reason: null,
      fields: {},
      quotes: {},
      hooks: {},
      text: "",
      title: null,
    }),
  }
}
