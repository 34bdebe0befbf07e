import type { Json } from "../db/json.ts"
import type { Queries } from "../db/sql.ts"

/** What a person has done by a click in a view. */
export type Click = {
  /** `human:ada` */
  person: string
  view: { id: number; title: string }
  /** The action and its arguments, in order. */
  name: string
  args: Json[]
  /** What the button says. */
  words: string
}

/** What came of a click. `changeset` is what it changed; null if nothing. */
export type Clicked =
  | { kind: "done"; value: Json; changeset: number | null }
  | { kind: "denied" | "failed" | "ask"; reason: string }

/** What the pages of views need of the process that serves them. */
export type ViewsPort = {
  /** Asks what views may read. */
  queries: Queries
  /** Does it through the gate, as that person. */
  call(click: Click): Promise<Clicked>
}
