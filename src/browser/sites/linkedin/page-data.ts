import type { CheerioAPI } from "cheerio"
import { z } from "zod"
import { parseJson } from "../json-ld.ts"

const responseSchema = z.object({ included: z.array(z.record(z.string(), z.unknown())) })

/** One thing that the page's own requests were answered with: a company, an industry, a profile. */
export type PageRecord = Record<string, unknown>

/** All records in the data that older pages carry in hidden `code` elements. Posts can contain `code` too, but visible and under no
 * such name. Records of strangers and of the viewer stand among them. */
export function readPageData($: CheerioAPI): PageRecord[] {
  return $('code[id^="bpr-guid-"]')
    .filter(
      (_, code) =>
        /^bpr-guid-\d+$/.test($(code).attr("id") ?? "") && /display:\s*none/.test($(code).attr("style") ?? ""),
    )
    .toArray()
    .flatMap((code) => responseSchema.safeParse(parseJson($(code).text())).data?.included ?? [])
}
