/** Shows the words of a run that is at work as it writes them; what is finished stands in the transcript. */
export function followRun() {
  const article = document.querySelector("article[data-run]")
  if (!article?.querySelector(".working")) return
  const source = new EventSource(`/runs/${article.dataset.run}/words`)
  source.addEventListener("text", (event) => add(article, JSON.parse(event.data)))
  // The transcript takes the place of what was finished.
  source.addEventListener("row", () => {
    article.querySelector(".writing")?.classList.remove("writing")
    document.dispatchEvent(new CustomEvent("written"))
  })
  source.addEventListener("void", () => article.querySelector(".writing")?.remove())
  source.addEventListener("ended", () => source.close())
}

function add(article, text) {
  const working = article.querySelector(".working")
  if (!working) return
  const atEnd = innerHeight + scrollY > document.documentElement.scrollHeight - 80
  let words = article.querySelector(".writing p")
  if (!words) {
    const item = document.createElement("li")
    item.className = "said writing"
    item.dataset.by = "assistant"
    item.innerHTML = "<h2>Agent</h2><p></p>"
    working.before(item)
    words = item.querySelector("p")
  }
  words.append(text)
  if (atEnd) scrollTo({ top: document.documentElement.scrollHeight })
}
