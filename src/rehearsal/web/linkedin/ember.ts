import { html, type Markup } from "../markup.ts"
import { viewer } from "../strangers.ts"

/** The frame of pages that are still drawn by Ember: its classes may be relied on. */
export function emberPage(title: string, pageKey: string, main: Markup, state: Markup[] = []): Markup {
  return html`<html lang="en" class="theme theme--mercado">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="pageKey" content="${pageKey}">
<meta name="viewport" content="width=device-width, initial-scale=1">
${stylesheet}
</head>
<body class="ember-application render-mode-BIGPIPE">
<header id="global-nav"><a href="/feed/">LinkedIn</a> <a href="/in/${viewer.slug}/">${viewer.name}</a></header>
<main>
${main}
</main>
${state}
</body>
</html>`
}

const stylesheet = html`<style>
body { font: 15px/1.45 system-ui, sans-serif; margin: 0; background: #f4f2ee }
header { background: #fff; padding: 14px 24px; border-bottom: 1px solid #ddd }
main { max-width: 780px; margin: 24px auto; background: #fff; padding: 24px; border-radius: 8px }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
.grecaptcha-badge { visibility: hidden; position: fixed; left: -9999px }
</style>`

/** One answer of LinkedIn's own interface, left in the page as hidden and escaped JSON. */
export function bprGuid(id: number, body: unknown): Markup {
  return html`<code style="display: none" id="bpr-guid-${id}">${JSON.stringify(body)}</code>
`
}
