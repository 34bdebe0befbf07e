import { html, type Markup } from "../markup.ts"

/** The page of somebody who has to sign in, with what was wrong with the last try. */
export function xLoginPage(mistake: string | null): Markup {
  return html`<html lang="en">
<head><meta charset="utf-8"><title>Log in to X / X</title></head>
<body><div id="react-root"><main role="main"><div data-testid="sheetDialog" role="dialog">
<h1>Sign in to X</h1>
${mistake === null ? null : html`<div role="alert" data-testid="toast">${mistake}</div>`}
<form method="post" action="/i/flow/login">
<label>Username <input name="text" autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button type="submit" data-testid="LoginForm_Login_Button">Log in</button>
</form>
</div></main></div></body>
</html>`
}

/** The check that stands before an account that X has locked. */
export function xLockedPage(): Markup {
  return html`<html lang="en">
<head><meta charset="utf-8"><title>X</title></head>
<body><h1>Your account has been locked</h1><p>Confirm that you are human to go on.</p></body>
</html>`
}
