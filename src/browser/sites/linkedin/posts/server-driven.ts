import type { Cheerio } from "cheerio"
import type { Element } from "domhandler"
import type { Post } from "../../../reading.ts"
import type { Found } from "../../hooks.ts"
import { defineLayout } from "../../layout.ts"
import type { Page, Part } from "../../page.ts"
import { linkedinSlug } from "../address.ts"
import { postUrn, timeOf, updateAddress } from "./urn.ts"

/** One post of the server-driven layout, in a person's activity, in the feed, or on a page of its own. */
export const serverDrivenPost = '[role="listitem"][componentkey^="update-card-focus"]'
const TEXT_BOX = '[data-testid="expandable-text-box"]'

type Posts = { part: Part; url: URL }

/** Hashed classes and bare paragraphs: a post is told by its key, its author by the menu that names them in every language, and its
 * time by the number in its link. */
export const serverDrivenLayout = defineLayout<Posts>({
  name: "server-driven",
  fits: ({ $ }) => $("main").find(serverDrivenPost).length > 0,
  cut: {
    main: "main",
    leaveOut:
      'nav, aside, footer, [role=dialog], [componentkey*="comment" i], article, [data-testid="expandable-text-box"] button',
    verbatim: TEXT_BOX,
  },
  open: (part: Part, page: Page) => ({ part, url: page.url }),
  chains: { posts: [{ name: "update-cards", find: findPosts }] },
  needs: ["posts"],
})

function findPosts({ part, url }: Posts): Found<Post[]> | null {
  const cards = part.main
    .find(serverDrivenPost)
    .filter((_, card) => part.$(card).parents(serverDrivenPost).length === 0)
    .toArray()
  const posts = cards.flatMap((card) => readPost(part, part.$(card), cards.length === 1 ? url : null) ?? [])
  const [first] = posts
  return first === undefined ? null : { value: posts, quote: first.text }
}

/** `own` is the address of a page that has this one post. */
function readPost(part: Part, card: Cheerio<Element>, own: URL | null): Post | null {
  const { $ } = part
  const box = card.find(TEXT_BOX).first()
  const text = part.lines(box).join("\n")
  const author = authorOf(part, card, box)
  if (author === null || text === "") return null
  const hrefs = card
    .find('a[href*="/feed/update/"]')
    .toArray()
    .map((link) => $(link).attr("href") ?? "")
  const urns = new Set([...hrefs, own?.pathname ?? ""].map(postUrn).filter((urn) => urn !== null))
  const [urn, another] = urns
  if (urn === undefined || another !== undefined) return { author, text, at: null, url: null }
  return { author, text, at: timeOf(urn), url: updateAddress(urn) }
}

/** Who wrote the words in the box: whose link is the nearest before it, if the card's menu names them too. Whoever reposted or liked it
 * stands before them. A post inside the post has its author within the same part as its words. */
function authorOf({ $, line, lines }: Part, card: Cheerio<Element>, box: Cheerio<Element>): string | null {
  const [words] = box.toArray()
  const marks = card.find(`a[href], ${TEXT_BOX}`).toArray()
  if (words === undefined || isInner(card, box, lines)) return null
  const before = marks.slice(0, marks.indexOf(words))
  const nearest = before.findLast((element) => isOfSomebody($(element).attr("href")) && line($(element)) !== "")
  if (nearest === undefined) return null
  const name = line($(nearest).find("p").first()) || line($(nearest))
  const isNamed = card
    .find("button[aria-label]")
    .toArray()
    .some((button) => $(button).attr("aria-label")?.normalize("NFC").includes(name))
  return name !== "" && isNamed ? name : null
}

/** Whether the words share their part of the card with other words before them, as those of a post inside the post do. */
function isInner(card: Cheerio<Element>, box: Cheerio<Element>, lines: Part["lines"]): boolean {
  let whole = card
  while (whole.children().length === 1) whole = whole.children()
  const part = whole.children().filter((_, child) => child === box[0] || box.parents().is(child))
  return part[0] !== box[0] && lines(part)[0] !== lines(box)[0]
}

function isOfSomebody(href: string | undefined): boolean {
  return linkedinSlug("in", href) !== null || linkedinSlug("company", href) !== null
}
