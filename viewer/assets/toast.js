const toast = document.getElementById("toast")
let silence = 0

/** Says something for a moment, also to those who hear the page. */
export function say(words, milliseconds = 2_000) {
  toast.textContent = words
  clearTimeout(silence)
  silence = setTimeout(() => {
    toast.textContent = ""
  }, milliseconds)
}
