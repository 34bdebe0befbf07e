import { fieldsSchema } from "../../../reading.ts"
import type { Adapter } from "../../adapter.ts"
import { defineLayout, readLayouts } from "../../layout.ts"
import type { Part } from "../../page.ts"
import { isX, xHandle, xHosts } from "../address.ts"
import { findPosts, notPosts, postTexts } from "../timeline.ts"
import { xNonPages, xWalls } from "../walls.ts"

const PATH = /^\/\w{1,15}\/(?:status\/\d+|with_replies|media|highlights|articles)\/?$/

/** One post with its answers, or one of the lists of an account's posts. The profile itself carries the newest ones too. */
export const xPosts: Adapter = {
  page: "x.posts",
  matches: (url) => isX(url) && xHandle(url.href) !== null && PATH.test(url.pathname),
  address: (url) => `https://x.com${url.pathname.replace(/\/$/, "")}`,
  hosts: () => xHosts,
  ready: {
    any: ['[data-testid="primaryColumn"] article[data-testid="tweet"]', ...xNonPages],
    scroller: null,
    lazy: [],
    screens: 1,
    waitMs: 15_000,
    lazyWaitMs: 3_000,
  },
  schema: fieldsSchema.pick({ posts: true }),
  parse: (capture, trace) => readLayouts("x.posts", capture, xWalls, [layout], trace),
}

const layout = defineLayout<Part>({
  name: "posts",
  fits: ({ $ }) => $('[data-testid="primaryColumn"] article[data-testid="tweet"]').length > 0,
  cut: { main: '[data-testid="primaryColumn"]', leaveOut: `nav, [role=group], ${notPosts}`, verbatim: postTexts },
  open: (part) => part,
  chains: { posts: [{ name: "timeline", find: findPosts }] },
  needs: ["posts"],
})
