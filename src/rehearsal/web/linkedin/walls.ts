import { html, type Markup } from "../markup.ts"

/** The login page, with what was wrong with the last try. */
export function loginPage(mistake: string | null): Markup {
  return wall(
    "LinkedIn Login, Sign in | LinkedIn",
    "d_checkpoint_lg_consumerLogin",
    html`<h1>Sign in</h1>
${mistake === null ? null : html`<div role="alert" id="error-for-password">${mistake}</div>`}
<form method="post" action="/uas/login-submit" class="login__form">
<label for="username">Email or phone</label>
<input id="username" name="session_key" type="text" autocomplete="username">
<label for="password">Password</label>
<input id="password" name="session_password" type="password" autocomplete="current-password">
<button type="submit">Sign in</button>
</form>`,
  )
}

/** What a visitor sees who is not signed in. */
export function authwallPage(): Markup {
  return wall(
    "Sign Up | LinkedIn",
    "auth_wall_desktop_profile",
    html`<h1>Join LinkedIn</h1>
<form class="authwall-join-form" method="post" action="/signup/submit">
<label for="email-or-phone">Email</label> <input id="email-or-phone" name="email-or-phone" type="text">
<label for="join-password">Password</label> <input id="join-password" name="password" type="password">
<button type="submit">Agree &amp; Join</button>
</form>
<p>Already on LinkedIn? <a href="/login">Sign in</a></p>`,
  )
}

/** The check that asks for a code from an email. */
export function challengePage(mistake: string | null): Markup {
  return wall(
    "Security Verification | LinkedIn",
    "d_checkpoint_ch_emailPinChallenge",
    html`<h1>One more step</h1>
<p>This looks unlike you. Enter the code from the email that was just sent to you.</p>
${mistake === null ? null : html`<div role="alert">${mistake}</div>`}
<form method="post" action="/checkpoint/challenge/verify">
<input id="input__email_verification_pin" name="pin" type="text" inputmode="numeric" maxlength="6">
<button id="email-pin-submit-button" type="submit">Submit</button>
</form>`,
  )
}

/** Where members are sent whose address has no profile any more. */
export function notFoundPage(): Markup {
  return wall(
    "LinkedIn",
    "d_flagship3_404",
    html`<h1>This page doesn't exist</h1>
<p>Nothing stands at this address any more.</p>
<a href="/feed/">Go to your feed</a>`,
  )
}

/** The body that comes with status 999. */
export function refusalPage(): Markup {
  return html`<html><head>
<script>window.onload = function () { var t = "bf"; document.cookie = "trkCode=" + t + "; path=/" }</script>
<meta http-equiv="refresh" content="60">
</head><body></body></html>`
}

/** The home page of somebody who is signed in. */
export function feedPage(): Markup {
  return html`<html lang="en" dir="ltr">
<head><meta charset="utf-8"><title>Feed | LinkedIn</title><meta name="como-pk" content="d_flagship3_feed"></head>
<body data-rehydrated="true">
<div id="root"><div data-sdui-screen="com.linkedin.sdui.flagshipnav.feed.MainFeed">
<main id="workspace"><div data-testid="mainFeed" role="list"></div></main>
</div></div>
</body>
</html>`
}

function wall(title: string, pageKey: string, content: Markup): Markup {
  return html`<html lang="en">
<head><meta charset="utf-8"><title>${title}</title><meta name="pageKey" content="${pageKey}"></head>
<body><header><a href="/">LinkedIn</a></header>
<main>${content}</main>
</body>
</html>`
}
