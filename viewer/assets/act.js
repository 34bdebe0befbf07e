/** Does something as the person who is signed in: `await act("/do/drafts/3/approve", { ... })`. Resolves to what came of it; throws an
 * Error whose message can be shown, with the server's `code` and `hint`. */
export async function act(path, body = {}) {
  const answer = await fetch(path, {
    method: "POST",
    headers: {
      accept: "application/json",
      "content-type": "application/json",
      "x-csrf": document.querySelector("meta[name=csrf]").content,
    },
    body: JSON.stringify(body),
  }).catch(() => null)
  if (!answer) throw new Error("The viewer does not answer. Is it still running?")
  const said = await answer.json().catch(() => null)
  if (answer.ok) return said
  const { message = "That did not work.", hint = "", code = "failed" } = said?.error ?? {}
  throw Object.assign(new Error(hint ? `${message} ${hint}` : message), { code, hint })
}
