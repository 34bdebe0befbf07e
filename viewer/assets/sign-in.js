const secret = location.hash.slice(1)
const input = document.querySelector("input[name=link]")

// The link is used when somebody presses the button, and leaves no trace in the browser's history.
if (secret) {
  input.value = secret
  history.replaceState(null, "", location.pathname)
  document.querySelector("button").focus()
}
