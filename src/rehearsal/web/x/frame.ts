import { xClasses } from "../classes.ts"
import { html, type Markup } from "../markup.ts"
import { some } from "../seed.ts"
import { strangers, viewer } from "../strangers.ts"

/** What stands around every page of somebody who is signed in: the reader's own name, and strangers to follow. */
export function xFrame(title: string, column: Markup, structured: Markup | null = null): Markup {
  const page = html`<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
${stylesheet}
${structured}
</head>
<body>
<div id="react-root">
<header role="banner">
<nav aria-label="Primary"><a href="/home">Home</a></nav>
<button type="button" data-testid="SideNav_AccountSwitcher_Button" aria-label="Account menu">
<span>${viewer.name}</span> <span>@${viewer.handle}</span>
</button>
</header>
<main role="main"><div data-testid="primaryColumn">
${column}
</div></main>
<div data-testid="sidebarColumn">
<aside aria-label="Who to follow">
${some(strangers, 3, `sidebar ${title}`).map((stranger) => userCell(stranger))}
</aside>
<div data-testid="trend"><span>Trending</span> <span>Harvest</span></div>
</div>
</div>
</body>
</html>`
  return xClasses(page, title)
}

/** An account in a list of people. */
export function userCell({ name, handle }: { name: string; handle: string }, bio: Markup[] = []): Markup {
  return html`<div data-testid="UserCell">
<div><a role="link" href="/${handle}"><div dir="ltr"><span>${name}</span></div></a></div>
<div><a role="link" href="/${handle}" tabindex="-1"><div dir="ltr"><span>@${handle}</span></div></a></div>
<div dir="auto">${bio}</div>
</div>
`
}

const stylesheet = html`<style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 0 }
#react-root { display: grid; grid-template-columns: 200px minmax(0, 600px) 280px; gap: 24px; padding: 16px }
article { border-bottom: 1px solid #ddd; padding: 12px 0 }
section > h1 { font-size: 17px }
</style>`
