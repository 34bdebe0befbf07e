import type { Context } from "hono"
import type { Named } from "../src/team/bookmarks.ts"
import { changed } from "./address.ts"
import { csrfField } from "./deed.ts"
import { deedButton, mayDo } from "./deed-button.ts"
import { actorName, closeIcon } from "./elements.ts"
import { type Html, html } from "./html.ts"
import type { PageEnv } from "./layout.ts"
import type { TableState } from "./table.ts"

/** The states of this table that were named, by oneself or for all. */
export function bookmarkBar(c: Context<PageEnv>, state: TableState, bookmarks: Named[]): Html {
  const own = bookmarks.filter(({ path }) => path.split("?")[0] === state.table.path)
  if (own.length === 0) return html``
  const here = pathOf(state)
  return html`<nav class="bookmarks" aria-label="Bookmarks">${own.map((bookmark) => {
    const { id, name, path, owner, isShared } = bookmark
    const isHere = path === here
    const mine = owner === c.get("person").actor || (isShared === 1 && c.get("person").role === "admin")
    const whose = owner === c.get("person").actor ? (isShared === 1 ? "for all" : "yours") : `from ${actorName(owner)}`
    return html`<span class="bookmark"><a class="bookmark-link" data-go data-key="bookmark-${id}" href="${path}" title="${whose}"${isHere ? html` aria-current="true"` : ""}>${name}</a>${mine && isHere ? deedButton(c, { path: `/do/bookmarks/${id}/remove`, back: here, words: closeIcon(), label: `Remove the bookmark ${name}` }) : ""}</span>`
  })}</nav>`
}

/** Names what is shown now. */
export function bookmarkForm(c: Context<PageEnv>, state: TableState): Html {
  if (!mayDo(c)) return html``
  return html`<details class="menu" data-key="keep"><summary>Bookmark</summary>
<form method="post" action="/do/bookmarks" data-deed>
  ${csrfField(c)}<input type="hidden" name="path" value="${pathOf(state)}">
  <label>Name <input name="name" required maxlength="80" autocomplete="off" placeholder="Chief officers without email"></label>
  <label class="tick"><input type="checkbox" name="shared"> For the whole team</label>
  <button>Keep this table</button>
</form></details>`
}

function pathOf({ table, parameters }: TableState): string {
  return changed(table.path, parameters, {})
}
