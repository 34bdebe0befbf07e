import { frameClient } from "./frame-client.ts"

/** Free HTML as it is served: `view` is there before its own scripts run. A doctype of its own is skipped by the browser. */
export function documentOf(html: string): string {
  return `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>html{font:14px/1.5 system-ui,sans-serif;color-scheme:light dark}</style><script>(${frameClient})()</script>${html}`
}

/** What keeps free HTML from the world: nothing is loaded, nothing is connected to, and only this viewer may show it. The agent cluster
 * of its own gives it a process of its own, so that its loops are not ours. */
export function frameHeaders(viewer: string): Record<string, string> {
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": `default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; form-action 'none'; base-uri 'none'; frame-ancestors ${viewer}; sandbox allow-scripts`,
    "connection-allowlist": "()",
    "permissions-policy":
      "camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), serial=(), hid=(), bluetooth=(), midi=(), payment=(), clipboard-read=(), clipboard-write=(), fullscreen=(), publickey-credentials-get=()",
    "origin-agent-cluster": "?1",
    "x-content-type-options": "nosniff",
    "x-dns-prefetch-control": "off",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
  }
}
